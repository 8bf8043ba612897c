"""Jobs, options and entries for the tests of subscriptions."""

from datetime import datetime, timedelta

from bot.delivery.next_step import DeliveryStep, next_step
from bot.domain.cards import Card, CardJob, On, Snooze, SubscriptionOptions
from bot.domain.changes import Change, compare, lost
from bot.domain.failure_groups import POSTS_ID, read_posts
from bot.domain.outbox import (
    Body,
    ChangedEntry,
    Entry,
    OutboxSnapshot,
    SnoozedEntry,
    SubscribedEntry,
    UnsubscribedEntry,
    encode,
    encode_record,
    read_record,
)
from providers.models import Job, JobState
from tests.bot.memory import NOW

SLOT = "acme/video"
SERVICE = ("acme", "video")
DESTINATION = "C1"
TERMS = SubscriptionOptions(user="U1", at=NOW)


def job(job_id: str = "a", state: JobState | str = JobState.RUNNING, **details: object) -> Job:
    """Make a job of SERVICE."""
    fields = {"created_at": NOW - timedelta(minutes=1), "state": state, **details}
    return Job.model_validate({"account": SERVICE[0], "service": SERVICE[1], "id": job_id, **fields})


def moved(now: Job, before: JobState = JobState.RUNNING, at: datetime = NOW) -> Change:
    """Return the change of a job that moved."""
    was = now.model_copy(update={"state": before, "raw_state": None, "error": None})
    return compare(was, at - timedelta(seconds=10), now, at)


def gone(was: Job, *, expired: bool = False) -> Change:
    """Return the change of a job that its provider no longer has."""
    return lost(was, NOW - timedelta(seconds=30), NOW, expired=expired)


class Story:
    """Entries of one outbox, in the order of arrival."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def subscribed(self, card: str, of: Job, options: SubscriptionOptions = TERMS) -> "Story":
        return self._then(card, SubscribedEntry(job=of, terms=options))

    def changed(self, card: str, change: Change) -> "Story":
        return self._then(card, ChangedEntry(change=change))

    def unsubscribed(self, card: str, of: Job, by: str = "U1") -> "Story":
        return self._then(card, UnsubscribedEntry(job=of, by=by, at=NOW))

    def snoozed(self, card: str, until: datetime | None, at: datetime = NOW) -> "Story":
        return self._then(card, SnoozedEntry(at=at, snooze=Snooze(until=until, by="U2") if until else None))

    def _then(self, card: str, body: Body) -> "Story":
        self.entries.append(Entry(SLOT, f"{1000 + len(self.entries)}-0", card, body))
        return self

    def snapshot(self, *cards: Card) -> OutboxSnapshot:
        """Return what a visit reads: these entries, and these cards."""
        known = {each.id: each for each in cards}
        return OutboxSnapshot(
            DESTINATION, list(self.entries), cards=known, records={name: encode(each) for name, each in known.items()}
        )


def card(card_id: str, *jobs: Job, options: SubscriptionOptions = TERMS) -> Card:
    """Return a posted card that follows these jobs."""
    followed = {str(each.ref): CardJob() for each in jobs}
    return Card(id=card_id, place=DESTINATION, terms=options, jobs=followed, channel=DESTINATION, ts="1.1")


def empty(snapshot: OutboxSnapshot) -> bool:
    """Return whether no visit is needed. Groups and the times of posts may remain."""
    cards = snapshot.records.keys() - snapshot.groups.keys() - {POSTS_ID}
    return not (snapshot.entries or cards or snapshot.stale or snapshot.in_flight or snapshot.unreadable)


ANY = SubscriptionOptions(user="U1", at=NOW, on=frozenset({On.ANY}))
ON_FAILURE = SubscriptionOptions(user="U1", at=NOW, on=frozenset({On.FAILED}))
FAILED = moved(job(state=JobState.FAILED))
DONE = moved(job(state=JobState.SUCCEEDED))
MOVED = moved(job(raw_state="B"), before=JobState.PENDING)


def step_of(snapshot: OutboxSnapshot, now: datetime = NOW) -> DeliveryStep:
    """Return the next step, with numbers for as many groups as it opens."""
    step = next_step(snapshot, now, range(first := 1 + 100 * len(snapshot.groups), first + 100))
    assert isinstance(step, DeliveryStep)
    return step


def after(step: DeliveryStep, card_id: str = "card") -> Card:
    """Return a card as a step leaves it."""
    [write] = [each for each in step.writes if each.id == card_id]
    return Card.model_validate_json(write.after)


def taken(snapshot: OutboxSnapshot, step: DeliveryStep) -> OutboxSnapshot:
    """Return what is left for a destination after a step, whose message has arrived."""
    records = dict(snapshot.records)
    for write in step.writes:
        assert write.before == records.pop(write.id, "")
        records |= {write.id: write.after} if write.after else {}
    if step.notification and (new := step.notification.record) and not new.ts:
        message = {"channel": DESTINATION, "ts": f"{len(records)}.1"}
        records[new.id] = encode_record(read_record(new.id, records[new.id]).model_copy(update=message))
    left = [entry for entry in snapshot.entries if entry not in step.entries]
    assert len(left) == len(snapshot.entries) - len(step.entries)
    return kept(left, records, snapshot.destination)


def kept(entries: list[Entry], records: dict[str, str], destination: str = DESTINATION) -> OutboxSnapshot:
    """Return what a visit reads where these records are kept."""
    snapshot = OutboxSnapshot(destination, entries, records=records)
    for name, text in records.items():
        if name == POSTS_ID:
            snapshot.posts = read_posts(text)
        elif isinstance(record := read_record(name, text), Card):
            snapshot.cards[name] = record
        else:
            snapshot.groups[name] = record
    return snapshot
