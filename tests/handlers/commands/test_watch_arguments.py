"""Words after `watch`, `unwatch` and `why`."""

import pytest
from hypothesis import given, settings

from bot.domain.catalog import Catalog
from bot.domain.errors import Problem, UsageError
from bot.domain.watches import WatchSpec
from bot.views.errors import sentence
from handlers.commands.grammar import TERMINAL, Request
from handlers.commands.parser import EVERY, parse
from handlers.slack.answer import help_page
from tests.bot.views import judges
from tests.handlers import requests
from tests.handlers.requests import CATALOG, ID, REF

LIST = "media-cn/video-ocr"


def read(text: str) -> str:
    return str(parse(text, CATALOG))


def refused(text: str, commands: tuple[str, ...] = EVERY, catalog: Catalog = CATALOG) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, catalog, commands)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("watch", "watch"),
        ("WATCH Media-CN", "watch media-cn"),
        ("media-cn watch", "watch media-cn"),
        ("watch video-ocr media-cn", f"watch {LIST}"),
        ("watch video-ocr -name:test after:5/10m", "watch video-ocr -name:test after:5/10m"),
        (f"watch -vod-ai -{LIST} -vod-ai", f"watch -{LIST} -vod-ai"),
        ("watch -NAME:Test -name: demo", "watch -name:Test -name:demo"),
        ("watch --name:test", "watch name:test"),
        ("watch \u2014name:test \u2013kind=transcode", "watch name:test kind:transcode"),
        ("watch \u2212name:test", "watch -name:test"),
        ("watch code:ALG.* -code:ALG.002", "watch code:ALG.* -code:ALG.002"),
        ("watch `code:ALG.*`, media-cn", "watch media-cn code:ALG.*"),
        ("watch *code:ALG.002*", "watch code:ALG.002"),
        ("watch code:*", "watch code:*"),
        ("watch media:a1b2", "watch media:a1b2"),
        ("watch on:failure,outage", "watch on:failed,down"),
        ("watch on: failed, stuck , finished", "watch on:failed,done,stuck"),
        ("watch on:failed on:started", "watch on:failed,started"),
        ("watch on:running", "watch on:started"),
        ("watch on:everything", "watch on:any"),
        ("watch on:down,stuck,failed", "watch on:failed,stuck,down"),
        ("watch failed,done dm media-cn", "watch media-cn on:failed,done to:dm"),
        ("watch to:channel", "watch on:failed,stuck,down"),
        ("watch <@U1|dana> mention:<!subteam^S1>", "watch mention:<@U1>,<!subteam^S1>"),
        ("watch after=20%/1H", "watch after:20%/1h"),
        ("watch after:5/600s", "watch after:5/10m"),
        ("watch after:5/10minutes", "watch after:5/10m"),
        ("watch after: 2/24h", "watch after:2/24h"),
        ("watch media-cn dry run", "watch media-cn dry-run"),
        ("watch --dry-run vod-sg", "watch vod-sg dry-run"),
        ("watch dryrun", "watch on:failed,stuck,down dry-run"),
        ("watch everything", "watch on:failed,stuck,down"),
        ("watch all -vod-sg", "watch -vod-sg"),
        ("watch please", "watch"),
        ("watch help", "help watch"),
        ("help mute", "help watch"),
        (f"watch {ID}", f"subscribe {ID}"),
        (f"watch {REF} on:failed to:dm", f"subscribe {REF} on:failed to:dm"),
        (f"watch https://console.example/jobs?id={ID}", f"subscribe {ID}"),
        ("watch lecture_7", "subscribe lecture_7"),
        ("unwatch w7 W8,w9 w7", "unwatch w7 w8 w9"),
        ("unwatch #w7", "unwatch w7"),
        ("unwatch ALL", "unwatch all"),
        ("unwatch everything", "unwatch all"),
        ("why W7", "why w7"),
        ("why g12", "why g12"),
        (f"why {ID}", f"why {ID}"),
        (f"why did {REF} fail", f"why {REF}"),
        (f"{ID} why", f"why {ID}"),
        ("why lecture_7", "why lecture_7"),
        ("mute", "mute"),
        ("Mute w7", "mute"),
        ("quieter", "mute"),
    ],
)
def test_what_is_typed_and_what_is_meant(typed: str, meant: str):
    assert read(typed) == meant
    assert read(meant) == meant


