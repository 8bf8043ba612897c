"""Choose the next step for a destination from what waits in its outbox. Pure.

A step takes entries out of the outbox in their order and writes the resulting cards. Most steps post nothing: they only
change what a card shows. The others post one message. `bot.rules.card_reducer` decides what an entry asks for. This
module picks the entries of a step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from bot.domain.cards import Card, To
from bot.domain.decisions import Decided, Reason
from bot.domain.notifications import BatchEnd, CardChange, GroupHead, NewCard, Notification, StormHead
from bot.domain.outbox import (
    ChangedEntry,
    Entry,
    OutboxSnapshot,
    ServiceEntry,
    SubscribedEntry,
    UnsubscribedEntry,
    Write,
)
from bot.domain.slack_ids import is_direct_message
from bot.rules import group_reducer, group_timers, job_events
from bot.rules.card_reducer import (
    Applied,
    GroupTimer,
    HeldTimer,
    SnoozeTimer,
    apply,
    apply_all,
    end_snooze_before,
    release_held,
)
from bot.rules.decide import has_reply, wanted
from bot.rules.destination_state import DestinationState, NumbersNeeded, Waiting


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """Entries to take out, records to write, and the message to post first, if any.

    `members` are jobs to add to groups, each with its time in ms. `decisions` are those behind the step. A step that
    posts what a card held has no entries: the held notification is in the card.
    """

    entries: Sequence[Entry]
    writes: Sequence[Write] = ()
    notification: Notification | None = None
    members: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict[str, tuple[tuple[str, int], ...]])
    decisions: tuple[Decided, ...] = ()

    @property
    def kept_decisions(self) -> tuple[Decided, ...]:
        """The decisions to keep."""
        return tuple(each for each in self.decisions if each.decision.kept)

    @property
    def by_slot(self) -> dict[str, tuple[str, ...]]:
        """The ids of the entries, by their slot."""
        slots: dict[str, tuple[str, ...]] = {}
        for entry in self.entries:
            slots[entry.slot] = (*slots.get(entry.slot, ()), entry.id)
        return slots


@dataclass(frozen=True, slots=True)
class NeedsNumbers:
    """Deciding on a step needs this many numbers of new groups."""

    count: int


def next_step(
    snapshot: OutboxSnapshot, now: datetime, numbers: Sequence[int] = ()
) -> DeliveryStep | NeedsNumbers | None:
    """Return the first step for a destination, None when nothing waits. `numbers` are for new groups."""
    try:
        return _next_step(snapshot, now, numbers)
    except NumbersNeeded:
        return NeedsNumbers(max(1, 2 * len(numbers)))  # unused numbers are skipped


def _next_step(snapshot: OutboxSnapshot, now: datetime, numbers: Sequence[int]) -> DeliveryStep | None:
    state = _with_waiting(snapshot, _with_snoozes_ended(snapshot, DestinationState.of(snapshot, now, numbers)))
    for applied in _timers(state, snapshot):
        if applied.notifications:
            return _posting_step(snapshot, 0, applied)
        state = applied.state
    entries, state = _without_posts(state, snapshot.entries)
    if snapshot.entries and not entries:
        return _posting(snapshot, state)
    return _step(snapshot, entries, Applied(state)) if entries or state.changed else None


def _with_waiting(snapshot: OutboxSnapshot, state: DestinationState) -> DestinationState:
    """Return the state after all waiting entries and all held notifications that may be posted."""
    waiting = [(entry.card, entry.body.change) for entry in snapshot.entries if isinstance(entry.body, ChangedEntry)]
    held = [(card.id, each) for card in state.cards.values() if not card.snooze for each in card.held.values()]
    known = [(state.cards[card_id], change) for card_id, change in (*held, *waiting) if card_id in state.cards]
    replies = sum(any(has_reply(card, event) for event in change.events) for card, change in known)
    missed = [(state.cards.get(card_id), change) for card_id, change in waiting if job_events.noticed_late(change)]
    late = sum(wanted(change, card, state) for card, change in missed)
    return replace(state, waiting=Waiting(replies, late))


def _step(snapshot: OutboxSnapshot, entries: Sequence[Entry], applied: Applied) -> DeliveryStep:
    """Return the step that records a state, with at most one notification."""
    state, [notification] = applied.state, applied.notifications or (None,)
    return DeliveryStep(entries, state.writes(snapshot.records), notification, state.members, state.decisions)


def _with_snoozes_ended(snapshot: OutboxSnapshot, state: DestinationState) -> DestinationState:
    """End the snoozes of cards that are over. Where entries wait for a card, their times decide."""
    waiting = {entry.card for entry in snapshot.entries}
    for card_id in snapshot.cards:
        if card_id not in waiting:
            state = apply(state, SnoozeTimer(card_id, state.now)).state
    return state


def _timers(state: DestinationState, snapshot: OutboxSnapshot) -> Iterator[Applied]:
    """Yield the state after each timer that is due, and what the timer asks for."""
    applied = apply(state, HeldTimer())
    yield applied
    restored = [(state.now, group.id) for group in snapshot.groups.values() if group_timers.restored(state, group)]
    for at, group_id in sorted([*group_timers.timers(snapshot.groups.values()), *restored]):
        # The waiting entries may reach the threshold, so they count first.
        counting = bool(snapshot.entries) and snapshot.groups[group_id].counting
        if at <= state.now and not counting:
            applied = apply(applied.state, GroupTimer(group_id))
            yield applied


def _without_posts(state: DestinationState, entries: Sequence[Entry]) -> tuple[Sequence[Entry], DestinationState]:
    """Apply the entries before the first message. Return these entries, and the state.

    The entry that the message is posted for may be the last of them.
    """
    for index, entry in enumerate(entries):
        held = _held_before(state, entry)
        applied = apply(held.state, entry)
        if held.notifications or applied.notifications:
            return entries[:index], state
        state = applied.state
    return entries, state


def _held_before(state: DestinationState, entry: Entry) -> Applied:
    """Release the next held notification that belongs before an entry."""
    return apply(end_snooze_before(state, entry), HeldTimer())


def _posting(snapshot: OutboxSnapshot, state: DestinationState) -> DeliveryStep:
    """Return the step that posts for the first entry, or a notification held before it."""
    first = snapshot.entries[0]
    held = _held_before(state, first)
    if held.notifications:
        return _posting_step(snapshot, 0, held)
    applied = apply(held.state, first)
    if any(each.new_card for each in applied.notifications):
        return _new_card(snapshot, applied.state, first.card)
    return _batch_end(snapshot, held.state, first.card) or _posting_step(snapshot, 1, applied)


def _batch_end(snapshot: OutboxSnapshot, state: DestinationState, card_id: str) -> DeliveryStep | None:
    """Return the step that posts only the result of a batch.

    None unless all that waits for its card leads there.
    """
    if card_id not in state.cards or not state.cards[card_id].batch:
        return None
    state = replace(state, waiting=state.waiting._replace(ends=True))
    entries = [entry for entry in snapshot.entries if entry.card == card_id]
    for taken, entry in enumerate(entries, start=1):
        applied = apply(state, entry)
        match applied.notifications:
            case []:
                state = applied.state
            case [Notification(content=BatchEnd())]:
                return _step(snapshot, entries[:taken], applied)
            case _:
                return None
    return None


def _posting_step(snapshot: OutboxSnapshot, taken: int, applied: Applied) -> DeliveryStep:
    """Return the step that posts a message, with this many entries.

    A message that others fold into starts with all of them.
    """
    entries, waiting = snapshot.entries[:taken], snapshot.entries[taken:]
    match applied.notifications:
        case [Notification(content=StormHead(group=storm))]:
            more, state = _into_message(waiting, applied.state, storm.id)
            return _step(snapshot, [*entries, *more], group_reducer.posted_storm(state, state.groups[storm.id]))
        case [Notification(content=GroupHead() as head)]:
            more, state = _into_message(waiting, applied.state)
            return _step(snapshot, [*entries, *more], _posted_head(state, head))
        case _:
            return _step(snapshot, entries, applied)


def _posted_head(state: DestinationState, head: GroupHead) -> Applied:
    """Post the head of a group in its present state."""
    group = group_reducer.with_all_mentioned(state.groups[head.group.id])
    card = state.cards.get(head.card.id, head.card) if head.card else None
    state = state.with_group(group).without_edit(group.id)
    return Applied(state, (Notification(replace(head, group=group, card=card)),))


def _into_message(
    entries: Sequence[Entry], state: DestinationState, storm: str = ""
) -> tuple[Sequence[Entry], DestinationState]:
    """Apply the entries that need no message, before one is posted. Return them, and the state.

    The message is a storm message, if there is one, else the head of a group. Entries that need another message wait,
    and so do all later ones about the same card or job.
    """
    taken, left = list[Entry](), set[str]()
    state = _released_into(state, storm)
    for entry in entries:
        about = _about(entry)
        joined = None if about in left else _joined(state, entry, storm)
        if joined is None:
            left.add(about)
        else:
            taken.append(entry)
            state = joined
    return taken, state


def _joined(state: DestinationState, entry: Entry, storm: str) -> DestinationState | None:
    """Return the state after an entry that needs no separate message, else None."""
    released = _released_into(end_snooze_before(state, entry), storm)
    card = released.cards.get(entry.card)
    if card is not None and card.has_held and not card.snooze:
        return None
    try:
        applied = apply(released, entry)
    except NumbersNeeded:
        if storm:
            raise
        return None  # it opens another group
    return applied.state if _joins(applied, storm) else None


def _about(entry: Entry) -> str:
    """Return the card, job or service whose entries keep their order."""
    match entry.body:
        case ChangedEntry(change=change) if not entry.card:
            return str(change.job.ref)
        case ServiceEntry(event=event):
            return f"{event.account}/{event.service}"
        case _:
            return entry.card


def _released_into(state: DestinationState, storm: str) -> DestinationState:
    """Release held notifications, up to the first that needs a separate message."""
    while _joins(applied := apply(state, HeldTimer()), storm):
        state = applied.state
        if not applied.notifications:
            break
    return state


def _joins(applied: Applied, storm: str) -> bool:
    """Return whether an applied entry needs no message but this storm message."""
    contents = [each.content for each in applied.notifications]
    return all(isinstance(each, StormHead) and each.group.id == storm for each in contents)


def _new_card(snapshot: OutboxSnapshot, state: DestinationState, card_id: str) -> DeliveryStep:
    """Return the step that posts a new card with all jobs of its command.

    Its first entry is already applied.
    """
    mine = [entry for entry in snapshot.entries if entry.card == card_id]
    entries = list(takewhile(lambda entry: isinstance(entry.body, SubscribedEntry), mine))
    for entry in entries[1:]:
        state = apply(state, entry).state
    applied = Applied(state, (Notification(NewCard(state.cards[card_id])),))
    if whole := _with_news(state, card_id, mine[len(entries) :]):
        entries, applied = mine, whole
    return _step(snapshot, entries, applied._replace(state=applied.state.without_edit(card_id)))


def _with_news(state: DestinationState, card_id: str, news: Sequence[Entry]) -> Applied | None:
    """Apply the news of a new card, and return the one message that covers them.

    None where they need a separate message: more than one notification, or one that belongs in the thread.
    """
    if any(isinstance(entry.body, SubscribedEntry) for entry in news):
        return None
    state, notifications = apply_all(state, news)
    state, held = release_held(apply(state, SnoozeTimer(card_id, state.now)).state)
    card = state.cards[card_id]
    needs_head = not card.over and any(each.decision.reason is Reason.BATCH_FAILED for each in state.decisions)
    match [each.content for each in (*notifications, *held)]:
        case _ if needs_head:
            return None
        case []:
            return Applied(state, (Notification(NewCard(card)),))
        case [CardChange() | BatchEnd() as only] if _is_end(only, card) and _notifies_in_place(card):
            return Applied(state, (Notification(replace(only, card=card)),))
        case _:
            return None


def _is_end(content: CardChange | BatchEnd, card: Card) -> bool:
    """Return whether a notification says that a card no longer follows any job."""
    return card.over and (isinstance(content, BatchEnd) or content.change.fate is not None)


def _notifies_in_place(card: Card) -> bool:
    """Return whether a card's own message is its notification. `to:thread` keeps notifications out of the channel."""
    return card.terms.to is not To.THREAD or is_direct_message(card.place)


