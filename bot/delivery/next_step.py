"""What to do next for a destination: from what waits in its outbox to one step. Pure.

A step takes entries out of the outbox in their order and writes the cards as they are after them. Most steps post
nothing: they only change what a card shows. The others post one message. What an entry asks for is decided by
`bot.rules.card_reducer`; this module picks the entries of a step.
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

    `members` are jobs to add to groups, each with its time in ms, `decisions` those that the step was taken by.
    A step that posts what a card held has no entries: the card itself remembers it.
    """

    entries: Sequence[Entry]
    writes: Sequence[Write] = ()
    notification: Notification | None = None
    members: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict[str, tuple[tuple[str, int], ...]])
    decisions: tuple[Decided, ...] = ()

    @property
    def kept_decisions(self) -> tuple[Decided, ...]:
        """The decisions that are kept."""
        return tuple(each for each in self.decisions if each.decision.kept)

    @property
    def by_slot(self) -> dict[str, tuple[str, ...]]:
        """The ids of the entries, by the slot they stand in."""
        slots: dict[str, tuple[str, ...]] = {}
        for entry in self.entries:
            slots[entry.slot] = (*slots.get(entry.slot, ()), entry.id)
        return slots


@dataclass(frozen=True, slots=True)
class NeedsNumbers:
    """So many numbers of new groups are needed to decide on a step."""

    count: int


def next_step(
    snapshot: OutboxSnapshot, now: datetime, numbers: Sequence[int] = ()
) -> DeliveryStep | NeedsNumbers | None:
    """Return what to do first for a destination, None when nothing waits; `numbers` are for new groups."""
    try:
        return _next_step(snapshot, now, numbers)
    except NumbersNeeded:
        return NeedsNumbers(max(1, 2 * len(numbers)))  # those that it does not use are skipped


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
    """Return the state with what waits in the outbox, and what cards held and may be posted."""
    waiting = [(entry.card, entry.body.change) for entry in snapshot.entries if isinstance(entry.body, ChangedEntry)]
    held = [(card.id, each) for card in state.cards.values() if not card.snooze for each in card.held.values()]
    known = [(state.cards[card_id], change) for card_id, change in (*held, *waiting) if card_id in state.cards]
    replies = sum(any(has_reply(card, event) for event in change.events) for card, change in known)
    missed = [(state.cards.get(card_id), change) for card_id, change in waiting if job_events.noticed_late(change)]
    late = sum(wanted(change, card, state) for card, change in missed)
    return replace(state, waiting=Waiting(replies, late))


def _step(snapshot: OutboxSnapshot, entries: Sequence[Entry], applied: Applied) -> DeliveryStep:
    """Return the step that records a state; of notifications there is one at most."""
    state, [notification] = applied.state, applied.notifications or (None,)
    return DeliveryStep(entries, state.writes(snapshot.records), notification, state.members, state.decisions)


def _with_snoozes_ended(snapshot: OutboxSnapshot, state: DestinationState) -> DestinationState:
    """End the snoozes of cards that are over. Where entries wait for a card, the times of these decide."""
    waiting = {entry.card for entry in snapshot.entries}
    for card_id in snapshot.cards:
        if card_id not in waiting:
            state = apply(state, SnoozeTimer(card_id, state.now)).state
    return state


def _timers(state: DestinationState, snapshot: OutboxSnapshot) -> Iterator[Applied]:
    """Yield the state after each thing that is due without an entry, and what it asks for."""
    applied = apply(state, HeldTimer())
    yield applied
    restored = [(state.now, group.id) for group in snapshot.groups.values() if group_timers.restored(state, group)]
    for at, group_id in sorted([*group_timers.timers(snapshot.groups.values()), *restored]):
        # What waits may reach the threshold: it is counted first.
        counting = bool(snapshot.entries) and snapshot.groups[group_id].counting
        if at <= state.now and not counting:
            applied = apply(applied.state, GroupTimer(group_id))
            yield applied


