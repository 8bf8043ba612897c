"""Hypothesis strategies: any job that a provider can return, and any answer made of them."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from bot.domain.answers import (
    Incomplete,
    JobDetails,
    JobList,
    Missing,
    OwnLimit,
    Remembered,
    ServiceError,
    ServiceHealth,
)
from bot.domain.button_payloads import CommandPayload
from providers.models import Job, JobError, JobState

NASTY = (
    "<!channel>", "<!here>", "<@U12345678>", "<#C123|general>", "<https://evil.example|click>", "https://evil.example",
    "@everyone", "#general", "*", "_", "~", "`", "```", "*bold*", "_it_", ":tada:", "> quote", "• item", "1. one", "&",
    "&amp;", "&lt;!channel&gt;", "<", ">", "|", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x9b2J", "\u202egnp.exe",
    "\u200b", "\u200d", "\u2028", "\ufeff", "👩‍💻", "🏳️‍🌈", "مرحبا", "שלום", "课程_01", '"', "\\", "'", "[red]", "[/]",
)  # fmt: skip
LONG = ("&", "x", "😀", "`", "<", '"', "\\", "*", "\u200d")

# Made once: Hypothesis examines each new strategy, and that takes longer than to draw from it.
_KINDS = st.integers(0, 19)
_LONG, _LENGTHS = st.sampled_from(LONG), st.sampled_from([30, 300, 10_000])
_NASTY = st.lists(st.sampled_from(NASTY) | st.text(max_size=3), max_size=5)
_PLAIN = st.text(max_size=10)


@st.composite
def nasty_texts(draw: st.DrawFn) -> str:
    """Return texts with what could ping, link, break formatting or take too much room."""
    match draw(_KINDS):
        case 0:
            return draw(_LONG) * draw(_LENGTHS)
        case 1 | 2 | 3 | 4 | 5 | 6:
            return "".join(draw(_NASTY))
        case _:
            return draw(_PLAIN)


nasty = nasty_texts()
maybe = st.none() | nasty
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds
sure = nasty.filter(bool)
places = st.sampled_from(["media-cn", "vod_sg", "_x_"]) | sure


T = TypeVar("T")


def many(things: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """Return tuples of none, a few, or thirty things."""
    few = st.lists(things, max_size=2)
    return few.map(tuple) | few.map(lambda drawn: tuple(drawn * 15))


@cache
def jobs(places: st.SearchStrategy[str] = places) -> st.SearchStrategy[Job]:
    return st.builds(
        Job,
        account=places,
        service=st.sampled_from(["video-ocr", "vod-jobs"]) | places,
        id=st.sampled_from(["f18320e61e4c4dc685aa2dfc22a28dc5"]) | sure,
        name=maybe,
        kind=maybe,
        state=st.sampled_from(JobState),
        raw_state=maybe,
        created_at=st.none() | moments,
        started_at=st.none() | moments,
        finished_at=st.none() | moments,
        updated_at=st.none() | moments,
        progress=st.none() | st.integers(0, 100),
        media=maybe,
        input=maybe,
        output=maybe,
        error=st.none() | st.builds(JobError, code=maybe, message=maybe),
        unexplained=maybe,
        request_id=maybe,
        console_url=st.none()
        | st.sampled_from(["https://vod.console.aliyun.com/#/media/video/detail/a/video"])
        | nasty,
        region=maybe,
        attributes=st.dictionaries(sure, nasty, max_size=3) | st.just({str(at): "&" * at for at in range(90)}),
        notes=st.lists(nasty, max_size=8).map(tuple),
        raw=st.none() | st.dictionaries(nasty, maybe, max_size=5),
    )


errors = st.builds(
    ServiceError,
    account=places,
    service=places,
    kind=st.sampled_from(["unauthorized", "throttled", "late", "memory", "unavailable", "rejected", "unheard of"]),
    code=nasty,
    message=nasty,
    retryable=st.booleans(),
    request_id=maybe,
    retry_after=st.none() | st.floats(0, 10_000),
    failing_since=st.none() | moments,
)
remembered = st.builds(Remembered, account=places, service=places, known=st.integers(0, 500))
incomplete = st.builds(
    Incomplete,
    account=places,
    service=places,
    scanned=st.none() | st.integers(0, 9999),
    malformed=st.integers(0, 9),
    uncoded=st.integers(0, 9),
)
missing = st.builds(Missing, id=sure, looked_in=many(places))
asks = st.builds(
    CommandPayload,
    text=st.sampled_from(["list", "list state:failed", "show " + "a" * 64, "find " + '"' * 5000]) | nasty,
    offset=st.integers(0, 500),
    shared_by=st.none() | st.just("U0DANA"),
    key=st.none() | st.just("abcDEF_-123"),
)


def several(jobs: st.SearchStrategy[Job], most: int) -> st.SearchStrategy[tuple[Job, ...]]:
    """Return tuples of up to `most` jobs. Repeats a few drawn ones with new ids."""

    def repeated(drawn: list[Job], number: int) -> tuple[Job, ...]:
        if not drawn:
            return ()
        return tuple(
            drawn[at % len(drawn)].model_copy(update={"id": f"{drawn[at % len(drawn)].id}-{at}"})
            for at in range(number)
        )

    return st.builds(repeated, st.lists(jobs, max_size=3), st.integers(1, most))


lists = st.builds(
    JobList,
    jobs=several(jobs(), 100),
    offset=st.integers(0, 100_000),
    limit=st.integers(1, 100),
    total=st.none() | st.integers(0, 1_000_000),
    more=st.booleans(),
    services=st.integers(0, 60),
    errors=many(errors),
    remembered=many(remembered),
    incomplete=st.lists(incomplete, max_size=10).map(tuple),
    checked_at=moments,
)
details = st.builds(
    JobDetails,
    jobs=several(jobs(), 20),
    services=st.integers(0, 60),
    missing=many(missing),
    errors=many(errors),
    checked_at=moments,
)
waits = st.builds(OwnLimit, seconds=st.floats(0.5, 60), per_second=st.floats(0.01, 1000))
health = st.builds(
    ServiceHealth,
    account=places,
    service=places,
    region=sure,
    lists=st.booleans(),
    latency_s=st.none() | st.floats(0, 100),
    waited=st.none() | waits,
    error=st.none() | errors,
    last_ok_at=st.none() | moments,
    last_error=st.none() | errors,
    last_error_at=st.none() | moments,
    budget_left=st.integers(0, 20),
    budget=st.none() | st.integers(1, 20),
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def job(state: JobState = JobState.SUCCEEDED, **values: object) -> Job:
    """Return one everyday job, with some values changed."""
    everyday: dict[str, object] = {
        "account": "media-cn",
        "service": "video-ocr",
        "id": "f18320e61e4c4dc685aa2dfc22a28dc5",
        "name": "lecture 7",
        "state": state,
        "raw_state": "SUCCEEDED",
        "created_at": NOON - timedelta(hours=1),
        "started_at": NOON - timedelta(minutes=50),
        "finished_at": NOON - timedelta(minutes=48, seconds=30),
    }
    return Job.model_validate({**everyday, **values})
