"""Timers of groups: thread lines, the release of held heads, and closing. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.domain.failure_groups import ALSO_TO_CHANNEL, FailureGroup, GroupKind
from bot.domain.notifications import Notification, ThreadLine
from bot.domain.outbox import Urgency
from bot.rules import group_reducer, held_groups
from bot.rules.destination_state import DestinationState
from bot.rules.group_reducer import Applied


def apply(state: DestinationState, group_id: str) -> Applied:
    """Do one thing that is due for a group."""
    group, now = state.groups.get(group_id), state.now
    if group is None or group.closed_at:
        return Applied(state)
    if group.hold:
        return _held(state, group)
    if group.snooze and group.snooze.over(now):
        group = group.model_copy(update={"snooze": None})
        state = state.with_group(group, Urgency.STATE)
    if _is_over(state, group):
        return Applied(group_reducer.close(state, group))
    line = next_line(group)
    return _line(state, group) if line and now >= line else Applied(state)


def _held(state: DestinationState, group: FailureGroup) -> Applied:
    """Drop the old failures of a threshold, or release a head after its hold."""
    if group.hold and group.hold.window_s:
        return Applied(held_groups.expire(state, group))
    is_due = group.hold is None or group.hold.until <= state.now or restored(state, group)
    return held_groups.release(state, group) if is_due else Applied(state)


def restored(state: DestinationState, group: FailureGroup) -> bool:
    """Return whether an active watch wants a group that was held for a removed one."""
    return group.in_gap and held_groups.asked_for(state, group)


def _is_over(state: DestinationState, group: FailureGroup) -> bool:
    match group.group:
        case GroupKind.BATCH:
            card = state.cards.get(group.card)
            return card is None or (card.over and not card.held_final)
        case GroupKind.DOWN:
            return not any(watch.spec.covers(group.account, group.service) for watch in state.rules.watches)
        case GroupKind.FAILURES | GroupKind.STORM:
            return state.now >= group.closes_at()


def next_line(group: FailureGroup) -> datetime | None:
    """Return when the next thread line of a head is due; None without news or for a head without lines."""
    wanted = group.has_news and not group.snooze and group_reducer.has_thread_lines(group)
    return group.next_line_at() if wanted else None


def _line(state: DestinationState, group: FailureGroup) -> Applied:
    """Post a thread line with the news since the last one. Accounts hidden from the readers get none."""
    lines = group.lines + 1
    while (later := group.model_copy(update={"lines": lines}).next_line_at()) and later <= state.now:
        lines += 1
    broadcast = any(group.line_count < count <= group.count for count in ALSO_TO_CHANNEL)
    if group.account in state.rules.hidden:
        return Applied(state.with_group(group.model_copy(update={"lines": lines, "line_count": group.count})))
    people = tuple(dict.fromkeys((*group.mentioned, *group.mentions)))
    known = group.model_copy(update={"lines": lines, "line_count": group.count, "mentioned": people})
    return Applied(
        state.with_group(known),
        (Notification(ThreadLine(group, group.newest[: max(0, group.count - group.line_count)], broadcast=broadcast)),),
    )


def timers(groups: Iterable[FailureGroup]) -> Iterator[tuple[datetime, str]]:
    """Yield the times at which something is due for each group. Leaves out what needs an event."""
    for group in groups:
        yield from ((at, group.id) for at in _times(group))


def _times(group: FailureGroup) -> Iterator[datetime]:
    if group.closed_at:
        return
    if group.hold and group.hold.window_s:
        window = timedelta(seconds=group.hold.window_s, milliseconds=1)
        yield from (each.noticed_at + window for each in group.held)
    elif group.hold:
        yield group.hold.until
    else:
        if group.snooze:
            yield group.snooze.until
        if line := next_line(group):
            yield line
        if group.group in {GroupKind.FAILURES, GroupKind.STORM}:
            yield group.closes_at()
