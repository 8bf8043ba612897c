"""Applies events to the cards of a destination, and returns the messages that they ask for. Pure.

An event is an entry of the outbox, or a timer. A snoozed card shows what happens as any other does; what it would have
notified of is held on the card itself, and a timer releases it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.domain.cards import Card, CardJob, On, Snooze
from bot.domain.changes import LOSSES, Change, EndReason, Kind
from bot.domain.destination_state import DestinationState
from bot.domain.notifications import BatchEnd, CardChange, NewCard, Notification
from bot.domain.outbox import (
    Body,
    ChangedEntry,
    Entry,
    NoteEntry,
    OutboxSnapshot,
    SnoozedEntry,
    SubscribedEntry,
    UnsubscribedEntry,
    Urgency,
)
from bot.domain.slack_ids import is_direct_message


@dataclass(frozen=True, slots=True)
class SnoozeTimer:
    """The time is `at`: the snooze of a card may be over."""

    card: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldTimer:
    """The next notification that is held may be posted, if its card is not snoozed."""


Event = Entry | SnoozeTimer | HeldTimer


class Applied(NamedTuple):
    """The state after an event, or after several, and the messages to post."""

    state: DestinationState
    notifications: tuple[Notification, ...] = ()


def apply(state: DestinationState, event: Event) -> Applied:
    """Apply one event. It asks for at most one message, since a step posts one; anything else is held in the state."""
    match event:
        case Entry(card=card_id, body=body):
            return _apply_entry(state, card_id, body)
        case SnoozeTimer(card=card_id, at=at):
            return _snooze_over(state, card_id, at)
        case HeldTimer():
            return _next_held(state)


def end_snooze_before(state: DestinationState, entry: Entry) -> DestinationState:
    """End the snooze of an entry's card if it was over when the event of the entry was seen."""
    return apply(state, SnoozeTimer(entry.card, entry.at)).state if entry.at else state


def release_held(state: DestinationState) -> Applied:
    """Release everything that is held and may be posted."""
    released: list[Notification] = []
    while True:
        state, notifications = apply(state, HeldTimer())
        if not notifications:
            return Applied(state, tuple(released))
        released += notifications


def apply_all(state: DestinationState, entries: Iterable[Entry]) -> Applied:
    """Apply entries; release what is held before, between and after them."""
    state, held = release_held(state)
    notifications = [*held]
    for entry in entries:
        state, held = release_held(end_snooze_before(state, entry))
        state, own = apply(state, entry)
        notifications += [*held, *own]
    state, held = release_held(state)
    return Applied(state, (*notifications, *held))


def expected(snapshot: OutboxSnapshot) -> Mapping[str, Card]:
    """Return a destination's cards as they will be once everything that waits is taken out."""
    state = DestinationState.of(snapshot)
    for entry in snapshot.entries:
        state = apply(state, entry).state
    return state.cards


def card_ids(snapshot: OutboxSnapshot) -> set[str]:
    """Return the ids of a destination's cards: those kept, readable or not, and those expected."""
    return {*snapshot.records, *expected(snapshot)}


def _apply_entry(state: DestinationState, card_id: str, body: Body) -> Applied:
    match body:
        case NoteEntry(note=note):
            return Applied(state, (Notification(note),))
        case SubscribedEntry():
            return _subscribed(state, card_id, body)
        case ChangedEntry(change=change):
            return _changed(state, card_id, change)
        case UnsubscribedEntry():
            return _unsubscribed(state, card_id, body)
        case SnoozedEntry(snooze=snooze):
            return _snoozed(state, card_id, snooze)


def _subscribed(state: DestinationState, card_id: str, body: SubscribedEntry) -> Applied:
    card = state.cards.get(card_id) or Card(id=card_id, place=state.destination, terms=body.terms)
    ref = str(body.job.ref)
    if ref in card.held and card.held[ref].kind is Kind.LOST:
        card = _without_held(card, ref)  # it is there again
    card = _tracking(card.subscribed_by(body.terms), ref)
    return Applied(state.with_card(card), () if card.ts else (Notification(NewCard(card)),))


def _changed(state: DestinationState, card_id: str, change: Change) -> Applied:
    ref = str(change.job.ref)
    card = state.cards.get(card_id)
    if card is None or ref not in card.jobs or not _concerns(card.jobs[ref], change):
        return Applied(state)
    if change.kind is Kind.FOUND:
        card = _tracking(card, ref)
    if change.fate is not None:
        card = card.having(ref, CardJob(fate=change.fate, job=change.job, at=change.at))
    notifications = _notifications(card, change)
    if card.snooze:
        card, notifications = _holding(card, change, notifications), ()
    return Applied(state.with_card(card, Urgency.END if change.fate else Urgency.STATE), notifications)


