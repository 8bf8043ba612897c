"""Applies events to a destination's cards and groups, and returns the messages to post. Pure.

An event is an entry of the outbox, or a timer. `bot.rules.decide` decides about events of jobs and services; this
module carries out its decisions. A snoozed card shows events like any other card. Its notifications are held on the
card, and a timer releases them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.cards import Card, CardJob, On, Snooze
from bot.domain.changes import Change, Kind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.notifications import BatchEnd, CardChange, GroupHead, NewCard, Notification
from bot.domain.outbox import (
    Body,
    ChangedEntry,
    Entry,
    NoteEntry,
    OutboxSnapshot,
    ServiceEntry,
    SnoozedEntry,
    SubscribedEntry,
    UnsubscribedEntry,
    Urgency,
)
from bot.domain.service_events import ServiceEvent
from bot.domain.slack_ids import is_direct_message
from bot.rules import group_reducer, group_timers, held_changes, held_groups, service_reducer
from bot.rules.decide import decide, in_thread_alone
from bot.rules.destination_state import DestinationState
from bot.rules.group_reducer import Applied
from bot.rules.job_events import FAILURES, JobEvent, concerns, events_of


@dataclass(frozen=True, slots=True)
class SnoozeTimer:
    """A time at which the snooze of a card may be over."""

    card: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldTimer:
    """Releases the next held notification whose card is not snoozed."""


@dataclass(frozen=True, slots=True)
class GroupTimer:
    """Runs what is due for a group: a thread line, the release of what it holds, or its close."""

    group: str


Event = Entry | SnoozeTimer | HeldTimer | GroupTimer


def apply(state: DestinationState, event: Event) -> Applied:
    """Apply one event and return at most one message, since a step posts one. Further messages are held in the state.

    Raises NumbersNeeded if a new group has no number.
    """
    match event:
        case Entry(card=card_id, body=body):
            return _apply_entry(state, card_id, body)
        case SnoozeTimer(card=card_id, at=at):
            return _snooze_over(state, card_id, at)
        case HeldTimer():
            return _next_held(state)
        case GroupTimer(group=group_id):
            return group_timers.apply(state, group_id)


def end_snooze_before(state: DestinationState, entry: Entry) -> DestinationState:
    """End the snooze of an entry's card if it was over by the entry's time."""
    return apply(state, SnoozeTimer(entry.card, entry.at)).state if entry.at else state


def release_held(state: DestinationState) -> Applied:
    """Release all held notifications that may be posted."""
    released: list[Notification] = []
    while True:
        state, notifications = apply(state, HeldTimer())
        if not notifications:
            return Applied(state, tuple(released))
        released += notifications


def apply_all(state: DestinationState, entries: Iterable[Entry]) -> Applied:
    """Apply entries. Releases held notifications before, between and after them."""
    state, held = release_held(state)
    notifications = [*held]
    for entry in entries:
        state, held = release_held(end_snooze_before(state, entry))
        state, own = apply(state, entry)
        notifications += [*held, *own]
    state, held = release_held(state)
    return Applied(state, (*notifications, *held))


def expected(snapshot: OutboxSnapshot) -> Mapping[str, Card]:
    """Return a destination's cards in the state after all waiting entries."""
    now = max((entry.at for entry in snapshot.entries if entry.at), default=datetime.min.replace(tzinfo=UTC))
    state = DestinationState.of(snapshot, now, range(len(snapshot.entries) * 2))
    for entry in snapshot.entries:
        state = apply(state, entry).state
    return state.cards


def card_ids(snapshot: OutboxSnapshot) -> set[str]:
    """Return the ids of a destination's cards: those stored, readable or not, and those expected."""
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
        case ServiceEntry(event=event):
            return _service(state, event)


