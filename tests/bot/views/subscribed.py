"""Hypothesis strategies for any card, change and notification, and everyday ones."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from types import MappingProxyType

from hypothesis import strategies as st

from bot.domain.absence import Absence
from bot.domain.cards import Card, CardJob, Check, On, Shown, Snooze, SubscriptionOptions, To
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.notifications import (
    CardChange,
    ChangedSubscriptions,
    DestinationSuspended,
    Digest,
    LostJob,
    SearchExpired,
    Subscribed,
    Unsubscribed,
)
from providers.models import Job, JobRef, JobState
from tests.bot.views import anything
from tests.bot.views.anything import NOON, job

DANA, LEE, ON_CALL = "<@U0LEE>", "U0LEE", "C0ONCALL"

people = st.sampled_from(["<@U0DANA>", "<@U0LEE>", "<!subteam^S0ONCALL>", "<@W12345678>"])
places = st.sampled_from(["C0ONCALL", "G0PRIVATE", "D0DANA", "U0DANA"])
terms = st.builds(
    SubscriptionOptions,
    user=st.sampled_from(["U0DANA", "W12345678"]),
    at=anything.moments,
    on=st.frozensets(st.sampled_from(On), min_size=1),
    to=st.none() | st.sampled_from(To),
    mention=st.lists(people, max_size=4, unique=True).map(tuple),
)
fates = st.none() | st.sampled_from(EndReason)
followed = st.builds(
    CardJob, fate=fates, job=st.none() | anything.jobs(), by=st.none() | st.sampled_from(["U0DANA", "U0LEE"])
)
refusals = (
    st.sampled_from(
        ["is_archived", "not_in_channel", "channel_not_found", "restricted_action", "msg_too_long", "user_disabled"]
    )
    | anything.nasty
)
snoozes = st.none() | st.builds(Snooze, until=anything.moments, by=st.sampled_from(["U0DANA", "U0LEE"]))
checks = st.builds(
    Check,
    at=st.none() | anything.moments,
    next_at=st.none() | anything.moments,
    failing_since=st.none() | anything.moments,
    error=st.none() | anything.errors,
)
absences = st.builds(
    Absence,
    anything.moments,
    anything.moments,
    st.integers(0, 3),
    st.none() | anything.moments,
    st.none() | anything.moments,
)


@cache
def some(number: int = 40) -> st.SearchStrategy[list[Job]]:
    """Return none, one, or many jobs."""
    return (anything.several(anything.jobs(), 1) | anything.several(anything.jobs(), number)).map(list)


# Made once: Hypothesis examines each new strategy, and that takes longer than to draw from it.
_FOLLOWED = st.lists(st.tuples(fates, st.sampled_from(["U0DANA", None])), min_size=1, max_size=3)
_BOOLEANS = st.booleans()
_CHECKS = st.dictionaries(anything.sure, checks, max_size=8)
_SUSPENDED = st.none() | refusals


@cache
@st.composite
def cards(draw: st.DrawFn) -> Card:
    each = draw(_FOLLOWED)
    jobs = {
        str(found.ref): CardJob(fate=each[at % len(each)][0], job=found, by=each[at % len(each)][1])
        for at, found in enumerate(draw(some()))
        if all(str(found.ref).split("/", 2))  # no account is named so that its jobs have no ref
    }
    return Card(
        id="c_1",
        place=draw(places),
        terms=draw(terms),
        jobs=jobs,
        channel="C0ONCALL",
        ts="1.2",
        snooze=draw(snoozes),
        held_final=draw(_BOOLEANS),
    )


@cache
@st.composite
def shown(draw: st.DrawFn) -> Shown:
    card = draw(cards())
    jobs = {ref: each.job for ref, each in card.jobs.items() if each.job}
    return Shown(
        card=card,
        jobs=jobs if draw(_BOOLEANS) else {},
        checks=draw(_CHECKS),
        suspended=draw(_SUSPENDED),
        absences={ref: draw(absences) for ref in jobs if draw(_BOOLEANS)} if len(jobs) < 9 else {},
    )


changes = st.builds(
    Change,
    kind=st.sampled_from(Kind),
    job=anything.jobs(),
    before=st.sampled_from(JobState),
    before_raw=anything.maybe,
    since=anything.moments,
    at=anything.moments,
    fate=st.none() | st.sampled_from([EndReason.ENDED, EndReason.EXPIRED, EndReason.NOT_FOUND, EndReason.DROPPED]),
    absent_since=st.none() | anything.moments,
    doubtful=st.booleans(),
)
tolds = st.builds(CardChange, cards(), changes)
_TOLDS = st.lists(tolds, min_size=1, max_size=3)
_SEEN_AT = st.none() | anything.moments


@cache
@st.composite
def digests(draw: st.DrawFn, most: int = 1000) -> Digest:
    """Return digests of up to `most` changes. Repeats a few drawn ones with new ids."""
    drawn = draw(_TOLDS)
    notifications: list[CardChange] = []
    for at in range(draw(st.integers(1, 30) | st.just(most))):
        base = drawn[at % len(drawn)]
        again = base.change.job.model_copy(update={"id": f"{base.change.job.id}-{at}"})
        notifications.append(CardChange(base.card, base.change.model_copy(update={"job": again})))
    return Digest(notifications, draw(_SEEN_AT))


refs = anything.jobs().map(lambda found: found.ref)
subscribed = st.builds(
    Subscribed,
    card=st.none() | cards(),
    followed=st.lists(refs, max_size=12),
    changed=st.lists(refs, max_size=12),
    suspended=st.none() | refusals,
)
unsubscribed = st.builds(
    Unsubscribed,
    removed=st.lists(st.tuples(cards(), st.lists(refs, min_size=1, max_size=20)), max_size=4).map(
        lambda some: some * 8
    ),
    unknown=st.lists(anything.sure, max_size=12),
)
suspensions = st.builds(
    DestinationSuspended, places, refusals, st.lists(cards(), max_size=3).map(lambda some: some * 9)
)
losses = st.builds(LostJob, cards(), changes)
turns = st.builds(
    ChangedSubscriptions, places, st.lists(changes, min_size=1, max_size=3).map(lambda some: some * 9)
) | st.builds(ChangedSubscriptions, places, changes.map(lambda one: [one]))
searches = st.builds(
    SearchExpired, st.lists(anything.sure, min_size=1, max_size=20), anything.many(anything.places), st.integers(1, 90)
)

# Everyday ones.

RUNNING = job(JobState.RUNNING, raw_state="PROCESSING", progress=43, finished_at=None)
FAILED = job(JobState.FAILED, raw_state="FAILED", error={"code": "VAS.1204", "message": "The video is broken."})


def asked(**values: object) -> SubscriptionOptions:
    return SubscriptionOptions.model_validate({"user": "U0DANA", "at": NOON, **values})


def card(
    *jobs: Job,
    fates: Mapping[str, EndReason] = MappingProxyType({}),
    place: str = ON_CALL,
    options: SubscriptionOptions | None = None,
) -> Card:
    """Return a card of these jobs. Those in `fates`, by id, are no longer tracked."""
    following = {
        str(each.ref): CardJob(
            fate=fates.get(each.id, EndReason.ENDED if each.state.ended else None), job=each, by="U0LEE"
        )
        for each in jobs
    }
    return Card(id="c1", place=place, terms=options or asked(), jobs=following, channel=place, ts="1.2")


def seen(drawn: Card, **values: object) -> Shown:
    """Return a card as it is drawn in quiet times."""
    checks = {"media-cn/video-ocr": Check(at=NOON - timedelta(seconds=10), next_at=NOON + timedelta(seconds=20))}
    jobs = {ref: each.job for ref, each in drawn.jobs.items() if each.job}
    return Shown.model_validate({"card": drawn, "jobs": jobs, "checks": checks, **values})


def change(
    now: Job, before: JobState = JobState.RUNNING, end_reason: EndReason | None = None, kind: Kind = Kind.MOVED
) -> Change:
    return Change(
        kind=kind, job=now, before=before, since=NOON - timedelta(minutes=2), at=NOON,
        fate=end_reason or (EndReason.ENDED if now.state.ended else None),
    )  # fmt: skip


def batch(*states: JobState) -> list[Job]:
    """Return jobs in these states, named by their number."""
    why = {"code": "VAS.1204", "message": "The video is broken."}
    return [
        job(
            state, id=f"{at:032x}", name=f"lecture {at}", raw_state=state.upper(),
            error=why if state is JobState.FAILED else None,
            progress=40 if state is JobState.RUNNING else None,
        )
        for at, state in enumerate(states)
    ]  # fmt: skip


def told(*states: JobState, mention: Sequence[str] = ()) -> list[CardChange]:
    options = asked(mention=tuple(mention))
    return [CardChange(card(each, options=options), change(each)) for each in batch(*states)]


def ref(found: Job) -> JobRef:
    return found.ref
