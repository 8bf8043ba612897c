"""Carries out decisions about events that share a message: groups of failures, batches, storms, services. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from bot.domain.cards import Card
from bot.domain.changes import EventKind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.failure_groups import (
    NEWEST,
    TIMES_MAX,
    FailureGroup,
    GroupJob,
    GroupKind,
    HeldEvent,
    Hold,
    PreviousHead,
)
from bot.domain.notifications import GroupHead, Notification, ServiceHead, StormHead, WatchEvent
from bot.domain.outbox import Urgency
from bot.domain.service_events import ServiceEvent
from bot.domain.slack_ids import is_direct_message
from bot.domain.watches import Threshold
from bot.rules.destination_state import DestinationState
from bot.rules.job_events import FAILURES, JobEvent
from bot.rules.thresholds import most_within, share_reached


class Applied(NamedTuple):
    """The state after an event, or after several, and the messages to post."""

    state: DestinationState
    notifications: tuple[Notification, ...] = ()


def post(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Post a message for an event of a job: the head of a group for a failure, else a message about it alone."""
    if event.happened not in FAILURES:
        rules, mentions = rule_ids(decision), mentions_of(state, decision, card)
        return Applied(state.with_post(), (Notification(WatchEvent(event.shown, rules, mentions)),))
    state, group = _joined(reached(state, event), event, decision, card)
    return _with_head(state, group, event, card)


def post_batch_head(state: DestinationState, event: JobEvent, decision: Decision, card: Card) -> Applied:
    """Post the head of a batch for the first of its jobs that failed."""
    state, number = state.new_id()
    group = _opened(state, number, GroupKind.BATCH, event, card)
    group = _counted(group, event, decision, mentions_of(state, decision, card), state.now)
    return _with_head(state.with_group(group).with_member(group.id, event.member), group, event, card)


def with_link(state: DestinationState, decision: Decision, card: Card | None) -> Decision:
    """Return a `fold` with the message into which it folds, if that is posted.

    One that ends with its batch folds into the message of its step, the final post.
    """
    if decision.outcome is not Outcome.FOLD or (decision.reason is Reason.BATCH and state.waiting.ends):
        return decision
    match decision.reason:
        case Reason.GROUP | Reason.BACK:
            into = state.groups.get(str(decision.parameters.get("group")))
        case Reason.BATCH:
            into = state.batch_head(card.id) if card else None
        case Reason.STORM | Reason.CATCH_UP:
            into = state.storm()
        case _:
            into = None
    head = state.groups.get(into.storm) if into and into.storm else into
    message = head or (card if decision.reason is Reason.BATCH else None)
    return decision.model_copy(update={"channel": message.channel, "ts": message.ts}) if message else decision


def close(state: DestinationState, group: FailureGroup) -> DestinationState:
    """Return the state with a group closed, and with a storm message the groups whose head it is."""
    state = state.with_group(group.model_copy(update={"closed_at": state.now}), Urgency.END)
    for each in group.groups:
        if (headed := state.groups.get(each)) and headed.open and headed.group is not GroupKind.DOWN:
            state = close(state, headed)
    return state


def close_batch(state: DestinationState, card: Card) -> DestinationState:
    """Return the state with the head of a batch closed, if it has one: its final post says how it ended."""
    head = state.batch_head(card.id)
    return close(state, head) if head else state


def _with_head(state: DestinationState, group: FailureGroup, event: JobEvent, card: Card | None) -> Applied:
    head = with_all_mentioned(group.model_copy(update={"hold": None, "held": (), "posted_at": state.now}))
    # A reply is sent to the channel too, so that it counts as a new message there.
    state = state.with_group(head).without_edit(head.id).with_post()
    return Applied(state, (Notification(GroupHead(head, event.change, card)),))


def with_all_mentioned(group: FailureGroup) -> FailureGroup:
    """Return a group whose message goes out: everybody who is to be mentioned is mentioned in it."""
    people = tuple(dict.fromkeys((*group.mentioned, *group.mentions)))
    return group.model_copy(update={"mentioned": people, "line_count": group.count})


