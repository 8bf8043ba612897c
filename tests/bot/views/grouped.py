"""Hypothesis strategies for any failure group, and everyday groups."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from bot.domain.cards import Card, Shown, Snooze
from bot.domain.changes import LOSSES
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind, PreviousHead, ShownGroup
from bot.domain.watches import Mute
from providers.models import Job
from tests.bot.views import anything, subscribed
from tests.bot.views.anything import NOON

LINK = "https://acme.slack.com/archives/C0ONCALL/p1795516864000100"


group_jobs = st.builds(
    GroupJob,
    ref=anything.sure.map(lambda job_id: f"media-cn/_x_/{job_id}"),
    name=anything.maybe,
    at=anything.moments,
    took_s=st.none() | st.floats(0, 1e6),
)
_KINDS = st.sampled_from([GroupKind.FAILURES, GroupKind.STORM, GroupKind.DOWN])
_NEWEST = st.lists(group_jobs, max_size=3)
_COUNTS = st.dictionaries(
    st.sampled_from(["succeeded", "started", "cancelled", "unheard_of"]), st.integers(0, 10**6), max_size=4
)
_PEOPLE = st.lists(subscribed.people, max_size=4, unique=True)
_ORIGINS = st.lists(st.sampled_from(["subscription", "w7", "w12", "w999999"]), max_size=4, unique=True)
_NUMBERS = st.integers(1, 3) | st.integers(1, 10**7)
_ERRORS = st.sampled_from(["unauthorized", "late", "unheard of"]) | anything.maybe
_MUTES = st.none() | st.builds(
    Mute, id=st.just("m3"), account=anything.places, service=anything.places, code=anything.sure,
    until=st.none() | anything.moments, by=st.just("T1/U0DANA"), at=anything.moments,
)  # fmt: skip
_PREVIOUS = st.none() | st.builds(
    PreviousHead, channel=st.just("C0ONCALL"), ts=st.just("1.2"), count=_NUMBERS, closed_at=anything.moments
)


@cache
@st.composite
def groups(draw: st.DrawFn, kinds: st.SearchStrategy[GroupKind] = _KINDS) -> FailureGroup:
    first, last, closed = sorted(draw(st.tuples(anything.moments, anything.moments, anything.moments)))
    down = draw(st.booleans())
    return FailureGroup(
        id="g12",
        place="T1/C0ONCALL",
        group=draw(kinds),
        account=draw(anything.places),
        service=draw(anything.places),
        kind=draw(_ERRORS),
        code=draw(anything.maybe),
        message=draw(anything.maybe),
        rules=tuple(draw(_ORIGINS)),
        mentions=tuple(draw(_PEOPLE)),
        mentioned=tuple(draw(_PEOPLE)),
        first_at=first,
        last_at=last,
        opened_at=first,
        changed_at=last,
        count=draw(_NUMBERS),
        newest=tuple(draw(_NEWEST)),
        snooze=draw(subscribed.snoozes),
        previous=draw(_PREVIOUS),
        fate=draw(st.none() | st.sampled_from(sorted(LOSSES))),
        counts=draw(_COUNTS),
        offline_from=first if down else None,
        offline_until=last if down else None,
        closed_at=draw(st.sampled_from([None, closed])),
    )


@cache
@st.composite
def shown(draw: st.DrawFn) -> ShownGroup:
    parts = draw(st.lists(groups(), max_size=3))
    return ShownGroup(
        group=draw(groups()),
        ended=draw(st.none() | st.integers(0, 10**7)),
        mute=draw(_MUTES),
        link=draw(st.sampled_from(["", LINK])),
        groups=parts * draw(st.integers(1, 30)),
    )


# Everyday ones.


def job(number: int, at: datetime | None = None) -> GroupJob:
    """Return one failed job of many."""
    return GroupJob(
        ref=f"media-cn/video-ocr/{number:06x}1e4c4dc685aa2dfc22a28dc5",
        name=f"lecture {number}",
        at=at or NOON + timedelta(seconds=number),
        took_s=25,
    )


def group(count: int = 14, **values: Any) -> FailureGroup:
    """Return an everyday group of this many failures."""
    everyday: dict[str, Any] = {
        "id": "g12",
        "place": "T1/C0ONCALL",
        "account": "media-cn",
        "service": "video-ocr",
        "code": "ALG.002",
        "message": "Failed to open the input video",
        "rules": ("w7",),
        "first_at": NOON,
        "last_at": NOON + timedelta(minutes=3),
        "opened_at": NOON,
        "changed_at": NOON + timedelta(minutes=3),
        "count": count,
        "newest": tuple(job(count - at) for at in range(min(count, 3))),
    }
    return FailureGroup.model_validate({**everyday, **values})


def mute(until: datetime | None = NOON + timedelta(days=7)) -> Mute:
    return Mute(id="m3", account="media-cn", service="video-ocr", code="ALG.002", until=until, by="T1/U0DANA", at=NOON)


def asleep() -> Snooze:
    return Snooze(until=NOON + timedelta(hours=4), by="T1/U0LEE")


def batch_card(*jobs: Job) -> Shown:
    card: Card = subscribed.card(*jobs)
    return subscribed.seen(card)