def _subscribed(state: DestinationState, card_id: str, body: SubscribedEntry) -> Applied:
    card = state.cards.get(card_id) or Card(id=card_id, place=state.destination, terms=body.terms)
    ref = str(body.job.ref)
    if ref in card.held and card.held[ref].kind is Kind.LOST:
        state, card = held_changes.drop(state, card, ref, Reason.AS_BEFORE)  # the loss is no longer news
    card = _tracking(card.subscribed_by(body.terms), ref)
    return Applied(state.with_card(card), () if card.ts else (Notification(NewCard(card)),))


def _service(state: DestinationState, event: ServiceEvent) -> Applied:
    decision = decide(event, state.destination, state.rules, state, state.now)
    state = state.decided(f"{event.account}/{event.service}", group_reducer.with_link(state, decision, None))
    return service_reducer.apply(state, event, decision)


def _changed(state: DestinationState, card_id: str, change: Change) -> Applied:
    card = state.cards.get(card_id)
    card_job = card.jobs.get(str(change.job.ref)) if card else None
    followed = card is not None and card_job is not None and concerns(card_job, change)
    if card and followed:
        card = _after(card, change)
        state = state.with_card(card, Urgency.END if change.fate else Urgency.STATE)
    if events := _new_events(state, change, card if followed else None):
        applied = _decided(state, events, card if followed else None)
        over = applied.state.cards.get(card_id)
        closes = over is not None and over.batch and over.over and not over.held_final
        # If no rule wants the last end of a batch, no final post closes its head.
        return applied._replace(state=group_reducer.close_batch(applied.state, over)) if over and closes else applied
    if change.events:
        return Applied(state)
    return _of_subscription_itself(state, card, change) if card and followed else Applied(state)


def _new_events(state: DestinationState, change: Change, card: Card | None) -> list[JobEvent]:
    """Return the events of a change to decide on. A job of two services is decided once, with its card.

    A batch has its own head and final post, so each of its jobs counts there.
    """
    events = list(events_of(change, followed=card is not None))
    if not change.mirrored or (card and card.batch):
        return events
    if card is None and state.followed_as_other(change):
        return []
    return [event for event in events if not state.knows(event.id)]


def _after(card: Card, change: Change) -> Card:
    """Return a card after a change of one of its jobs."""
    ref = str(change.job.ref)
    if change.kind is Kind.FOUND:
        card = _tracking(card, ref)
    if change.fate is not None:
        card = card.having(ref, CardJob(fate=change.fate, job=change.job, at=change.at))
    return card


def _of_subscription_itself(state: DestinationState, card: Card, change: Change) -> Applied:
    """Apply a change that is no event of the job: its subscription was suspended or resumed."""
    if not _wanted(card, change):
        return Applied(state)
    if card.snooze:
        return Applied(held_changes.hold(state, card, change))
    return Applied(state, (Notification(CardChange(card, change)),))


def _decided(state: DestinationState, events: Sequence[JobEvent], card: Card | None, *, held: bool = False) -> Applied:
    """Decide on the events of one change, and carry out one decision. The other events fold into it.

    If the last event is held and another one is not, the last one waits separately. `held` is set if the events were
    held until now.
    """
    found = [decide(event, state.destination, state.rules, state, state.now) for event in events]
    found = [decision.model_copy(update={"held": True}) for decision in found] if held else found
    main = _main(found)
    waits = found[-1].outcome is Outcome.HOLD and found[main].outcome is not Outcome.HOLD
    for index, decision in enumerate(found):
        if index != main and decision.outcome is not Outcome.DROP and not (waits and decision is found[-1]):
            along = {"outcome": Outcome.FOLD, "reason": Reason.TOGETHER, "until": None}
            found[index] = decision.model_copy(update={**along, "parameters": {"event": found[main].event}})
        linked = group_reducer.with_link(state, found[index], card)
        state = state.decided(str(events[index].change.ref), linked)
    if waits:
        state = _carry_out(state, events[-1], found[-1], card).state
        card = state.cards[card.id] if card else None
    applied = _carry_out(state, events[main], found[main], card)
    if _counts_beside(events[-1], found[-1], card):
        applied = applied._replace(state=held_groups.count_beside(applied.state, events[-1], found[-1]))
    opens = found[main].reason in {Reason.FIRST, Reason.REACHED}
    return applied._replace(state=_with_group_named(applied.state, events[main])) if opens else applied


