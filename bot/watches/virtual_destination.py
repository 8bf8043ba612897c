"""A destination in memory, with its own clock: it takes events and keeps what it would post.

It takes the steps that delivery takes, with the same rules, and posts nothing.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, groupby

from bot.delivery.closed_groups import droppable_groups
from bot.delivery.next_step import DeliveryStep, NeedsNumbers, next_step, next_timer
from bot.domain.cards import Card
from bot.domain.changes import Change
from bot.domain.dry_runs import WouldPost
from bot.domain.event_log import Ended
from bot.domain.failure_groups import POSTS_ID, FailureGroup, read_posts
from bot.domain.notifications import GroupHead, Notification, ServiceHead, StormHead, ThreadLine, WatchEvent
from bot.domain.outbox import ChangedEntry, Entry, InFlightPost, OutboxSnapshot, ServiceEntry, read_record
from bot.domain.service_events import ServiceEvent
from bot.domain.service_key import Service
from bot.domain.slack_ids import bare_id
from bot.domain.watches import Rules

Event = Change | ServiceEvent


@dataclass(slots=True)
class _Posted:
    at: datetime
    group: str = ""
    change: Change | None = None
    lines: int = 0


@dataclass(slots=True)
class VirtualDestination:
    """A destination with these rules and nothing open. `now` is the time of the last step.

    `ended` are the finished jobs of services that its rules judge by a share.
    """

    destination: str
    rules: Rules
    now: datetime
    ended: Mapping[Service, Sequence[Ended]] = field(default_factory=dict[Service, Sequence[Ended]])
    _records: dict[str, str] = field(default_factory=dict[str, str])
    _cards: dict[str, Card] = field(default_factory=dict[str, Card])
    _groups: dict[str, FailureGroup] = field(default_factory=dict[str, FailureGroup])
    _dropped: dict[str, FailureGroup] = field(default_factory=dict[str, FailureGroup])
    _posts: tuple[datetime, ...] = ()
    _entries: list[Entry] = field(default_factory=list[Entry])
    _posted: list[_Posted] = field(default_factory=list[_Posted])
    _numbers: "count[int]" = field(default_factory=count)

    async def run(self, events: Iterable[Event], until: datetime) -> Sequence[WouldPost]:
        """Process events at the times they were noticed, until a time. Return the simulated posts."""
        for at, together in groupby(sorted(events, key=lambda event: event.at), key=lambda event: event.at):
            self._wait(at)
            self._entries += [self._entry(event) for event in together]
            self._deliver()
            for group in list(droppable_groups(self._snapshot(), self.now)):
                self._dropped[group.id] = group
                self._write(group.id, "")
            await asyncio.sleep(0)  # other tasks get their turn
        self._wait(until)
        return [WouldPost(each.at, self._group(each), each.change, each.lines) for each in self._posted]

    def _entry(self, event: Event) -> Entry:
        body = ServiceEntry(event=event) if isinstance(event, ServiceEvent) else ChangedEntry(change=event)
        return Entry(self.destination, f"{next(self._numbers)}-0", "", body)

    def _group(self, posted: _Posted) -> FailureGroup | None:
        return self._groups.get(posted.group) or self._dropped.get(posted.group)

    def _wait(self, until: datetime) -> None:
        """Advance the clock, and take the steps due by then."""
        while (timer := next_timer(self._snapshot())) is not None and timer <= until:
            self.now = max(self.now, timer)
            if not self._deliver():
                break
        self.now = max(self.now, until)

    def _deliver(self) -> int:
        """Take steps until none is left. Return how many."""
        for steps in count():
            if (step := self._step()) is None:
                return steps
            self._record(step)
        return 0

    def _step(self) -> DeliveryStep | None:
        numbers: list[int] = []
        while isinstance(step := next_step(self._snapshot(), self.now, numbers), NeedsNumbers):
            numbers += [next(self._numbers) for _ in range(step.count - len(numbers))]
        return step

    def _snapshot(self) -> OutboxSnapshot:
        return OutboxSnapshot(
            self.destination,
            list(self._entries),
            cards=dict(self._cards),
            groups=dict(self._groups),
            posts=self._posts,
            records=dict(self._records),
            rules=self.rules,
            ended={service: [each for each in ends if each.at <= self.now] for service, ends in self.ended.items()},
        )

    def _record(self, step: DeliveryStep) -> None:
        taken = {entry.id for entry in step.entries}
        self._entries = [entry for entry in self._entries if entry.id not in taken]
        for write in self._arrived(step).writes:
            self._write(write.id, write.after)
        if step.notification:
            self._note(step.notification)

    def _arrived(self, step: DeliveryStep) -> InFlightPost:
        """Return the record of a step whose message, if it has one, has arrived."""
        notification = step.notification
        record = notification.record if notification else None
        post = InFlightPost(id="", at=self.now, card=record.id if record else "", writes=tuple(step.writes))
        if notification is None:
            return post
        thread = post.model_copy(update={"thread_ts": notification.thread_ts})
        return thread.arrived(bare_id(self.destination), f"{len(self._posted) + 1}.000000")

    def _write(self, name: str, text: str) -> None:
        for kept in (self._records, self._cards, self._groups):
            kept.pop(name, None)
        if not text:
            return
        self._records[name] = text
        if name == POSTS_ID:
            self._posts = read_posts(text)
            return
        record = read_record(name, text)
        if isinstance(record, Card):
            self._cards[name] = record
        else:
            self._groups[name] = record

    def _note(self, notification: Notification) -> None:
        match notification.content:
            case GroupHead(group=group) | StormHead(group=group) | ServiceHead(group=group):
                self._posted.append(_Posted(self.now, group.id))
            case ThreadLine(group=group):
                heads = [each for each in self._posted if each.group in {group.id, group.storm} and each.group]
                for head in heads[-1:]:
                    head.lines += 1
            case WatchEvent(change=change):
                self._posted.append(_Posted(self.now, change=change))
            case _:
                pass
