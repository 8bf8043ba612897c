"""Takes the final decisions about the events that a group holds. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.decisions import Decision, Outcome, Reason
from bot.domain.failure_groups import FailureGroup
from bot.rules.destination_state import DestinationState
from bot.rules.job_events import JobEvent


def drop_all(state: DestinationState, group: FailureGroup, reason: Reason) -> DestinationState:
    """Drop each event that a group holds."""
    hold = group.hold
    known = {
        "count": group.count + sum(each.decided for each in group.held),
        "of": hold and hold.of,
        "share": hold and hold.share,
        "window_s": hold and hold.window_s,
    }
    parameters = {name: value for name, value in known.items() if value} if reason is Reason.NOT_REACHED else {}
    return decide_finally(state, group, Outcome.DROP, reason, parameters)


def drop_held(state: DestinationState, group: FailureGroup, reason: Reason) -> DestinationState:
    """Return the state without a group whose message is not posted. Drops its held events."""
    return drop_all(state, group, reason).without_group(group.id)


def decide_finally(
    state: DestinationState,
    group: FailureGroup,
    outcome: Outcome,
    reason: Reason,
    parameters: Mapping[str, str | int] = MappingProxyType({}),
    *,
    into: FailureGroup | None = None,
) -> DestinationState:
    """Take the final decision about each held event of a group. If its head is posted, all but the first fold.

    `into` is another group whose message includes them.
    """
    undecided = [each for each in group.held if not each.decided]
    for number, held in enumerate(undecided):
        folds = number and outcome is Outcome.POST
        decision = Decision(
            event=held.event,
            at=state.now,
            outcome=Outcome.FOLD if folds else outcome,
            reason=Reason.GROUP if folds else reason,
            rule=next(iter(held.rules), ""),
            also=held.rules[1:],
            parameters={"group": group.id} if folds else parameters,
            held=True,
            channel=into.channel if into else "",
            ts=into.ts if into else "",
        )
        state = state.decided(held.ref, decision)
        if outcome is not Outcome.DROP and held.job:
            state = state.with_member(group.id, held.job)
    return state


def reached(state: DestinationState, event: JobEvent) -> DestinationState:
    """Take the final decision about the failures that waited for a threshold: they fold into the head."""
    group = state.group_of(event.fingerprint)
    return decide_finally(state, group, Outcome.FOLD, Reason.GROUP, {"group": group.id}) if group else state