def _without_posts(state: DestinationState, entries: Sequence[Entry]) -> tuple[Sequence[Entry], DestinationState]:
    """Apply entries up to the first that a message is posted for, or before; return these entries, and the state."""
    for index, entry in enumerate(entries):
        held = _held_before(state, entry)
        applied = apply(held.state, entry)
        if held.notifications or applied.notifications:
            return entries[:index], state
        state = applied.state
    return entries, state


def _held_before(state: DestinationState, entry: Entry) -> Applied:
    """Release the next notification that is held and belongs before an entry."""
    return apply(end_snooze_before(state, entry), HeldTimer())


def _posting(snapshot: OutboxSnapshot, state: DestinationState) -> DeliveryStep:
    """Return the step that posts what the first entry asks for, or what a card holds before it."""
    first = snapshot.entries[0]
    held = _held_before(state, first)
    if held.notifications:
        return _posting_step(snapshot, 0, held)
    applied = apply(held.state, first)
    if any(each.new_card for each in applied.notifications):
        return _new_card(snapshot, applied.state, first.card)
    return _batch_end(snapshot, held.state, first.card) or _posting_step(snapshot, 1, applied)


def _batch_end(snapshot: OutboxSnapshot, state: DestinationState, card_id: str) -> DeliveryStep | None:
    """Return the step that posts the end of a batch alone, where all that waits for its card leads there."""
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
    """Return the step that posts a message, with so many entries; one that others fold into begins with all of them."""
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
    """Post the head of a group as it is now."""
    group = group_reducer.with_all_mentioned(state.groups[head.group.id])
    card = state.cards.get(head.card.id, head.card) if head.card else None
    state = state.with_group(group).without_edit(group.id)
    return Applied(state, (Notification(replace(head, group=group, card=card)),))


def _into_message(
    entries: Sequence[Entry], state: DestinationState, storm: str = ""
) -> tuple[Sequence[Entry], DestinationState]:
    """Apply the entries that need no message of their own, before a message is posted; return them, and the state.

    The message is a storm message, if there is one, else the head of a group. Entries that need another message wait,
    and all that comes after them about the same card or job.
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
    """Return the state after an entry that needs no message of its own; None for one that does."""
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
    """Release what is held, up to the first that needs a message of its own."""
    while _joins(applied := apply(state, HeldTimer()), storm):
        state = applied.state
        if not applied.notifications:
            break
    return state


def _joins(applied: Applied, storm: str) -> bool:
    """Whether what was applied needs no message but this storm message."""
    contents = [each.content for each in applied.notifications]
    return all(isinstance(each, StormHead) and each.group.id == storm for each in contents)


def _new_card(snapshot: OutboxSnapshot, state: DestinationState, card_id: str) -> DeliveryStep:
    """Return the step that posts a card, whose first entry is applied, with all the jobs of its command at once."""
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

    None where they need a message of their own: more than one notification, or one that belongs in the thread.
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
    """Whether a notification says that a card follows no job any longer."""
    return card.over and (isinstance(content, BatchEnd) or content.change.fate is not None)


def _notifies_in_place(card: Card) -> bool:
    """Whether a card's message is where its options want notifications; `to:thread` keeps them out of the channel."""
    return card.terms.to is not To.THREAD or is_direct_message(card.place)


def due(snapshot: OutboxSnapshot, now: datetime) -> bool:
    """Whether something is to be done without an entry: a snooze is over, or what is held may be posted."""
    timer = next_timer(snapshot)
    held = any(card.snooze.over(now) if card.snooze else card.has_held for card in snapshot.cards.values())
    return held or (timer is not None and timer <= now)


def next_timer(snapshot: OutboxSnapshot) -> datetime | None:
    """Return when something is due for a group without an entry; None for nothing."""
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
    """Return when a change was noticed that could have been noticed long before; None for any other entry."""
    change = entry.body.change if isinstance(entry.body, ChangedEntry) else None
    return change.at if change and job_events.noticed_late(change) else None
