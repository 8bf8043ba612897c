"""Carries out decisions about events that share a message: groups of failures, batches, storms, services. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
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
    PreviousHead,
)
from bot.domain.notifications import GroupHead, Notification, StormHead, WatchEvent
from bot.domain.outbox import Urgency
from bot.domain.slack_ids import is_direct_message
from bot.rules.destination_state import DestinationState
from bot.rules.final_decisions import reached
from bot.rules.job_events import FAILURES, JobEvent


class Applied(NamedTuple):
    """The state after an event, or after several, and the messages to post."""

    state: DestinationState
    notifications: tuple[Notification, ...] = ()


def post(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Post a message for an event of a job: for a failure the head of a group, else a separate message."""
    if event.happened not in FAILURES:
        rules, mentions = rule_ids(decision), mentions_of(state, decision, card)
        return Applied(state.with_post(), (Notification(WatchEvent(event.shown, rules, mentions)),))
    state, group = joined(reached(state, event), event, decision, card)
    return _with_head(state, group, event, card)


def post_batch_head(state: DestinationState, event: JobEvent, decision: Decision, card: Card) -> Applied:
    """Post the head of a batch for the first of its jobs that failed."""
    state, number = state.new_id()
    group = opened(state, number, GroupKind.BATCH, event, card)
    group = _counted(group, event, decision, mentions_of(state, decision, card), state.now)
    return _with_head(state.with_group(group).with_member(group.id, event.member), group, event, card)


def with_link(state: DestinationState, decision: Decision, card: Card | None) -> Decision:
    """Return a `fold` with the message into which it folds, if that is posted.

    An event that ends with its batch folds into the final post, the message of its step.
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
    """Return the state with a group closed. A storm message also closes the groups whose head it is."""
    state = state.with_group(group.model_copy(update={"closed_at": state.now}), Urgency.END)
    for each in group.groups:
        if (headed := state.groups.get(each)) and headed.open and headed.group is not GroupKind.DOWN:
            state = close(state, headed)
    return state


def close_batch(state: DestinationState, card: Card) -> DestinationState:
    """Return the state with the head of a batch closed, if it has one. The final post has the results."""
    head = state.batch_head(card.id)
    return close(state, head) if head else state


def _with_head(state: DestinationState, group: FailureGroup, event: JobEvent, card: Card | None) -> Applied:
    head = with_all_mentioned(group.model_copy(update={"hold": None, "held": (), "posted_at": state.now}))
    # A reply goes to the channel too, so it counts as a new message there.
    state = state.with_group(head).without_edit(head.id).with_post()
    return Applied(state, (Notification(GroupHead(head, event.change, card)),))


def with_all_mentioned(group: FailureGroup) -> FailureGroup:
    """Return a group whose message goes out now, with all waiting mentions in it."""
    people = tuple(dict.fromkeys((*group.mentioned, *group.mentions)))
    return group.model_copy(update={"mentioned": people, "line_count": group.count})


def fold(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> Applied:
    """Add an event to an open group, a batch or a storm message."""
    match decision.reason:
        case Reason.GROUP:
            return Applied(joined(state, event, decision, card)[0])
        case Reason.BATCH:
            return Applied(into_batch(state, event, decision, card))
        case Reason.STORM | Reason.CATCH_UP:
            return _into_storm(state, event, decision)
        case _:
            return Applied(state)


def joined(
    state: DestinationState, event: JobEvent, decision: Decision, card: Card | None
) -> tuple[DestinationState, FailureGroup]:
    """Return the group of a failure with the failure added. Opens one if none is open."""
    group = state.group_of(event.fingerprint)
    if group is None:
        state, number = state.new_id()
        group = opened(state, number, GroupKind.FAILURES, event, card)
    group = _counted(group, event, decision, mentions_of(state, decision, card), state.now)
    state = _with_storm_counted(state, group)
    return state.with_group(group).with_member(group.id, event.member), group


def opened(state: DestinationState, number: str, kind: GroupKind, event: JobEvent, card: Card | None) -> FailureGroup:
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
    """Return the people and groups that the rules of a decision mention, each once."""
    rules = rule_ids(decision)
    people = [*(card.terms.mention if card and SUBSCRIPTION in rules else ())]
    people += (person for watch in state.rules.watches if watch.id in rules for person in watch.spec.mention)
    return tuple(dict.fromkeys(people))


def into_batch(state: DestinationState, event: JobEvent, decision: Decision, card: Card | None) -> DestinationState:
    """Return the state with a failure added to the head of its batch, if any."""
    head = state.batch_head(card.id) if card else None
    if head is None or event.happened not in FAILURES:
        return state
    head = _counted(head, event, decision, mentions_of(state, decision, card), state.now)
    return state.with_group(head).with_member(head.id, event.member)


def storm_for(state: DestinationState, at: datetime) -> tuple[DestinationState, FailureGroup]:
    """Return the open storm message, or a new one for an event at that time."""
    storm = state.storm()
    return (state, storm) if storm else new_storm(state, at)


def new_storm(state: DestinationState, at: datetime) -> tuple[DestinationState, FailureGroup]:
    state, number = state.new_id()
    times = dict.fromkeys(("first_at", "last_at"), at) | dict.fromkeys(("opened_at", "changed_at"), state.now)
    return state, FailureGroup(id=number, place=state.destination, group=GroupKind.STORM, **times)


def with_counts(storm: FailureGroup, kinds: Iterable[str], now: datetime) -> FailureGroup:
    """Return a storm message with more events that are no failures."""
    return storm.model_copy(update={"counts": Counter(storm.counts) + Counter(kinds), "changed_at": now})


def _into_storm(state: DestinationState, event: JobEvent, decision: Decision) -> Applied:
    """Add an event to the storm message. Posts one if there is none."""
    state, storm = storm_for(state, event.happened_at)
    new = not storm.ts
    if event.late:
        storm = storm.model_copy(
            update={
                "offline_from": min(event.change.since, storm.offline_from or event.change.since),
                "offline_until": max(event.at, storm.offline_until or event.at),
            }
        )
    if event.happened in FAILURES:
        state, group = joined(reached(state, event), event, decision, None)
        state, storm = headed_by_storm(state, storm, group)
    else:
        storm = with_counts(storm, [event.happened.value], state.now)
    return posted_storm(state, storm) if new else Applied(state.with_group(storm))


def headed_by_storm(
    state: DestinationState, storm: FailureGroup, group: FailureGroup
) -> tuple[DestinationState, FailureGroup]:
    """Make a storm message the head of a group. Returns the state and that message."""
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
    """Return the state with one more failure counted in the group's storm message, if any."""
    storm = state.groups.get(group.storm) if group.storm else None
    if storm is None or not storm.open:
        return state
    people = tuple(dict.fromkeys((*storm.mentions, *group.mentions)))
    grown = {"count": storm.count + 1, "changed_at": state.now, "mentions": people}
    return state.with_group(storm.model_copy(update=grown))


def has_thread_lines(group: FailureGroup) -> bool:
    """Return whether a head gets thread lines: not in direct messages, nor for a service that is down."""
    return group.group is not GroupKind.DOWN and bool(group.ts) and not is_direct_message(group.place)