def test_a_watch_of_a_job_is_known_to_be_one():
    assert parse(f"watch {ID}", CATALOG).instead_of == "watch"
    assert not parse(f"subscribe {ID}", CATALOG).instead_of


@pytest.mark.parametrize(
    ("typed", "problem", "suggestion"),
    [
        ("wach media-cn", Problem.UNKNOWN_WORD, "watch media-cn"),
        ("unwach w7", Problem.UNKNOWN_WORD, "unwatch w7"),
        ("monitor media-cn", Problem.UNKNOWN_WORD, "watch media-cn"),
        (f"explain {ID}", Problem.UNKNOWN_WORD, f"why {ID}"),
        ("watch video-orc", Problem.UNKNOWN_WORD, "watch video-ocr"),
        ("watch -video-orc", Problem.UNKNOWN_WORD, "watch -video-ocr"),
        ("watch --vod-ai", Problem.UNKNOWN_WORD, "watch -vod-ai"),
        ("watch w7", Problem.UNKNOWN_WORD, "why w7"),
        ("watch nme:test", Problem.UNKNOWN_OPTION, "watch name:test"),
        ("watch when:failed", Problem.UNKNOWN_OPTION, "watch on:failed"),
        ("watch on:faild,stuk", Problem.BAD_VALUE, "watch on:failed,stuck"),
        ("watch on:soon", Problem.BAD_VALUE, None),
        ("watch media-cn vod-sg", Problem.TWO_SCOPES, None),
        ("watch media-cn/vod-ai", Problem.SERVICE_NOT_OF_ACCOUNT, None),
        ("watch vod-sg -vod-sg", Problem.NOTHING_LEFT, None),
        ("watch name:a name:b", Problem.REPEATED_FILTER, None),
        ("watch to:here to:dm", Problem.REPEATED_OPTION, None),
        ("watch state:failed media-cn", Problem.STATE_ON_WATCH, "watch on:failed media-cn"),
        ("watch state:running,succeeded", Problem.STATE_ON_WATCH, "watch on:done,started"),
        ("watch -state:failed", Problem.STATE_ON_WATCH, "watch on:failed,stuck,down"),
        ("watch media-cn since:2h", Problem.NOT_ON_WATCH, "watch media-cn"),
        ("watch media-cn until:today", Problem.NOT_ON_WATCH, "watch media-cn"),
        ("watch media-cn limit:5", Problem.NOT_ON_WATCH, "watch media-cn"),
        ("watch media-cn as:table", Problem.NOT_ON_WATCH, "watch media-cn"),
        ("watch media-cn to:thread", Problem.THREAD_ON_WATCH, "watch media-cn to:here"),
        ("watch media-cn thread", Problem.THREAD_ON_WATCH, "watch media-cn to:here"),
        ("watch escalate:15m/@group media-cn", Problem.NOT_YET, "watch media-cn"),
        ("watch after:5", Problem.BAD_VALUE, "watch after:5/10m"),
        ("watch after:20%", Problem.BAD_VALUE, "watch after:20%/1h"),
        ("watch after:1/10m", Problem.BAD_VALUE, None),
        ("watch after:101/10m", Problem.BAD_VALUE, None),
        ("watch after:0%/1h", Problem.BAD_VALUE, None),
        ("watch after:101%/1h", Problem.BAD_VALUE, None),
        ("watch after:5/59s", Problem.BAD_VALUE, None),
        ("watch after:5/25h", Problem.BAD_VALUE, None),
        ("watch after:5/soon", Problem.BAD_VALUE, None),
        ("watch mention:<!channel>", Problem.EVERYBODY, None),
        ("watch code:A*B", Problem.BAD_VALUE, None),
        ("unwatch", Problem.WHICH_WATCH, None),
        ("unwatch all w7", Problem.ALL_OR_SOME, "unwatch w7"),
        ("unwatch g12", Problem.NOT_A_WATCH, "why g12"),
        ("unwatch media-cn", Problem.NOT_A_WATCH, None),
        (f"unwatch {ID}", Problem.NOT_A_WATCH, f"unsubscribe {ID}"),
        ("why", Problem.NO_SUBJECT, None),
        ("why w7 g12", Problem.ONE_SUBJECT, "why w7"),
        (f"why {ID} {REF}", Problem.ONE_SUBJECT, f"why {ID}"),
    ],
)
def test_what_cannot_be_meant(typed: str, problem: Problem, suggestion: str | None):
    error = refused(typed)
    assert (error.problem, error.suggestion) == (problem, suggestion)
    assert sentence(error)