def _counts_beside(event: JobEvent, decision: Decision, card: Card | None) -> bool:
    """Return whether a failure is notified only in its card's thread, or held there. Watches may count it."""
    alone = decision.rule == SUBSCRIPTION and decision.reason in {Reason.WANTED, Reason.SNOOZED}
    return event.happened in FAILURES and alone and card is not None and not card.batch


def _main(decisions: Sequence[Decision]) -> int:
    """Return the index of the event that the message is about: the last if it has a message, else the loudest."""
    if decisions[-1].outcome in {Outcome.POST, Outcome.FOLD}:
        return len(decisions) - 1
    return max(range(len(decisions)), key=lambda index: (decisions[index].outcome.loudness, index))


def _with_group_named(state: DestinationState, event: JobEvent) -> DestinationState:
    """Return the state with the new group's number in the decision that opened the group."""
    group = state.group_of(event.fingerprint)
    if group is None:
        return state
    named = [
        each._replace(decision=_with_group_id(each.decision, group.id)) if each.decision.event == event.id else each
        for each in state.decisions
    ]
    return replace(state, decisions=tuple(named))


def _with_group_id(decision: Decision, group: str) -> Decision:
    return decision.model_copy(update={"parameters": {**decision.parameters, "group": group}})


def _carry_out(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    match decision.outcome:
        case Outcome.DROP:
            return Applied(state)
        case Outcome.HOLD if card and (card.batch or decision.rule == SUBSCRIPTION):
            return Applied(_held_on_card(state, card, event, decision))
        case Outcome.HOLD:
            return held_groups.hold(state, event, decision, card)
        case Outcome.FOLD:
            return group_reducer.fold(state, event, decision, card)
        case Outcome.POST:
            return _posted(state, event, decision, card)


def _posted(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Post a message about an event: in the thread of its job's card, or else in the channel."""
    card = card or (state.card_of(event.job.ref) if decision.reason in _OF_BATCHES else None)
    if card is None:
        return group_reducer.post(state, event, decision, None)
    if decision.reason is Reason.BATCH_FINISHED:
        state = group_reducer.into_batch(state, event, decision, card)
        return Applied(group_reducer.close_batch(state, card), _batch_end(state, card))
    if decision.reason is Reason.BATCH_FAILED:
        return group_reducer.post_batch_head(state, event, decision, card) if card.ts else Applied(state)
    in_thread = decision.rule == SUBSCRIPTION and in_thread_alone(card)
    if event.happened in FAILURES and card.ts and not in_thread:
        return group_reducer.post(state, event, decision, card)
    return Applied(state, (Notification(CardChange(card, event.change)),))


_OF_BATCHES = frozenset({Reason.BATCH_FAILED, Reason.BATCH_FINISHED})


def _held_on_card(state: DestinationState, card: Card, event: JobEvent, decision: Decision) -> DestinationState:
    """Hold an event of a tracked job on its snoozed card."""
    if decision.reason is not Reason.SNOOZED:
        return state
    if card.batch and card.over:
        card = card.model_copy(update={"held_final": True})
    return held_changes.hold(state, card, held_changes.alone(event))


def _unsubscribed(state: DestinationState, card_id: str, body: UnsubscribedEntry) -> Applied:
    ref = str(body.job.ref)
    card = state.cards.get(card_id)
    if card is None or ref not in card.jobs:
        return Applied(state)
    was_over = card.over
    card_job = CardJob(fate=body.fate, job=body.job, by=body.by, at=body.at)
    state, card = held_changes.drop(state, card, ref, Reason.UNSUBSCRIBED)
    card = card.having(ref, card_job)
    # A person who unsubscribes from the rest of a batch has not seen the final post about the other jobs.
    notifications = _batch_end(state, card) if card.batch and card.over and not was_over else ()
    if card.snooze and notifications:
        card, notifications = card.model_copy(update={"held_final": True}), ()
    state = state.with_card(card)
    return Applied(group_reducer.close_batch(state, card) if card.over else state, notifications)


def _snoozed(state: DestinationState, card_id: str, snooze: Snooze | None) -> Applied:
    if group := state.groups.get(card_id):
        return Applied(state.with_group(group.model_copy(update={"snooze": snooze}), Urgency.STATE))
    card = state.cards.get(card_id)
    return Applied(state.with_card(card.model_copy(update={"snooze": snooze})) if card else state)


def _snooze_over(state: DestinationState, card_id: str, at: datetime) -> Applied:
    card = state.cards.get(card_id)
    return _snoozed(state, card_id, None) if card and card.snooze and card.snooze.over(at) else Applied(state)


def _next_held(state: DestinationState) -> Applied:
    """Release the first held notification that is still wanted. Drops those before it."""
    for card_id in state.cards:
        while (card := state.cards[card_id]).has_held and not card.snooze:
            state, notifications = _released(state, card)
            if notifications:
                return Applied(state, notifications)
    return Applied(state)


def _released(state: DestinationState, card: Card) -> Applied:
    """Remove the first held change from a card and decide on it. A finished batch covers all its held changes."""
    if card.held_final:
        return _final_released(state, card)
    ref, change = next(iter(card.held.items()))
    card = held_changes.without_held(card, ref)
    state = state.with_card(card)
    events = list(events_of(change, followed=True))
    decided = _decided(state, events, card, held=True) if events else None
    state, notifications = decided or _of_subscription_itself(state, card, change)
    return Applied(state, tuple(_held_until_now(each) for each in notifications))


def _held_until_now(notification: Notification) -> Notification:
    """Return a notification marked as held until a snooze was over."""
    content = notification.content
    waited = isinstance(content, CardChange | GroupHead)
    return Notification(replace(content, held=True)) if waited else notification


def _final_released(state: DestinationState, card: Card) -> Applied:
    """Post the held final notification of a batch."""
    notifications = _batch_end(state, card, held=True)
    final = (Outcome.FOLD, Reason.BATCH) if notifications else (Outcome.DROP, Reason.NOT_WANTED)
    for change in card.held.values():
        state = _into_batch(held_changes.decide_finally(state, change, *final), change, card)
    card = card.model_copy(update={"held": {}, "held_final": False})
    return Applied(group_reducer.close_batch(state.with_card(card), card), notifications)


def _into_batch(state: DestinationState, change: Change, card: Card) -> DestinationState:
    """Return the state with a held failure added to the head of its batch."""
    for event in events_of(change, followed=True):
        decision = Decision(event=event.id, at=state.now, outcome=Outcome.FOLD, reason=Reason.BATCH, rule=SUBSCRIPTION)
        state = group_reducer.into_batch(state, event, decision, card)
    return state


def _tracking(card: Card, ref: str) -> Card:
    """Return a card that tracks a job. Its batch has not ended."""
    return card.model_copy(update={"held_final": False}).having(ref, CardJob())


def _batch_end(state: DestinationState, card: Card, *, held: bool = False) -> tuple[Notification, ...]:
    """Return the final notification of a batch, if a rule wants any of its ends."""
    return (Notification(BatchEnd(card, held)),) if state.batch_end_wanted(card) else ()


def _wanted(card: Card, change: Change) -> bool:
    """Return whether a change has its own notification. A lost job always has; in a batch a failure has.

    Subscribers learn of a suspended subscription by direct message.
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
    if card.batch and On.ANY not in card.terms.on:
        return change.happened in FAILURES and any(card.terms.wants_event(event) for event in change.events)
    return any(card.terms.wants_event(event) for event in change.events)