def fold(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Let an open group, a batch or a storm message take an event in."""
    match decision.reason:
        case Reason.GROUP:
            return Applied(_joined(state, event, decision, card)[0])
        case Reason.BATCH:
            return Applied(into_batch(state, event, decision, card))
        case Reason.STORM | Reason.CATCH_UP:
            return _into_storm(state, event, decision)
        case _:
            return Applied(state)


def hold(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Keep an event until more is known: in a group without a message for a failure, else in a held storm message."""
    until = decision.until or state.now
    if event.happened not in FAILURES:
        state, storm = storm_for(state, event, hold=Hold(until=until))
        return Applied(state.with_group(_with_count(storm, event, state.now)))
    members = state.members
    state, group = _joined(state, event, decision, card)
    state = replace(state, members=members)  # it is a member once its final decision is not to drop it
    limits = {name: value for name, value in decision.parameters.items() if name in {"of", "share", "window_s"}}
    held = HeldEvent(event=event.id, job=event.member, noticed_at=event.at, rules=rule_ids(decision))
    removed = decision.reason is Reason.REMOVED
    waits = {
        "hold": Hold.model_validate({"until": until, "removed": removed, **limits}),
        "held": (*group.held, held)[-TIMES_MAX:],
    }
    return Applied(state.with_group(group.model_copy(update=waits)))


def _joined(
    state: DestinationState, event: JobEvent, decision: Decision, card: Card | None
) -> tuple[DestinationState, FailureGroup]:
    """Return the group of a failure, with it; a new one where none is open."""
    group = state.group_of(event.fingerprint)
    if group is None:
        state, number = state.new_id()
        group = _opened(state, number, GroupKind.FAILURES, event, card)
    group = _counted(group, event, decision, mentions_of(state, decision, card), state.now)
    state = _with_storm_counted(state, group)
    return state.with_group(group).with_member(group.id, event.member), group


def _opened(state: DestinationState, number: str, kind: GroupKind, event: JobEvent, card: Card | None) -> FailureGroup:
    job, error = event.job, event.job.error
    before = state.last_group_of(event.fingerprint) if kind is GroupKind.FAILURES else None
    return FailureGroup(
        id=number,
        place=state.destination,
        group=kind,
        fingerprint=event.fingerprint if kind is GroupKind.FAILURES else "",
        account=job.account,
        service=job.service,
        kind=job.kind,
        code=error.code if error else None,
        message=error.message if error else None,
        fate=event.change.fate if event.happened is EventKind.LOST else None,
        first_at=event.happened_at,
        last_at=event.happened_at,
        opened_at=state.now,
        changed_at=state.now,
        card=card.id if card else "",
        thread_ts=card.ts if card else "",
        previous=_previous(state, before),
    )


def _previous(state: DestinationState, before: FailureGroup | None) -> PreviousHead | None:
    if before is None or before.closed_at is None:
        return None
    head = state.groups.get(before.storm, before)
    if not head.ts or head.head_lost:
        return None
    return PreviousHead(channel=head.channel, ts=head.ts, count=before.count, closed_at=before.closed_at)


def _counted(
    group: FailureGroup, event: JobEvent, decision: Decision, mentions: Iterable[str], now: datetime
) -> FailureGroup:
    """Return a group with one more failure."""
    newest = sorted([event.member, *(each for each in group.newest if each.ref != event.member.ref)], key=_time)
    return group.model_copy(
        update={
            "count": group.count + 1,
            "first_at": min(group.first_at, event.happened_at),
            "last_at": max(group.last_at, event.happened_at),
            "changed_at": now,
            "newest": tuple(newest[::-1][:NEWEST]),
            "times": tuple(sorted((*group.times, event.happened_at)))[-TIMES_MAX:],
            "rules": tuple(dict.fromkeys((*group.rules, *rule_ids(decision)))),
            "mentions": tuple(dict.fromkeys((*group.mentions, *mentions))),
        }
    )


def _time(job: GroupJob) -> datetime:
    return job.at


def rule_ids(decision: Decision) -> tuple[str, ...]:
    """Return the rules by which an event is posted, folded or held."""
    return tuple(filter(None, (decision.rule, *decision.also)))


def mentions_of(state: DestinationState, decision: Decision, card: Card | None) -> tuple[str, ...]:
    """Return whom the rules of a decision mention, each person once."""
    rules = rule_ids(decision)
    people = [*(card.terms.mention if card and SUBSCRIPTION in rules else ())]
    people += (person for watch in state.rules.watches if watch.id in rules for person in watch.spec.mention)
    return tuple(dict.fromkeys(people))


def into_batch(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> DestinationState:
    """Return the state with an event on the head of its batch, if it has one and the event is a failure."""
    head = state.batch_head(card.id) if card else None
    if head is None or event.happened not in FAILURES:
        return state
    head = _counted(head, event, decision, mentions_of(state, decision, card), state.now)
    return state.with_group(head).with_member(head.id, event.member)


def storm_for(
    state: DestinationState, event: JobEvent | ServiceEvent, *, hold: Hold | None = None
) -> tuple[DestinationState, FailureGroup]:
    """Return the open storm message, or a new one; with `hold` the one that waits until a snooze is over."""
    if storm := state.storm(held=hold is not None):
        return state, storm
    state, number = state.new_id()
    times = dict.fromkeys(("first_at", "last_at"), event.happened_at) | dict.fromkeys(
        ("opened_at", "changed_at"), state.now
    )
    return state, FailureGroup(id=number, place=state.destination, group=GroupKind.STORM, hold=hold, **times)


def _with_count(storm: FailureGroup, event: JobEvent, now: datetime) -> FailureGroup:
    """Return a storm message with one more event that is no failure."""
    counts = {**storm.counts, event.happened.value: storm.counts.get(event.happened.value, 0) + 1}
    return storm.model_copy(update={"counts": counts, "changed_at": now})


def _into_storm(state: DestinationState, event: JobEvent, decision: Decision) -> Applied:
    """Let the storm message take an event in; if there is none, it is posted."""
    state, storm = storm_for(state, event)
    new = not storm.ts
    if event.late:
        storm = storm.model_copy(
            update={
                "offline_from": min(event.change.since, storm.offline_from or event.change.since),
                "offline_until": max(event.at, storm.offline_until or event.at),
            }
        )
    if event.happened in FAILURES:
        state, group = _joined(reached(state, event), event, decision, None)
        state, storm = headed_by_storm(state, storm, group)
    else:
        storm = _with_count(storm, event, state.now)
    return posted_storm(state, storm) if new else Applied(state.with_group(storm))


def headed_by_storm(
    state: DestinationState, storm: FailureGroup, group: FailureGroup
) -> tuple[DestinationState, FailureGroup]:
    """Return the state with a group whose head a storm message becomes, and that message."""
    state = state.with_group(group.model_copy(update={"storm": storm.id, "hold": None, "held": ()}))
    known = {
        "groups": (*storm.groups, group.id),
        "mentions": tuple(dict.fromkeys((*storm.mentions, *group.mentions))),
        "count": storm.count + group.count,
        "changed_at": state.now,
    }
    return state, storm.model_copy(update=known)


def posted_storm(state: DestinationState, storm: FailureGroup) -> Applied:
    """Post a storm message."""
    storm = with_all_mentioned(storm.model_copy(update={"hold": None, "posted_at": state.now}))
    state = state.with_group(storm).without_edit(storm.id)
    groups = tuple(state.groups[each] for each in storm.groups if each in state.groups)
    return Applied(state, (Notification(StormHead(storm, groups)),))


def _with_storm_counted(state: DestinationState, group: FailureGroup) -> DestinationState:
    """Return the state with one more failure in the storm message that is the head of a group, if it has one."""
    storm = state.groups.get(group.storm) if group.storm else None
    if storm is None or not storm.open:
        return state
    return state.with_group(storm.model_copy(update={"count": storm.count + 1, "changed_at": state.now}))


def release(state: DestinationState, group: FailureGroup) -> Applied:
    """Post what was held because of a snooze, or of the removal of its watch; drop it if no rule wants it now."""
    if group.rules and not asked_for(state, group):
        return Applied(_dropped(state, group, Reason.NO_RULE).without_group(group.id))
    if group.group is GroupKind.STORM:
        return posted_storm(state, group)
    state = _finally(state, group, Outcome.POST, Reason.RELEASED)
    card = state.cards.get(group.card)
    head = with_all_mentioned(group.model_copy(update={"hold": None, "held": (), "posted_at": state.now}))
    state = state.with_group(head).without_edit(head.id).with_post()
    held = group.hold is not None
    content = ServiceHead(head, held) if group.group is GroupKind.DOWN else GroupHead(head, None, card, held)
    return Applied(state, (Notification(content),))


def asked_for(state: DestinationState, group: FailureGroup) -> bool:
    """Whether a rule that is in force asks for the message of a group; the threshold of a watch counts in a gap too."""
    mine = [watch.spec for watch in state.rules.active if watch.id in group.rules]
    return SUBSCRIPTION in group.rules or any(not group.in_gap or _reached(state, group, spec.after) for spec in mine)


def _reached(state: DestinationState, group: FailureGroup, after: Threshold | None) -> bool:
    if after is None:
        return True
    window = timedelta(seconds=after.window_s)
    if after.count is not None:
        return most_within(group.times, window) >= after.count
    return share_reached(*state.ended_since((group.account, group.service), group.last_at - window), after.share or 0)


def expire(state: DestinationState, group: FailureGroup) -> DestinationState:
    """Drop the failures of a group that a threshold no longer counts; without any, the group goes."""
    window = timedelta(seconds=(group.hold and group.hold.window_s) or 0)
    over = [each for each in group.held if state.now - each.noticed_at > window]
    if not over:
        return state
    left = tuple(each for each in group.held if each not in over)
    state = _dropped(state, group.model_copy(update={"held": tuple(over)}), Reason.NOT_REACHED)
    if not left:
        return state.without_group(group.id)
    times = tuple(each.job.at for each in left)
    kept = {"held": left, "times": times, "count": len(left), "first_at": min(times)}
    return state.with_group(group.model_copy(update=kept))


def _dropped(state: DestinationState, group: FailureGroup, reason: Reason) -> DestinationState:
    hold = group.hold
    known = {
        "count": group.count,
        "of": hold and hold.of,
        "share": hold and hold.share,
        "window_s": hold and hold.window_s,
    }
    parameters = {name: value for name, value in known.items() if value} if reason is Reason.NOT_REACHED else {}
    return _finally(state, group, Outcome.DROP, reason, parameters)


def _finally(
    state: DestinationState,
    group: FailureGroup,
    outcome: Outcome,
    reason: Reason,
    parameters: Mapping[str, str | int] = MappingProxyType({}),
) -> DestinationState:
    """Take the final decision about each event that a group holds: if its head is posted, all but the first fold."""
    for number, held in enumerate(group.held):
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
        )
        state = state.decided(held.job.ref, decision)
        if outcome is not Outcome.DROP:
            state = state.with_member(group.id, held.job)
    return state


def reached(state: DestinationState, event: JobEvent) -> DestinationState:
    """Take the final decision about the failures that waited for a threshold: they fold into the head."""
    group = state.group_of(event.fingerprint)
    if group is None or not group.held:
        return state
    for held in group.held:
        decision = Decision(
            event=held.event, at=state.now, outcome=Outcome.FOLD, reason=Reason.GROUP, parameters={"group": group.id},
            rule=next(iter(held.rules), ""), also=held.rules[1:], held=True,
        )  # fmt: skip
        state = state.decided(held.job.ref, decision).with_member(group.id, held.job)
    return state


def has_thread_lines(group: FailureGroup) -> bool:
    """Whether lines follow in the thread of a head: not in direct messages, nor under a storm message."""
    return (
        group.group in {GroupKind.FAILURES, GroupKind.BATCH} and bool(group.ts) and not is_direct_message(group.place)
    )
