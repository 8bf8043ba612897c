"""The changes that a snoozed card holds: the last one of each job, until the snooze is over. Pure."""

from bot.domain.cards import Card
from bot.domain.changes import Change, EventKind, Kind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.rules.destination_state import DestinationState
from bot.rules.job_events import JobEvent


def alone(event: JobEvent) -> Change:
    """Return an event as a separate change. The other events of the sweep are already decided."""
    change = event.shown.model_copy(update={"passed": ()})
    if change.happened is event.happened:
        return change
    job = change.job.model_copy(update={"state": change.before, "raw_state": change.before_raw})
    return change.model_copy(update={"job": job, "fate": None})


def hold(state: DestinationState, card: Card, change: Change) -> DestinationState:
    """Return the state with a change held by a snoozed card: the last of each job, with the events before it."""
    ref = str(change.job.ref)
    before = card.held.get(ref)
    if before and before.kind is Kind.LOST and change.kind is Kind.FOUND:
        return _found_again(state, card, before, change)
    if before:
        known = {"before": before.before, "before_raw": before.before_raw, "since": before.since}
        change = change.model_copy(update={"kind": _held_kind(before, change), "passed": before.events, **known})
    if (change.before, change.before_raw) == (change.job.state, change.job.raw_state) and change.kind is Kind.MOVED:
        state = decide_finally(state, change, Outcome.DROP, Reason.AS_BEFORE)
        return state.with_card(without_held(card, ref))  # the job is as it was last notified
    return state.with_card(card.model_copy(update={"held": {**card.held, ref: change}}))


def _found_again(state: DestinationState, card: Card, lost: Change, change: Change) -> DestinationState:
    """Return the state with a job that was lost and found again during a snooze. Neither event is news."""
    ref = str(change.job.ref)
    state = decide_finally(state, lost, Outcome.DROP, Reason.AS_BEFORE)
    if change.happened is EventKind.REOPENED:
        state = decide_finally(state, change, Outcome.DROP, Reason.AS_BEFORE)
    moved = change.model_copy(update={"kind": Kind.MOVED, "reopened": False})
    card = without_held(card, ref)
    return state.with_card(card.model_copy(update={"held": {**card.held, ref: moved}}) if moved.events else card)


def _held_kind(before: Change, change: Change) -> Kind:
    """Return the kind of a held change that replaces the one before it.

    A job that is found again is news only if its loss was notified.
    """
    if change.kind not in {Kind.MOVED, Kind.FOUND}:
        return change.kind
    return Kind.FOUND if before.kind is Kind.FOUND else Kind.MOVED


def drop(state: DestinationState, card: Card, ref: str, reason: Reason) -> tuple[DestinationState, Card]:
    """Return a card that holds nothing about one job. Takes the final decision about what it held."""
    if held := card.held.get(ref):
        state = decide_finally(state, held, Outcome.DROP, reason)
    return state, without_held(card, ref)


def decide_finally(state: DestinationState, change: Change, outcome: Outcome, reason: Reason) -> DestinationState:
    """Take the final decision about events that were held on a card."""
    for event in change.events:
        decision = Decision(
            event=change.event_id(event), at=state.now, outcome=outcome, reason=reason, rule=SUBSCRIPTION, held=True
        )
        state = state.decided(str(change.ref), decision)
    return state


def without_held(card: Card, ref: str) -> Card:
    """Return a card that holds nothing about one job."""
    return card.model_copy(update={"held": {name: held for name, held in card.held.items() if name != ref}})
