"""A destination without Redis: it receives events, takes steps until nothing waits, and records the posts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.delivery.next_step import DeliveryStep, NeedsNumbers, next_step
from bot.domain.cards import Card, Snooze
from bot.domain.changes import Change, compare
from bot.domain.decisions import Decided, Decision, Outcome
from bot.domain.event_log import Ended
from bot.domain.failure_groups import POSTS_ID, FailureGroup, is_group_id, read_posts
from bot.domain.notifications import Content, GroupHead, ServiceHead, StormHead
from bot.domain.outbox import (
    Body,
    ChangedEntry,
    Entry,
    OutboxSnapshot,
    ServiceEntry,
    SnoozedEntry,
    UnsubscribedEntry,
    encode_record,
    read_record,
)
from bot.domain.service_events import ServiceEvent
from bot.domain.watches import Rules, Watch, WatchSpec
from providers.models import Job, JobError, JobState
from tests.bot.memory import NOW

CHANNEL = "T1/C1"


def watch(number: int = 1, *, at: datetime = NOW - timedelta(days=1), **fields: object) -> Watch:
    spec = {name: value for name, value in fields.items() if name in WatchSpec.model_fields}
    about = {name: value for name, value in fields.items() if name not in spec}
    return Watch.model_validate(
        {"id": f"w{number}", "place": CHANNEL, "owner": "T1/U1", "at": at, "spec": spec, **about}
    )


def failed(number: int, code: str = "ALG.002", at: datetime = NOW, **fields: object) -> Change:
    """Return a job that failed with this code; its message names the job."""
    about = {"account": "acme", "service": "video", "id": f"job-{number:04}", "name": f"lecture {number}", **fields}
    error = JobError(code=code, message=f"Failed to open job-{number:04}")
    job = Job.model_validate({**about, "state": JobState.FAILED, "error": error, "created_at": at})
    was = job.model_copy(update={"state": JobState.RUNNING, "error": None})
    return compare(was, at - timedelta(seconds=10), job, at).model_copy(update={"event_at": at})


def ended(number: int, at: datetime = NOW) -> Change:
    change = failed(number, at=at)
    return change.model_copy(update={"job": change.job.model_copy(update={"state": JobState.SUCCEEDED, "error": None})})


Event = Change | ServiceEvent | UnsubscribedEntry


def _body(event: Event) -> Body:
    match event:
        case Change():
            return ChangedEntry(change=event)
        case ServiceEvent():
            return ServiceEntry(event=event)
        case UnsubscribedEntry():
            return event


@dataclass
class Desk:
    """A destination with these rules. `posts` has its posts with their times, `decisions` all decisions."""

    rules: Rules = field(default_factory=Rules)
    now: datetime = NOW
    cards: dict[str, Card] = field(default_factory=dict[str, Card])
    posts: list[tuple[datetime, Content]] = field(default_factory=list[tuple[datetime, Content]])
    decisions: list[Decided] = field(default_factory=list[Decided])
    members: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    ended: dict[tuple[str, str], list[Ended]] = field(default_factory=dict[tuple[str, str], list[Ended]])

    def __post_init__(self) -> None:
        self.records = {card_id: encode_record(card) for card_id, card in self.cards.items()}
        self._entries: list[Entry] = []
        self._number = 0

    def comes(self, *events: Event, card: str = "") -> "Desk":
        """Route events here without a step."""
        for event in events:
            body = _body(event)
            self._number += 1
            self._entries.append(Entry("acme/video", f"{self._number}-0", card, body))
        return self

    def takes(self, *events: Event, card: str = "") -> "Desk":
        """Route events here, and take steps until nothing waits."""
        self.comes(*events, card=card)
        while (step := self.step()) is not None:
            self._record(step)
        return self

    def snoozes(self, card: str, snooze: Snooze) -> "Desk":
        """Snooze a card or a group."""
        self._number += 1
        self._entries.append(Entry("acme/video", f"{self._number}-0", card, SnoozedEntry(at=self.now, snooze=snooze)))
        return self.takes()

    def waits(self, **time: float) -> "Desk":
        """Let time pass, and do what is due, minute by minute."""
        until = self.now + timedelta(**time)
        while self.now < until:
            self.now = min(self.now + timedelta(minutes=1), until)
            self.takes()
        return self

    def step(self) -> DeliveryStep | None:
        numbers: Sequence[int] = ()
        while isinstance(step := next_step(self.snapshot, self.now, numbers), NeedsNumbers):
            numbers = range(self._number * 100, self._number * 100 + step.count)
            self._number += 1
        return step

    @property
    def snapshot(self) -> OutboxSnapshot:
        snapshot = OutboxSnapshot(
            CHANNEL, list(self._entries), records=dict(self.records), rules=self.rules, ended=self.ended
        )
        kept = [each.decision for each in self.decisions if each.decision.kept]
        snapshot.decided = frozenset(each.event for each in kept)
        for name, text in self.records.items():
            if name == POSTS_ID:
                snapshot.posts = read_posts(text)
            elif is_group_id(name):
                snapshot.groups[name] = group_of(read_record(name, text))
            else:
                snapshot.cards[name] = card_of(read_record(name, text))
        return snapshot

    def _record(self, step: DeliveryStep) -> None:
        taken = {entry.id for entry in step.entries}
        self._entries = [entry for entry in self._entries if entry.id not in taken]
        for write in step.writes:
            assert self.records.get(write.id, "") == write.before
            if write.after:
                self.records[write.id] = write.after
            else:
                del self.records[write.id]
        for group, jobs in step.members.items():
            self.members.setdefault(group, []).extend(member for member, _ in jobs)
        self.decisions += step.decisions
        if step.notification:
            self.posts.append((self.now, step.notification.content))
            if record := step.notification.record:
                place = {"channel": CHANNEL, "ts": f"{len(self.posts)}.1"}
                kept = read_record(record.id, self.records[record.id])
                self.records[record.id] = encode_record(kept.model_copy(update=place))

    @property
    def groups(self) -> list[FailureGroup]:
        return list(self.snapshot.groups.values())

    def contents(self, *kinds: type) -> list[Content]:
        return [content for _, content in self.posts if isinstance(content, kinds)]

    @property
    def heads(self) -> list[FailureGroup]:
        return [each.group for _, each in self.posts if isinstance(each, GroupHead | StormHead | ServiceHead)]

    def final(self) -> dict[str, Decision]:
        """Return the final decision about each event. Fails if an event has two."""
        found: dict[str, Decision] = {}
        for _, decision in self.decisions:
            if decision.outcome is not Outcome.HOLD:
                assert decision.event not in found, f"two final decisions about {decision.event}"
                found[decision.event] = decision
        return found

    def outcomes(self) -> dict[Outcome, int]:
        """Return how many events had each final outcome."""
        final = [decision.outcome for decision in self.final().values()]
        return {outcome: final.count(outcome) for outcome in Outcome if outcome in final}


def card_of(record: Card | FailureGroup) -> Card:
    assert isinstance(record, Card)
    return record


def group_of(record: Card | FailureGroup) -> FailureGroup:
    assert isinstance(record, FailureGroup)
    return record


def rules(*watches: Watch, **more: object) -> Rules:
    return Rules.model_validate({"watches": watches, **more})


def shuffled(events: Iterable[Change], order: Sequence[int]) -> list[Change]:
    events = list(events)
    return [events[index] for index in order]
