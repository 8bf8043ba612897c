"""The cards and groups of a destination, and the changes of a step. Immutable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from bot.domain.cards import Card, CardJob, wants
from bot.domain.changes import Change, EndReason, EventKind
from bot.domain.decisions import Decided, Decision
from bot.domain.event_log import Ended
from bot.domain.failure_groups import (
    BUDGET,
    BUDGET_WINDOW,
    POSTS_ID,
    FailureGroup,
    GroupJob,
    GroupKind,
    Hold,
    encode_posts,
)
from bot.domain.outbox import OutboxSnapshot, Urgency, Write, encode_record
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import milliseconds
from bot.domain.watches import Rules
from bot.rules.job_events import concerns, views_of
from providers.models import Job, JobRef


class NumbersNeeded(Exception):  # noqa: N818  # a request of the pure rules to their caller, not an error
    """A step opens a group, and the caller gave no number for it."""


class Waiting(NamedTuple):
    """What waits for a destination: `replies` about jobs that did not fail, and events noticed `late`.

    `ends` is set if the last end of the batch is among the events: then the final post covers them all.
    """

    replies: int = 0
    late: int = 0
    ends: bool = False


def _followed_until(card_job: CardJob) -> tuple[bool, datetime]:
    """Return until when a card tracked a job. A job that is still tracked sorts last."""
    return card_job.fate is None, card_job.at or datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DestinationState:
    """The cards and groups of a destination after some of its events.

    `posts` are the times of its last new messages, `rules` its watches and mutes, `ended` the jobs of services with a
    threshold on the share of failures. `known` are events of mirrored jobs that are already decided. `numbers` are for
    new groups. `now` is the time of the decision.

    `changed` names the records that differ from Redis, each with the urgency of its message's edit, None if the message
    needs no edit. `members` are jobs that join groups, in their stored form, with the time of their failure in ms.
    `decisions` are those of this step.
    """

    destination: str
    now: datetime
    cards: Mapping[str, Card]
    groups: Mapping[str, FailureGroup] = field(default_factory=dict[str, FailureGroup])
    posts: tuple[datetime, ...] = ()
    rules: Rules = field(default_factory=Rules)
    ended: Mapping[Service, Sequence[Ended]] = field(default_factory=dict[Service, Sequence[Ended]])
    known: frozenset[str] = frozenset()
    waiting: Waiting = field(default_factory=Waiting)
    numbers: tuple[int, ...] = ()
    changed: Mapping[str, Urgency | None] = field(default_factory=dict[str, Urgency | None])
    members: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict[str, tuple[tuple[str, int], ...]])
    decisions: tuple[Decided, ...] = ()

    @classmethod
    def of(cls, snapshot: OutboxSnapshot, now: datetime, numbers: Iterable[int] = ()) -> Self:
        """Return the state that Redis has."""
        return cls(
            snapshot.destination,
            now,
            snapshot.cards,
            snapshot.groups,
            snapshot.posts,
            snapshot.rules,
            snapshot.ended,
            snapshot.decided,
            numbers=tuple(numbers),
        )

    def card_of(self, ref: JobRef) -> Card | None:
        """Return the card that tracks a job here, or the last one that did."""
        name = str(ref)
        mine = [card for card in self.cards.values() if name in card.jobs]
        return max(mine, key=lambda card: _followed_until(card.jobs[name]), default=None)

    def followed_as_other(self, change: Change) -> bool:
        """Return whether a mirrored job is tracked here under the ref of its other service."""
        other = {str(each.ref) for each in views_of(change)} - {str(change.job.ref)}
        jobs = (card.jobs[ref] for card in self.cards.values() for ref in other & card.jobs.keys())
        return any(concerns(each, change) for each in jobs)

    def knows(self, event: str) -> bool:
        """Return whether an event of a mirrored job is already decided."""
        return event in self.known or any(each.decision.event == event for each in self.decisions)

    def group_of(self, fingerprint: str) -> FailureGroup | None:
        """Return the open group of failures with this fingerprint."""
        return next((each for each in self._open(GroupKind.FAILURES) if each.fingerprint == fingerprint), None)

    def last_group_of(self, fingerprint: str) -> FailureGroup | None:
        """Return the last closed group of failures with this fingerprint."""
        mine = [
            each for each in self.groups.values() if each.fingerprint == fingerprint and not each.open and each.posted
        ]
        return max(mine, key=lambda each: each.opened_at, default=None)

    def batch_head(self, card_id: str) -> FailureGroup | None:
        """Return the head of a batch; None before one of its jobs fails."""
        return next((each for each in self._open(GroupKind.BATCH) if each.card == card_id), None)

    def batch_end_wanted(self, card: Card) -> bool:
        """Return whether a batch's options, or a watch, want any of its ends."""
        return any(self._end_wanted(card, each) for each in card.jobs.values() if each.fate and not each.fate.by_people)

    def _end_wanted(self, card: Card, end: CardJob) -> bool:
        if end.fate is not EndReason.ENDED or end.job is None:
            return end.fate is not EndReason.ENDED
        return card.terms.wants(end.job.state) or self._watched(end.job, end.at or self.now)

    def _watched(self, job: Job, at: datetime) -> bool:
        """Return whether a watch wants the end of a job, noticed at that time."""
        event = EventKind.of(job.state)
        if event is None or (event is EventKind.FAILED and self.rules.muting(job, self.now)):
            return False
        mine = (each.spec for each in self.rules.active if each.at <= at)
        return any(wants(spec.on, event) and spec.matches(job) for spec in mine)

    def down(self, account: str, service: str) -> FailureGroup | None:
        """Return the message about a service that cannot be read."""
        found = (each for each in self._open(GroupKind.DOWN) if (each.account, each.service) == (account, service))
        return next(found, None)

    def storm(self) -> FailureGroup | None:
        """Return the open storm message."""
        return next((each for each in self._open(GroupKind.STORM) if each.hold is None), None)

    def held_storm(self, hold: Hold, rules: Sequence[str]) -> FailureGroup | None:
        """Return the storm message held for the same snooze, or for the same removed watches."""
        mine = (each for each in self._open(GroupKind.STORM) if each.hold and each.hold.removed is hold.removed)
        return next((each for each in mine if not hold.removed or each.rules == tuple(rules)), None)

    def _open(self, kind: GroupKind) -> Iterable[FailureGroup]:
        return (each for each in self.groups.values() if each.group is kind and each.open)

    @property
    def recent_posts(self) -> tuple[datetime, ...]:
        """The times of the new messages that count against the budget."""
        return tuple(at for at in self.posts if timedelta() <= self.now - at < BUDGET_WINDOW)

    def ended_since(self, service: Service, since: datetime) -> tuple[int, int]:
        """Return how many jobs of a service failed since a time, and how many ended."""
        counts = [each for each in self.ended.get(service, ()) if each.at >= since]
        return sum(each.failed for each in counts), sum(each.jobs for each in counts)

    def with_card(self, card: Card, urgency: Urgency = Urgency.STATE) -> Self:
        """Return the state with one card added or replaced."""
        return replace(self, cards={**self.cards, card.id: card}, changed=self._changed(card.id, urgency))

    def with_group(self, group: FailureGroup, urgency: Urgency = Urgency.PROGRESS) -> Self:
        """Return the state with one group added or replaced. A group without a message needs no edit.

        PROGRESS means that it grows, STATE that a person changed it, END that it closes.
        """
        changed = self._changed(group.id, urgency) if group.ts else {**self.changed, group.id: None}
        return replace(self, groups={**self.groups, group.id: group}, changed=changed)

    def _changed(self, record_id: str, urgency: Urgency) -> Mapping[str, Urgency | None]:
        """Mark a record as changed. Of several edits the most urgent counts."""
        return {**self.changed, record_id: min(urgency, self.changed.get(record_id) or urgency)}

    def without_group(self, group_id: str) -> Self:
        """Return the state without a group."""
        kept = {name: group for name, group in self.groups.items() if name != group_id}
        return replace(self, groups=kept, changed={**self.changed, group_id: None})

    def without_edit(self, record_id: str) -> Self:
        """Return the state without an edit of a record. Its message is posted in its present form."""
        return replace(self, changed={**self.changed, record_id: None})

    def new_id(self) -> tuple[Self, str]:
        """Return the id of a new group, and the state without its number. Raises NumbersNeeded."""
        if not self.numbers:
            raise NumbersNeeded
        return replace(self, numbers=self.numbers[1:]), f"g{self.numbers[0]}"

    def with_post(self) -> Self:
        """Return the state after one more new message."""
        posts = (*self.recent_posts, self.now)[-BUDGET:]
        return replace(self, posts=posts, changed={**self.changed, POSTS_ID: None})

    def with_member(self, group_id: str, job: GroupJob) -> Self:
        """Return the state with a job that joins a group."""
        mine = (*self.members.get(group_id, ()), (job.member, milliseconds(job.at)))
        return replace(self, members={**self.members, group_id: mine})

    def decided(self, ref: str, decision: Decision) -> Self:
        """Return the state with one more decision."""
        return replace(self, decisions=(*self.decisions, Decided(ref, decision)))

    def writes(self, records: Mapping[str, str]) -> list[Write]:
        """Return the changed records with their versions in Redis. A deleted record has an empty `after`."""
        found = [
            Write(id=name, before=records.get(name, ""), after=self._record(name), urgency=urgency)
            for name, urgency in self.changed.items()
        ]
        return [each for each in found if each.before or each.after]

    def _record(self, name: str) -> str:
        if name == POSTS_ID:
            return encode_posts(self.posts)
        record = self.groups.get(name) or self.cards.get(name)
        return encode_record(record) if record else ""