def due(snapshot: OutboxSnapshot, now: datetime) -> bool:
    """Return whether a timer is due: a snooze is over, or a held notification may be posted."""
    timer = next_timer(snapshot)
    held = any(card.snooze.over(now) if card.snooze else card.has_held for card in snapshot.cards.values())
    return held or (timer is not None and timer <= now)


def next_timer(snapshot: OutboxSnapshot) -> datetime | None:
    """Return the time of the next group timer. None if there is none."""
    return min((at for at, _ in group_timers.timers(snapshot.groups.values())), default=None)


def withheld(snapshot: OutboxSnapshot, hides: Callable[[str], bool]) -> OutboxSnapshot:
    """Return a snapshot without entries about accounts that the destination may no longer see."""
    return replace(snapshot, entries=[_withheld(entry, hides) for entry in snapshot.entries])


def _withheld(entry: Entry, hides: Callable[[str], bool]) -> Entry:
    match entry.body:
        case ChangedEntry(change=change) if hides(change.job.account):
            before = {"state": change.before, "raw_state": change.before_raw, "error": None, "progress": None}
            job = change.job.model_copy(update=before)
            return entry._replace(body=UnsubscribedEntry(job=job, by="", at=change.at))
        case SubscribedEntry(job=job, terms=terms) if hides(job.account):
            return entry._replace(body=UnsubscribedEntry(job=job, by="", at=terms.at))
        case _:
            return entry


def noticed_late(entry: Entry) -> datetime | None:
    """Return when a late change was noticed, None for any other entry.

    A change is late if it could have been noticed long before.
    """
    change = entry.body.change if isinstance(entry.body, ChangedEntry) else None
    return change.at if change and job_events.noticed_late(change) else None
