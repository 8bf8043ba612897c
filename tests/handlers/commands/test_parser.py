"""Typed commands and their requests."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.domain.identifiers import JobId, MediaId
from bot.views.errors import sentence
from bot.views.slack.errors import usage
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.commands.lexer import undecorated
from handlers.commands.parser import EVERY, parse
from providers.models import JobRef
from tests.handlers import requests
from tests.handlers.requests import CATALOG, ID, REF, UUID

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(text: str) -> str:
    """Parse a text, and return its request in the plainest form."""
    return str(parse(text, CATALOG))


def attempt(text: str) -> Request | UsageError:
    try:
        return parse(text, CATALOG)
    except UsageError as error:
        return error


def refused(text: str, catalog: Catalog = CATALOG, commands: tuple[str, ...] = EVERY) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, catalog, commands)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", "list"),
        ("list", "list"),
        ("  LIST  ", "list"),
        ("/jobs list", "list"),
        ("list media-cn", "list media-cn"),
        ("list video-ocr", "list video-ocr"),
        ("list media-cn/video-ocr", "list media-cn/video-ocr"),
        ("list media-cn/", "list media-cn"),
        ("Media-CN List STATE:Failed", "list media-cn state:failed"),
        ("media-cn", "list media-cn"),
        ("video-ocr media-cn", "list media-cn/video-ocr"),
        ("media-cn media-cn/video-ocr", "list media-cn/video-ocr"),
        ("media-cn media-cn", "list media-cn"),
        ("state:failed", "list state:failed"),
        ("failed", "list state:failed since:24h"),
        ("failed media-cn since:3d", "list media-cn state:failed since:3d"),
        ("media-cn failed", "list media-cn state:failed since:24h"),
        ("failed state:cancelled", "list state:cancelled since:24h"),
        ("failed running", "list state:failed,running since:24h"),
        ("running failed", "list state:failed,running since:24h"),
        ("list failed", "list state:failed"),
        ("list failed running", "list state:failed,running"),
        ("list canceled", "list state:cancelled"),
        ("list state:failed state:running", "list state:failed,running"),
        ("list state:failed, running", "list state:failed,running"),
        ("list state:failed,failed,success", "list state:failed,succeeded"),
        ("list state: failed since : 2h limit :5", "list state:failed since:2h limit:5"),
        ("state : failed", "list state:failed"),
        ("list --state=failed -limit=5", "list state:failed limit:5"),
        ("list state：failed，running", "list state:failed,running"),
        ("list since:2H", "list since:2h"),
        ("list since:Yesterday until:TODAY", "list since:yesterday until:today"),
        ("list until:2026-11-20", "list until:2026-11-20"),
        ("list since:2026-11-20T14:30", "list since:2026-11-20T14:30"),
        ('list since:"2 hours ago"', 'list since:"2 hours ago"'),
        ("list limit:007", "list limit:7"),
        ('list name:"lecture 7"', 'list name:"lecture 7"'),
        ("list name:“lecture 7”", 'list name:"lecture 7"'),
        ("list name:`lecture`", "list name:lecture"),
        ("list name:'lecture'", "list name:lecture"),
        ('list name:"(draft)"', 'list name:"(draft)"'),
        ("list *state:failed*,", "list state:failed"),
        ("list kind:Transcode media:abc", "list kind:Transcode media:abc"),
        ("list\u00a0state:failed\u200b", "list state:failed"),
        ("list name:a:b=c", "list name:a:b=c"),
        ("list name:https://a.example/b", "list name:https://a.example/b"),
        ("list -vod-ai -media-cn/video-ocr", "list -media-cn/video-ocr -vod-ai"),
        ("-vod-ai", "list -vod-ai"),
        ("-name:test", "list -name:test"),
        ("list media-cn -Name:Test -name: demo", "list media-cn -name:Test -name:demo"),
        ("list \u2212kind:ocr \u2011media:a1", "list -kind:ocr -media:a1"),
        ("list \u2014name:x", "list name:x"),
        ("list \u2013name:x", "list name:x"),
        ("failed code:alg.* -code=ALG.002", "list state:failed since:24h code:alg.* -code:ALG.002"),
        ("list --help", "help list"),
        ("failed help", "help failed"),
        (f"show {ID}", f"show {ID}"),
        (f"SHOW {ID}, {UUID}", f"show {ID} {UUID}"),
        (f"show {ID},{UUID},{ID}", f"show {ID} {UUID}"),
        (f"show `{ID}`", f"show {ID}"),
        (f"{ID} show", f"show {ID}"),
        (ID, f"show {ID}"),
        (REF, f"show {REF}"),
        (f"show Media-CN/Video-OCR/{ID}", f"show {REF}"),
        (f"https://console.example/jobs?id={ID}&x=1", f"show {ID}"),
        (f"show (https://console.example/jobs/{ID})", f"show {ID}"),
        ("show https://vod.console.aliyun.com/#/media/video/detail/a1b2/video", "show media:a1b2"),
        ("show media:a1b2", "show media:a1b2"),
        ("show MEDIA: a1b2", "show media:a1b2"),
        ("show lecture_7", "show lecture_7"),
        ("find lecture", "find lecture"),
        ("find lecture 7", 'find "lecture 7"'),
        ('find "lecture  7"', 'find "lecture  7"'),
        ("find “(draft)”", 'find "(draft)"'),
        ("find list", "find list"),
        ("find state:failed", "find state:failed"),
        ("find state: failed", 'find "state: failed"'),
        ("state: failed", "list state:failed"),
        ("find help", "find help"),
        ("find /jobs", "find /jobs"),
        ("accounts", "accounts"),
        ("help", "help"),
        ("--help", "help"),
        ("help LIST", "help list"),
        ("help help", "help help"),
        ("accounts help", "help accounts"),
        ("?", "help"),
        ("-h", "help"),
    ],
)
def test_what_is_typed_and_what_is_meant(typed: str, meant: str):
    assert read(typed) == meant
    assert read(meant) == meant


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        (f"show <https://a.example/{ID}|a job>", f"show https://a.example/{ID} "),
        (f"show <https://a.example/{ID}>", f"show https://a.example/{ID} "),
        (f"<https://a.example/{ID}><https://b.example/{UUID}>", f"https://a.example/{ID} https://b.example/{UUID} "),
        ("find <http://a.example|a.example>", "find a.example"),
        ("find <mailto:a@b.example|a@b.example>", "find a@b.example"),
        ("find R&amp;D &lt;draft&gt;", "find R&D <draft>"),
        ("find &amp;lt;", "find &lt;"),
        ("find <@U12345678|dana>", "find <@U12345678|dana>"),
    ],
)
def test_slacks_own_decorations(sent: str, typed: str):
    assert undecorated(sent) == typed
    assert parse(undecorated(sent), CATALOG) == parse(typed, CATALOG)


@pytest.mark.parametrize(
    ("typed", "problem", "suggestion"),
    [
        ("lst", Problem.UNKNOWN_WORD, "list"),
        ("lst media-cn", Problem.UNKNOWN_WORD, "list media-cn"),
        ("lsit video-orc stat:faild", Problem.UNKNOWN_WORD, "list video-ocr state:failed"),
        ("faild", Problem.UNKNOWN_WORD, "failed"),
        ("hlep", Problem.UNKNOWN_WORD, "help"),
        ("acounts", Problem.UNKNOWN_WORD, "accounts"),
        (f"shwo {ID}", Problem.UNKNOWN_WORD, f"show {ID}"),
        (f"what-is {ID}", Problem.UNKNOWN_WORD, f"show {ID}"),
        ("help lits", Problem.UNKNOWN_WORD, "help list"),
        ("list video-orc", Problem.UNKNOWN_WORD, "list video-ocr"),
        ("list media-ch", Problem.UNKNOWN_WORD, "list media-cn"),
        ("list media-cn/video-orc", Problem.UNKNOWN_WORD, "list media-cn/video-ocr"),
        ("list runing", Problem.UNKNOWN_WORD, "list running"),
        (f"list {ID}", Problem.UNKNOWN_WORD, f"show {ID}"),
        ("list xyzzy", Problem.UNKNOWN_WORD, None),
        ("xyzzy", Problem.UNKNOWN_WORD, None),
        ("list state", Problem.UNKNOWN_WORD, None),
        ("list stat:failed", Problem.UNKNOWN_FILTER, "list state:failed"),
        ('list nam:"lecture 7"', Problem.UNKNOWN_FILTER, 'list name:"lecture 7"'),
        ("list colour:red", Problem.UNKNOWN_FILTER, None),
        ("list -nam:x", Problem.UNKNOWN_FILTER, "list -name:x"),
        ("list error:ALG.002", Problem.UNKNOWN_FILTER, "list code:ALG.002"),
        ("list on:failed", Problem.UNKNOWN_FILTER, "list state:failed"),
        ("list -state:failed,running", Problem.NOT_NEGATABLE, "list state:pending,succeeded,cancelled,unknown"),
        ("list -failed", Problem.NOT_NEGATABLE, "list state:pending,running,succeeded,cancelled,unknown"),
        ("list -video-orc", Problem.UNKNOWN_WORD, "list -video-ocr"),
        ("list --video-ocr", Problem.UNKNOWN_WORD, "list -video-ocr"),
        ("list -media-cn/vod-ai", Problem.SERVICE_NOT_OF_ACCOUNT, None),
        ("list media-cn -media-cn", Problem.NOTHING_LEFT, None),
        ("list -media-cn -vod-sg", Problem.NOTHING_LEFT, None),
        ("list code:A*B", Problem.BAD_VALUE, None),
        ("list state:faild,running", Problem.BAD_VALUE, "list state:failed,running"),
        ("list state:succes,faild", Problem.BAD_VALUE, "list state:success,failed"),
        ("list state:", Problem.BAD_VALUE, None),
        ("list state: since:2h", Problem.BAD_VALUE, None),
        ("list state:,", Problem.BAD_VALUE, None),
        ("list since:yesterdy", Problem.BAD_VALUE, "list since:yesterday"),
        ("list since:soon", Problem.BAD_VALUE, None),
        ("list limit:0", Problem.BAD_VALUE, None),
        ("list limit:101", Problem.BAD_VALUE, None),
        ("list limit:²", Problem.BAD_VALUE, None),
        ("list limit:ten", Problem.BAD_VALUE, None),
        ("list name:", Problem.BAD_VALUE, None),
        ('list name:""', Problem.BAD_VALUE, None),
        ("list since:1h since:2h", Problem.REPEATED_FILTER, None),
        ("list media-cn vod-sg", Problem.TWO_SCOPES, None),
        ("list video-ocr vod-ai", Problem.TWO_SCOPES, None),
        ("list media-cn/video-ocr vod-ai", Problem.TWO_SCOPES, None),
        ("list media-cn vod-ai", Problem.SERVICE_NOT_OF_ACCOUNT, None),
        ("list media-cn/vod-ai", Problem.SERVICE_NOT_OF_ACCOUNT, None),
        ("media-cn/vod-ai", Problem.SERVICE_NOT_OF_ACCOUNT, None),
        ("show", Problem.NO_JOB, None),
        ("show ,", Problem.NO_JOB, None),
        ("show media:", Problem.NOT_A_JOB, "find media:"),
        ("show media:a/b", Problem.NOT_A_JOB, "find media:a/b"),
        ("show lecture.mp4", Problem.NOT_A_JOB, "find lecture.mp4"),
        ('show "lecture 7"', Problem.NOT_A_JOB, 'find "lecture 7"'),
        ("show a/b", Problem.NOT_A_JOB, "find a/b"),
        ("show //abc", Problem.NOT_A_JOB, "find //abc"),
        ("show https://a.example/", Problem.NOT_A_JOB, None),
        ("show https://[", Problem.NOT_A_JOB, None),
        ("show aasdcsfg782740asd3****", Problem.MASKED_ID, None),
        ("find aasdcsfg782740asd3****", Problem.MASKED_ID, None),
        (f"show media-ch/video-ocr/{ID}", Problem.UNKNOWN_ACCOUNT, f"show {REF}"),
        (f"show xyzzy/video-ocr/{ID}", Problem.UNKNOWN_ACCOUNT, f"show {ID}"),
        (f"show media-cn/video-orc/{ID}", Problem.UNKNOWN_SERVICE, f"show {REF}"),
        (f"show media-cn/vod-ai/{ID}", Problem.UNKNOWN_SERVICE, f"show {ID}"),
        (f"show media-cn/media/{ID}", Problem.UNKNOWN_SERVICE, f"show {ID}"),
        ("show " + " ".join(f"job{at}" for at in range(21)), Problem.TOO_MANY_JOBS, None),
        ("find", Problem.NO_TEXT, None),
        ('find ""', Problem.NO_TEXT, None),
        ("accounts media-cn", Problem.SUPERFLUOUS, "accounts"),
    ],
)
def test_what_cannot_be_meant(typed: str, problem: Problem, suggestion: str | None):
    error = refused(typed)
    assert (error.problem, error.suggestion) == (problem, suggestion)


def test_errors_say_what_to_type_instead():
    assert sentence(refused("lst")) == (
        "Unknown word `lst`. "
        "Try list, failed, show, find, watch, unwatch, subscribe, unsubscribe, subscriptions, why, accounts "
        "or help."
    )
    assert sentence(refused("show")) == (
        "Which job? Type `/jobs show JOB [JOB…]`, where JOB is an id, ACCOUNT/SERVICE/ID or a console link."
    )
    assert sentence(refused("list colour:red")) == (
        "Unknown filter `colour`. Available: state, since, until, name, kind, media, code and limit."
    )
    assert sentence(refused("list limit:0")) == "`limit:0` isn't valid. Use 1 to 100."
    assert sentence(refused("list media-cn vod-ai")) == (
        "`media-cn/vod-ai` doesn't exist. This account has video-ocr, image-moderation and digital-human."
    )


def test_what_a_show_names():
    request = parse(f"show {ID} {REF} media:a1", CATALOG)
    assert addresses_of(request, CATALOG) == [JobId(ID), JobRef("media-cn", "video-ocr", ID), MediaId("a1")]


def test_a_correction_is_for_the_whole_word():
    """`vo` is part of the account's name as well."""
    catalog = Catalog((("vod", "vod-ai"),))
    assert refused(f"show vod/vod-a/{ID}", catalog).suggestion == f"show vod/vod-ai/{ID}"


