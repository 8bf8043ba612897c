"""Carries out decisions about services that cannot be read, with one message for each downtime. Pure."""

from bot.domain.changes import EventKind
from bot.domain.decisions import Decision, Outcome, Reason
from bot.domain.failure_groups import FailureGroup, GroupKind, HeldEvent
from bot.domain.notifications import Notification, ServiceHead
from bot.domain.outbox import Urgency
from bot.domain.service_events import ServiceEvent
from bot.rules.destination_state import DestinationState
from bot.rules.final_decisions import drop_held
from bot.rules.group_reducer import (
    Applied,
    headed_by_storm,
    mentions_of,
    posted_storm,
    rule_ids,
    storm_for,
    with_all_mentioned,
)
from bot.rules.held_groups import hold_of


def apply(state: DestinationState, event: ServiceEvent, decision: Decision) -> Applied:
    """Carry out the decision about a service that cannot be read, or can be again."""
    down = state.down(event.account, event.service)
    if event.happened is EventKind.UP:
        return Applied(_back(state, down, event) if down else state)
    if down or decision.outcome is Outcome.DROP:
        return Applied(state)
    state, number = state.new_id()
    down = _down(state, number, event, decision)
    match decision.outcome:
        case Outcome.FOLD:
            return _down_in_storm(state, down, event)
        case Outcome.HOLD:
            held = HeldEvent(event=event.id, noticed_at=event.at, rules=down.rules)
            waits = {"hold": hold_of(decision, state.now), "held": (held,)}
            return Applied(state.with_group(down.model_copy(update=waits)))
        case _:
            down = with_all_mentioned(down.model_copy(update={"posted_at": state.now}))
            state = state.with_group(down).without_edit(number).with_post()
            return Applied(state, (Notification(ServiceHead(down)),))


def _back(state: DestinationState, down: FailureGroup, event: ServiceEvent) -> DestinationState:
    if not down.posted:
        return drop_held(state, down, Reason.AS_BEFORE)
    back = {"closed_at": event.at, "count": event.found, "changed_at": state.now}
    return state.with_group(down.model_copy(update=back), Urgency.END)


def _down_in_storm(state: DestinationState, down: FailureGroup, event: ServiceEvent) -> Applied:
    state, storm = storm_for(state, event.happened_at)
    new = not storm.ts
    state, storm = headed_by_storm(state, storm, down)
    return posted_storm(state, storm) if new else Applied(state.with_group(storm))


def _down(state: DestinationState, number: str, event: ServiceEvent, decision: Decision) -> FailureGroup:
    error = event.error
    return FailureGroup(
        id=number,
        place=state.destination,
        group=GroupKind.DOWN,
        account=event.account,
        service=event.service,
        kind=error.kind if error else None,
        code=error.code if error else None,
        message=error.message if error else None,
        rules=rule_ids(decision),
        mentions=mentions_of(state, decision, None),
        first_at=event.since,
        last_at=event.since,
        opened_at=state.now,
        changed_at=state.now,
    )