def test_errors_say_what_to_type_instead():
    assert sentence(refused("watch state:failed")) == (
        "A watch waits for events, so it can't have `state:failed`. Use on:failed."
    )
    assert sentence(refused("watch since:2h")) == (
        "Leave `since:2h` out: a watch runs until you remove it. "
        "When you create it, you see how often it would have posted in the last 24 hours."
    )
    assert sentence(refused("watch after:5/25h")) == (
        "`after:5/25h` isn't valid. Use a time from 1m to 24h after the slash."
    )
    assert sentence(refused("watch on:soon")).endswith("Use failed, stuck, down, done, started or any.")
    assert "to:here or to:dm" in sentence(refused("watch to:thread"))


def test_a_watch_and_its_mute_are_of_slack_and_why_is_of_the_terminal_too():
    for typed in ("watch media-cn", "unwatch w7", "mute"):
        assert refused(typed, TERMINAL).problem is Problem.SLACK_ONLY
    assert parse("why w7", CATALOG, TERMINAL) == Request("why", ids=("w7",))


def test_what_may_not_be_seen_cannot_be_left_out_by_name():
    narrow = Catalog((("media-cn", "video-ocr"),), narrowed=True)
    assert refused("watch media-cn -vod-sg", catalog=narrow).problem is Problem.UNKNOWN_HERE


def test_the_help_leads_to_a_watch_and_to_a_quieter_one():
    overview = judges.words(help_page(""))
    [line] = [line for line in overview.splitlines() if line.startswith("`/jobs watch ")]
    assert "quieter" in line
    page = help_page("watch").blocks[0]["text"]["text"]
    assert len(page.splitlines()) <= 15
    assert "form" in page
    assert "quieter" in page
    assert "escalate" not in page


@settings(max_examples=100)
@given(requests.specs())
def test_a_watch_written_out_is_the_same_watch(spec: WatchSpec):
    try:
        once = parse(f"watch {spec.words()}", CATALOG).watch
    except UsageError as error:
        if error.problem is not Problem.BAD_VALUE:  # a value without visible characters
            raise
        return
    assert once
    assert parse(f"watch {once.words()}", CATALOG).watch == once
    assert (once.service_filter, once.on, once.to, once.after) == (spec.service_filter, spec.on, spec.to, spec.after)
    assert WatchSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("watch media-cn to:dm to:dm", "watch media-cn to:dm"),
        ("watch media-cn dm to:dm", "watch media-cn to:dm"),
        ("watch media-cn after:5/10m after:5/10m", "watch media-cn after:5/10m"),
        ("watch media-cn on:failed failed", "watch media-cn on:failed"),
        (f"subscribe {REF} to:dm to:dm", f"subscribe {REF} to:dm"),
    ],
    ids=str,
)
def test_an_option_that_is_typed_twice_is_the_option(typed: str, meant: str):
    assert read(typed) == meant


@pytest.mark.parametrize("typed", ["code:ALG.*", "code:ALG.**", "*code:ALG.**", "code:ALG.*.", "`code:ALG.*`"])
def test_a_code_that_is_a_prefix_stays_one_with_asterisks_around_it(typed: str):
    assert read(f"watch {typed}") == "watch code:ALG.*"
    assert read("watch *code:ALG.002*") == "watch code:ALG.002"