def test_without_accounts_everything_is_still_a_sentence():
    error = refused("list media-cn", Catalog(()))
    assert sentence(error)
    assert parse("list", Catalog(())) == Request("list", ServiceFilter())


@settings(max_examples=150)
@given(requests.requests)
def test_a_request_written_out_is_the_same_request(request: Request):
    """Compare from the second reading on, because the first removes invisible characters."""
    plainest = attempt(str(request))
    if isinstance(plainest, UsageError):
        # The only possible errors of a generated request: no visible text to find, or a sample id.
        assert plainest.problem in {Problem.NO_TEXT, Problem.BAD_VALUE, Problem.MASKED_ID}
        return
    assert parse(str(plainest), CATALOG) == plainest
    assert plainest.command == request.command
    assert plainest.scope == request.scope
    assert plainest.jobs == request.jobs
    assert plainest.options == request.options
    assert [key for key, _ in plainest.filters] == [key for key, _ in request.filters]
    assert (plainest.ids, plainest.dry_run) == (request.ids, request.dry_run)
    assert (plainest.watch and plainest.watch.on) == (request.watch and request.watch.on)


@settings(max_examples=50)
@given(requests.typed)
def test_a_value_is_taken_to_the_letter(text: str):
    """A quoted value loses only invisible and untypeable characters."""
    kept = " ".join(word for word in text.replace('"', " ").split(" ") if word.isalnum() and word.isascii())
    if kept:
        assert dict(parse(f'list name:"{kept}."', CATALOG).filters) == {"name": f"{kept}."}
        assert parse(f'find ".{kept}"', CATALOG).text == f".{kept}"


@settings(max_examples=200)
@given(requests.typed)
def test_any_text_is_a_request_or_an_error_with_a_way_out(text: str):
    for read in (attempt(text), attempt(undecorated(text))):
        if isinstance(read, UsageError):
            assert sentence(read)
            assert usage(read).text
            assert read.suggestion is None or parse(read.suggestion, CATALOG)
        else:
            assert parse(str(read), CATALOG) == read
            json.dumps(str(read), ensure_ascii=False).encode()
            assert read.subscription_options("U0DANA", NOON)
            assert len(addresses_of(read, CATALOG)) == len(read.jobs)