def _unsubscribed(state: DestinationState, card_id: str, body: UnsubscribedEntry) -> Applied:
    ref = str(body.job.ref)
    card = state.cards.get(card_id)
    if card is None or ref not in card.jobs:
        return Applied(state)
    was_over = card.over
    card_job = CardJob(fate=body.fate, job=body.job, by=body.by, at=body.at)
    card = _without_held(card, ref).having(ref, card_job)
    # A person who leaves the rest of a batch does not know yet how the others ended.
    notifications = _batch_end(card) if card.batch and card.over and not was_over else ()
    if card.snooze:
        card, notifications = _holding_end(card, notifications), ()
    return Applied(state.with_card(card), notifications)


def _snoozed(state: DestinationState, card_id: str, snooze: Snooze | None) -> Applied:
    card = state.cards.get(card_id)
    return Applied(state.with_card(card.model_copy(update={"snooze": snooze})) if card else state)


def _snooze_over(state: DestinationState, card_id: str, at: datetime) -> Applied:
    card = state.cards.get(card_id)
    return _snoozed(state, card_id, None) if card and card.snooze and card.snooze.over(at) else Applied(state)


def _next_held(state: DestinationState) -> Applied:
    """Release the first notification that is held and still wanted; drop those before it."""
    for card in state.cards.values():
        if card.has_held and not card.snooze:
            released, notifications = _released(card)
            state = state.with_card(released)
            if notifications:
                return Applied(state, notifications)
    return Applied(state)


def _released(card: Card) -> tuple[Card, tuple[Notification, ...]]:
    """Take the first notification that is still wanted off a card; the end of a batch covers all that it holds."""
    if card.held_final:
        card = card.model_copy(update={"held": {}, "held_final": False})
        return card, _batch_end(card, held=True)
    for ref, change in card.held.items():
        card = _without_held(card, ref)
        if _wanted(card, change):
            return card, (Notification(CardChange(card, change, held=True)),)
    return card, ()


def _concerns(card_job: CardJob, change: Change) -> bool:
    """Whether a job is followed on a card, or was until it was lost and is found again."""
    return card_job.fate is None or (change.kind is Kind.FOUND and card_job.fate in LOSSES)


def _tracking(card: Card, ref: str) -> Card:
    """Return a card that follows a job, so that its batch has not ended."""
    return card.model_copy(update={"held_final": False}).having(ref, CardJob())


def _notifications(card: Card, change: Change) -> tuple[Notification, ...]:
    """Return what a change asks for: its own notification, or that of a batch that it ends."""
    if card.batch and card.over:
        return _batch_end(card)
    return (Notification(CardChange(card, change)),) if _wanted(card, change) else ()


def _holding(card: Card, change: Change, notifications: tuple[Notification, ...]) -> Card:
    """Return a snoozed card that holds a change: of each job the last one alone."""
    ref = str(change.job.ref)
    card = _holding_end(card, notifications)
    if not _wanted(card, change):
        return card
    if (before := card.held.get(ref)) and change.kind in {Kind.MOVED, Kind.FOUND}:
        known = {"before": before.before, "before_raw": before.before_raw, "since": before.since}
        # A job that is found again is news only where its loss was notified.
        kind = Kind.FOUND if before.kind is Kind.FOUND else Kind.MOVED
        change = change.model_copy(update={**known, "kind": kind})
    if (change.before, change.before_raw) == (change.job.state, change.job.raw_state) and change.kind is Kind.MOVED:
        return _without_held(card, ref)  # it is again as it was notified last
    return card.model_copy(update={"held": {**card.held, ref: change}})


def _holding_end(card: Card, notifications: tuple[Notification, ...]) -> Card:
    """Return a snoozed card that holds the end of its batch, if that is among the notifications."""
    ends = any(isinstance(each.content, BatchEnd) for each in notifications)
    return card.model_copy(update={"held_final": card.held_final or ends})


def _without_held(card: Card, ref: str) -> Card:
    """Return a card that holds nothing about one job."""
    return card.model_copy(update={"held": {name: held for name, held in card.held.items() if name != ref}})


def _batch_end(card: Card, *, held: bool = False) -> tuple[Notification, ...]:
    """Return the final notification of a batch, if its options ask for any of the ends."""
    ends = [each for each in card.jobs.values() if each.fate and not each.fate.by_people]
    wanted = any(each.fate is not EndReason.ENDED or (each.job and card.terms.wants(each.job.state)) for each in ends)
    return (Notification(BatchEnd(card, held)),) if wanted else ()


def _wanted(card: Card, change: Change) -> bool:
    """Whether a change has a notification of its own. A lost job always has; a batch has one for its end alone.

    Of a suspended subscription its subscribers are notified by direct message.
    """
    match change.kind:
        case Kind.PROGRESSED:
            return False
        case Kind.SUSPENDED:
            return is_direct_message(card.place)
        case Kind.FOUND:
            return True
        case Kind.MOVED | Kind.LOST:
            pass
    if card.batch:
        return On.ANY in card.terms.on
    return change.kind is Kind.LOST or card.terms.wants(change.job.state)
