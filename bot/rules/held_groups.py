"""Groups without a message, and the events that they hold.

They wait for a threshold, the end of a snooze, or a removed watch that can be restored. Pure.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.cards import Card
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.failure_groups import (
    BUDGET,
    BUDGET_WINDOW,
    TIMES_MAX,
    FailureGroup,
    GroupKind,
    HeldEvent,
    Hold,
)
from bot.domain.notifications import GroupHead, Notification, ServiceHead
from bot.domain.watches import Threshold
from bot.rules.destination_state import DestinationState
from bot.rules.final_decisions import decide_finally, drop_all, drop_held
from bot.rules.group_reducer import (
    Applied,
    headed_by_storm,
    joined,
    mentions_of,
    new_storm,
    opened,
    posted_storm,
    rule_ids,
    storm_for,
    with_all_mentioned,
    with_counts,
)
from bot.rules.job_events import FAILURES, JobEvent
from bot.rules.thresholds import most_within, share_reached


def hold(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Hold an event without a message: a failure in its group, any other event in a held storm message."""
    hold = hold_of(decision, state.now)
    held = HeldEvent(event=event.id, noticed_at=event.at, rules=rule_ids(decision))
    if event.happened not in FAILURES:
        state, storm = _held_storm(state, event, decision, hold)
        return Applied(_holding(state, storm, held))
    members = state.members
    state, group = joined(state, event, decision, card)
    # A job becomes a member with its final decision, unless that drops it.
    state = replace(state, members=members)
    held = held.model_copy(update={"job": event.member})
    return Applied(_holding(state, group.model_copy(update={"hold": hold}), held))


def hold_of(decision: Decision, now: datetime) -> Hold:
    """Return the hold of a decision: what it waits for, and until when."""
    limits = {name: value for name, value in decision.parameters.items() if name in {"of", "share", "window_s"}}
    removed = decision.reason is Reason.REMOVED
    return Hold.model_validate({"until": decision.until or now, "removed": removed, **limits})


def _held_storm(
    state: DestinationState, event: JobEvent, decision: Decision, hold: Hold
) -> tuple[DestinationState, FailureGroup]:
    """Return the storm message that waits for the same hold, or a new one."""
    rules = rule_ids(decision) if hold.removed else ()
    if storm := state.held_storm(hold, rules):
        return state, storm
    state, storm = new_storm(state, event.happened_at)
    mentions = mentions_of(state, decision, None) if hold.removed else ()
    return state, storm.model_copy(update={"hold": hold, "rules": rules, "mentions": mentions})


def _holding(state: DestinationState, group: FailureGroup, held: HeldEvent) -> DestinationState:
    """Return the state with a group that holds one more event. A full group decides on its oldest event."""
    if group.full:
        state, group = _without_oldest(state, group)
    return state.with_group(group.model_copy(update={"held": (*group.held, held)}))


def _without_oldest(state: DestinationState, group: FailureGroup) -> tuple[DestinationState, FailureGroup]:
    """Take the final decision about the oldest event of a full group.

    A storm message counts the event from now on. A failure no longer counts for its threshold.
    """
    oldest = group.model_copy(update={"held": group.held[:1]})
    if group.group is GroupKind.STORM:
        state = decide_finally(state, oldest, Outcome.FOLD, Reason.STORM)
        counted = with_counts(group, [_kind_of(group.held[0])], state.now)
        return state, counted.model_copy(update={"held": group.held[1:]})
    state = drop_all(state, oldest, Reason.NOT_REACHED)
    count = group.count - (not group.held[0].decided)
    return state, group.model_copy(update={"held": group.held[1:], "count": count})


def count_beside(state: DestinationState, event: JobEvent, decision: Decision) -> DestinationState:
    """Count a failure for the threshold of a watch that wants it too. Its subscription notifies it separately."""
    specs = [each.spec.after for each in state.rules.active if each.id in decision.also]
    after = next((each for each in specs if each and each.count is not None), None)
    group = state.group_of(event.fingerprint)
    if after is None or (group and (not group.counting or any(each.event == event.id for each in group.held))):
        return state
    if group is None:
        state, number = state.new_id()
        hold = Hold(until=state.now + timedelta(seconds=after.window_s), of=after.count, window_s=after.window_s)
        group = opened(state, number, GroupKind.FAILURES, event, None).model_copy(update={"hold": hold})
    held = HeldEvent(event=event.id, job=event.member, noticed_at=event.at, rules=rule_ids(decision), decided=True)
    times = tuple(sorted((*group.times, event.happened_at)))[-TIMES_MAX:]
    return _holding(state, group.model_copy(update={"times": times}), held)


