"""Answers about watches: Slack accepts each, negations are words, and lines in channels mention no one."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import MUTE_CODE, MUTE_FOR_EVER, CommandPayload
from bot.domain.notifications import ChangedMute, ChangedWatches, WatchChange, WatchTest
from bot.domain.user_groups import UserGroup
from bot.domain.watch_answers import CoveredService, ListedWatch, Outcome, Unwatched, Watched, WatchList
from bot.domain.watches import FailureCode, Mute, Watch, WatchSpec
from bot.views.slack import watch_terms
from bot.views.slack import watches as views
from bot.views.slack.home import ChannelSubscriptions, Tab, home
from bot.views.slack.subscription_list import subscription_list
from bot.views.slack.watch_form import WatchForm, form
from sandbox.slack.block_kit.view_rules import check_view
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON
from tests.bot.views.slack.test_home import NOTHING

texts = anything.sure.filter(lambda text: bool(text.strip()))
specs = st.builds(
    WatchSpec,
    account=st.none() | st.just("media-cn"),
    service=st.none() | st.just("video-ocr"),
    without_scopes=st.lists(st.sampled_from(["vod-ai", "media-cn/video-ocr"]), max_size=2).map(tuple),
    name=st.none() | texts,
    code=st.none() | texts,
    without=st.lists(st.tuples(st.sampled_from(["name", "code"]), texts), max_size=3).map(tuple),
    on=st.sets(st.sampled_from(["failed", "down", "stuck", "any"]), min_size=1).map(lambda on: ",".join(sorted(on))),
    mention=st.lists(st.sampled_from(["<@U0DANA>", "<!subteam^S0ONCALL>"]), max_size=2, unique=True).map(tuple),
    after=st.sampled_from([None, {"count": 5, "window_s": 600}, {"share": 20, "window_s": 3600}]),
)
some_watches = st.builds(
    Watch,
    id=st.integers(1, 10**6).map(lambda number: f"w{number}"),
    place=st.sampled_from(["C0ONCALL", "U0DANA", "D0DANA"]),
    owner=st.just("U0DANA"),
    at=st.just(NOON),
    spec=specs,
)
services = st.lists(
    st.builds(CoveredService, st.sampled_from(["media-cn", "a" * 40]), texts, st.booleans()), max_size=12
)
WATCH = Watch(id="w7", place="C0ONCALL", owner="U0DANA", at=NOON, spec=WatchSpec(account="media-cn"))
MUTE = Mute(id="m1", account="media-cn", service="video-ocr", kind="ocr", code="ALG.002", by="U0DANA", at=NOON,
            until=NOON + timedelta(days=7))  # fmt: skip


@settings(max_examples=20)
@given(some_watches, st.sampled_from(Outcome), services, services, st.none() | st.just("is_archived"), st.booleans())
def test_slack_takes_every_answer(  # noqa: PLR0917  # what an answer consists of
    watch: Watch,
    outcome: Outcome,
    covered: list[CoveredService],
    hidden: list[CoveredService],
    suspended: str | None,
    shared: bool,  # noqa: FBT001
):
    result = Watched(watch, outcome, covered, hidden, suspended, shared)
    for message in (views.watched(result, ["a note"]), views.tested(result), views.rewatched([watch, watch])):
        judges.accept(message)
    judges.accept(views.unwatched(Unwatched([watch] * 20, [watch], ["w9"])))
    judges.accept(views.unwatched(Unwatched(), [watch] * 20))
    for change in WatchChange:
        judges.accept(views.note(ChangedWatches("C0ONCALL", change, [watch] * 20, watch.owner)))
    judges.accept(views.note(WatchTest(watch, "U0DANA")))


@settings(max_examples=10)
@given(st.lists(some_watches, min_size=1, max_size=20, unique_by=lambda watch: watch.id), st.booleans(), st.booleans())
def test_slack_takes_every_list(watching: list[Watch], mine: bool, unseen: bool):  # noqa: FBT001
    listed = [ListedWatch(each, unseen, "is_archived" if unseen else None) for each in watching]
    found = WatchList(listed, [("C0ONCALL", MUTE)])
    judges.accept(subscription_list([], CommandPayload(text="subscriptions"), NOON, mine=mine, watching=found))
    judges.accept(views.quieter(listed, found.mutes, []))
    tab = home(Tab([], ChannelSubscriptions(), NOTHING, NOTHING, [], watches=listed), NOON)
    check_view(tab, "home")
    judges.accept_blocks(tab["blocks"])


@settings(max_examples=10)
@given(specs, st.booleans())
def test_slack_takes_every_form(spec: WatchSpec, home: bool):  # noqa: FBT001
    groups = [UserGroup("S0ONCALL", "oncall", "On call")]
    shown = WatchForm(["media-cn", "video-ocr"], groups, spec, "name:x", "w7" if home else "", home, "C0ONCALL")
    judges.accept_modal(form(shown))


def test_the_first_line_says_the_exclusions_in_words():
    spec = WatchSpec.model_validate(
        {"service": "video-ocr", "without_scopes": ["other"], "name": "lecture",
         "without": [["name", "test"], ["code", "ALG.*"]], "after": {"count": 5, "window_s": 600}}
    )  # fmt: skip
    assert watch_terms.subject(spec) == (
        "*video-ocr* except *other* with name `lecture`, without code `ALG.*` or name `test`"
    )
    assert watch_terms.promise(spec, "C0ONCALL") == (
        "posts in <#C0ONCALL> when a job fails or a service can't be read, once 5 failed within 10 min"
    )


def test_an_answer_says_how_new_jobs_are_noticed_and_which_are_not_covered():
    lists, looked_up = (
        CoveredService("media-cn", "video-ocr", lists=True),
        CoveredService("vod-sg", "vod-ai", lists=False),
    )
    words = judges.words(views.watched(Watched(WATCH, Outcome.ADDED, [lists, looked_up], [looked_up])))
    assert "New jobs of *media-cn/video-ocr* are noticed within about a minute." in words
    assert "*vod-sg/vod-ai* can't list its jobs: I watch those that were looked up." in words
    assert "Not covered: *vod-sg/vod-ai*" in words
    assert "push" not in words


def test_a_watch_of_the_configuration_is_not_edited():
    configured = WATCH.model_copy(update={"configured": True, "owner": ""})
    message = subscription_list([], CommandPayload(text="subscriptions"), NOON, mine=False,
                                watching=WatchList([ListedWatch(configured)]))  # fmt: skip
    assert "from the configuration" in judges.words(message)
    assert list(judges.commands(message.blocks)) == ["Dry run", "Send a test", "Refresh"]


def test_a_mute_has_its_time_and_forever_is_the_second_choice():
    message = views.muted_answer(MUTE, "C0ONCALL")
    judges.accept(message)
    asked = [each["action_id"] for each in judges.buttons(message.blocks)]
    assert asked == [MUTE_FOR_EVER, "unmute"]
    for_ever = MUTE.model_copy(update={"until": None})
    assert "forever" in judges.words(views.muted_answer(for_ever, "C0ONCALL"))
    judges.accept(views.note(ChangedMute("C0ONCALL", WatchChange.ADDED, MUTE, "U0DANA")))
    [button] = views.mute_button(FailureCode("media-cn", "video-ocr", "ocr", "ALG.002"))
    assert button["action_id"] == MUTE_CODE
    assert views.mute_button(FailureCode("media-cn", "video-ocr", "ocr", "")) == []