def release(state: DestinationState, group: FailureGroup) -> Applied:
    """Post a head that was held for a snooze or a removed watch. Drops it if no rule wants it now."""
    if group.in_gap and (left := _left_to_threshold(state, group)):
        return Applied(state.with_group(left))
    if dropped := _not_wanted_now(state, group):
        return Applied(dropped)
    if group.group is GroupKind.STORM:
        return _released(state, group)
    if (posts := len(state.recent_posts)) >= BUDGET:
        return _in_storm(state, group, posts)
    state = decide_finally(state, group, Outcome.POST, Reason.RELEASED)
    card = state.cards.get(group.card)
    head = with_all_mentioned(group.model_copy(update={"hold": None, "held": (), "posted_at": state.now}))
    state = state.with_group(head).without_edit(head.id).with_post()
    held = group.hold is not None
    content = ServiceHead(head, held) if group.group is GroupKind.DOWN else GroupHead(head, None, card, held)
    return Applied(state, (Notification(content),))


def _not_wanted_now(state: DestinationState, group: FailureGroup) -> DestinationState | None:
    """Return the state without a group that the rules now forbid; None if they allow it."""
    if group.account in state.rules.hidden:
        decided = decide_finally(state, group, Outcome.DROP, Reason.ACCESS, {"account": group.account})
        return decided.without_group(group.id)
    if group.rules and not asked_for(state, group):
        return drop_held(state, group, Reason.NO_RULE)
    return drop_held(state, group, Reason.MUTED) if _muted(state, group) else None


def _muted(state: DestinationState, group: FailureGroup) -> bool:
    """Return whether only watches want a group, and its code was muted during the hold."""
    mute = state.rules.mute_of(group.failure_code) if group.failure_code else None
    return mute is not None and not mute.over(state.now) and SUBSCRIPTION not in group.rules


def _in_storm(state: DestinationState, group: FailureGroup, posts: int) -> Applied:
    """Make the storm message the head of a held group. The post budget is used up."""
    state, storm = storm_for(state, group.first_at)
    used = {"posts": posts, "window_s": int(BUDGET_WINDOW.total_seconds())}
    state = decide_finally(state, group, Outcome.FOLD, Reason.STORM, used, into=storm)
    new = not storm.ts
    state, storm = headed_by_storm(state, storm, group)
    return posted_storm(state, storm) if new else Applied(state.with_group(storm))


def _released(state: DestinationState, storm: FailureGroup) -> Applied:
    """Post a held storm message. It counts only the events that it held."""
    state = decide_finally(state, storm, Outcome.FOLD, Reason.STORM)
    storm = with_counts(storm, map(_kind_of, storm.held), state.now)
    return posted_storm(state, storm.model_copy(update={"held": ()}))


def _kind_of(held: HeldEvent) -> str:
    """Return the kind of an event, the last part of its id. Example: `failed`."""
    return held.event.rpartition("/")[2]


def asked_for(state: DestinationState, group: FailureGroup) -> bool:
    """Return whether an active rule wants the message of a group. In a gap, a watch's threshold counts as well."""
    mine = [watch.spec for watch in state.rules.active if watch.id in group.rules]
    judged = group.in_gap and group.group is GroupKind.FAILURES
    return SUBSCRIPTION in group.rules or any(not judged or _reached(state, group, spec.after) for spec in mine)


def _left_to_threshold(state: DestinationState, group: FailureGroup) -> FailureGroup | None:
    """Return a group that another watch's threshold keeps counting; None if there is no such watch."""
    if group.group is not GroupKind.FAILURES or asked_for(state, group):
        return None
    spec = next((each.spec.after for each in state.rules.active if each.id in group.rules and each.spec.after), None)
    if spec is None:
        return None
    until = state.now + timedelta(seconds=spec.window_s)
    hold = Hold(until=until, of=spec.count, share=spec.share, window_s=spec.window_s)
    return group.model_copy(update={"hold": hold})


def _reached(state: DestinationState, group: FailureGroup, after: Threshold | None) -> bool:
    if after is None:
        return True
    window = timedelta(seconds=after.window_s)
    if after.count is not None:
        return most_within(group.times, window) >= after.count
    return share_reached(*state.ended_since((group.account, group.service), group.last_at - window), after.share or 0)


def expire(state: DestinationState, group: FailureGroup) -> DestinationState:
    """Drop failures of a group that are too old for its threshold. Removes an empty group."""
    window = timedelta(seconds=(group.hold and group.hold.window_s) or 0)
    over = [each for each in group.held if state.now - each.noticed_at > window]
    if not over:
        return state
    left = tuple(each for each in group.held if each not in over)
    state = drop_all(state, group.model_copy(update={"held": tuple(over)}), Reason.NOT_REACHED)
    if not left:
        return state.without_group(group.id)
    times = tuple(each.job.at for each in left if each.job)
    count = sum(not each.decided for each in left)
    kept = {"held": left, "times": times, "count": count, "first_at": min(times)}
    return state.with_group(group.model_copy(update=kept))
