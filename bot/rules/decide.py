"""Decides the outcome of one event in one destination: post, fold, hold or drop, by which rule and why. Pure.

Each rule that may want the event is evaluated in one order: access, baseline, match, an open group or batch,
threshold, snooze, post budget, post. The loudest result counts. Delivery executes decisions, `/jobs why` reads them
back, and a dry run computes them without posting.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from bot.domain.cards import ENDS, Card, On, Snooze, To, on_words, wants
from bot.domain.changes import Change, EventKind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.failure_groups import BUDGET, BUDGET_WINDOW, FailureGroup
from bot.domain.service_events import ServiceEvent
from bot.domain.slack_ids import is_direct_message
from bot.domain.watches import Rules, Threshold, Watch
from bot.rules.destination_state import DestinationState
from bot.rules.job_events import FAILURES, JobEvent, concerns, events_of
from bot.rules.thresholds import most_within, share_reached, within

Event = JobEvent | ServiceEvent

REPLIES_MAX = 3
"""Thread replies about successes stay replies while at most this many wait for a destination."""


class RuleResult(NamedTuple):
    """The result of one rule for an event."""

    outcome: Outcome
    reason: Reason
    rule: str = ""
    parameters: Mapping[str, str | int] = MappingProxyType({})
    until: datetime | None = None


class Situation(NamedTuple):
    """The input of a decision: the event, and the rules and state around it. `rule` is under evaluation."""

    event: Event
    rules: Rules
    state: DestinationState
    now: datetime
    rule: str = ""

    def drop(self, reason: Reason, **parameters: str | int) -> RuleResult:
        return RuleResult(Outcome.DROP, reason, self.rule, parameters)

    def fold(self, reason: Reason, **parameters: str | int) -> RuleResult:
        return RuleResult(Outcome.FOLD, reason, self.rule, parameters)

    def hold(self, reason: Reason, until: datetime, **parameters: str | int) -> RuleResult:
        return RuleResult(Outcome.HOLD, reason, self.rule, parameters, until)

    def post(self, reason: Reason, **parameters: str | int) -> RuleResult:
        return RuleResult(Outcome.POST, reason, self.rule, parameters)


def decide(event: Event, destination: str, rules: Rules, state: DestinationState, now: datetime) -> Decision:
    """Return the decision about an event in a destination, with the destination's rules and state."""
    if state.destination != destination:
        raise ValueError(f"the state of {state.destination} decides nothing for {destination}")
    situation = Situation(event, rules, state, now)
    results = list(_results(situation)) or [situation.drop(Reason.NO_RULE)]
    best = max(results, key=_loudness)
    return Decision(
        event=event.id,
        at=now,
        outcome=best.outcome,
        reason=best.reason,
        rule=best.rule,
        also=tuple(each.rule for each in results if each is not best and each.outcome is not Outcome.DROP),
        parameters=best.parameters,
        until=best.until,
    )


def _loudness(result: RuleResult) -> tuple[int, bool]:
    """Return how loud a result is. A head is in the channel; a reply may be only in its thread."""
    return result.outcome.loudness, result.reason in {Reason.FIRST, Reason.REACHED}


def wanted(change: Change, card: Card | None, state: DestinationState) -> bool:
    """Return whether a rule of a destination wants one of the events of a change."""
    job = card.jobs.get(str(change.job.ref)) if card else None
    events = events_of(change, followed=job is not None and concerns(job, change))
    decisions = (decide(event, state.destination, state.rules, state, state.now) for event in events)
    return any(decision.outcome is not Outcome.DROP for decision in decisions)


def _results(situation: Situation) -> Iterator[RuleResult]:
    event, rules = situation.event, situation.rules
    if event.account in rules.hidden:
        yield situation.drop(Reason.ACCESS, account=event.account)
        return
    if isinstance(event, JobEvent) and (card := situation.state.card_of(event.job.ref)):
        yield _of_subscription(situation._replace(rule=SUBSCRIPTION), event, card)
    for watch in rules.watches:
        covers = any(watch.spec.covers(event.account, service) for service in event.services)
        if covers and not watch.expired(situation.now):
            yield _of_watch(situation._replace(rule=watch.id), watch)


def _of_subscription(situation: Situation, event: JobEvent, card: Card) -> RuleResult:
    """Return the result of a subscription for an event of its job."""
    if not event.followed:
        return situation.drop(Reason.UNSUBSCRIBED)
    if card.batch and card.over and event.happened in ENDS and situation.state.batch_end_wanted(card):
        return _in_batch(situation, event, card)
    if not card.terms.wants_event(event.happened):
        return situation.drop(Reason.NOT_WANTED, on=on_words(card.terms.on))
    if card.batch and not (On.ANY in card.terms.on and event.happened not in ENDS):
        return _in_batch(situation, event, card)
    if event.happened in FAILURES and not in_thread_alone(card):
        return _failure(situation, event, None, card.snooze)
    return _in_thread(situation, event, card)


def _in_thread(situation: Situation, event: JobEvent, card: Card) -> RuleResult:
    """Return the result for a reply to a card: posted, held, or counted in a storm message."""
    if card.snooze:
        return situation.hold(Reason.SNOOZED, card.snooze.until)
    counted = bool(card.ts) and event.happened not in FAILURES
    if counted and _catches_up(situation):
        return situation.fold(Reason.CATCH_UP)
    if counted and situation.state.waiting.replies > REPLIES_MAX:
        return situation.fold(Reason.STORM, waiting=situation.state.waiting.replies)
    return situation.post(Reason.WANTED)


def has_reply(card: Card, event: EventKind) -> bool:
    """Return whether a storm message may count the event's reply: it is no failure and ends no batch."""
    own = not card.batch or (On.ANY in card.terms.on and event not in ENDS)
    return own and event not in FAILURES and card.terms.wants_event(event)


def in_thread_alone(card: Card) -> bool:
    """Return whether notifications of a card always stay in its thread, in any number."""
    return card.terms.to is To.THREAD and not is_direct_message(card.place)


def _of_watch(situation: Situation, watch: Watch) -> RuleResult:
    """Return the result of a watch for an event of a service that it covers."""
    event = situation.event
    if dropped := _not_matched(situation, watch):
        return dropped
    if isinstance(event, ServiceEvent):
        return _of_service(situation, event, watch)
    card = situation.state.card_of(event.job.ref) if event.followed else None
    if watch.held_until:
        return _of_removed(situation, event, card, watch.held_until)
    if card and card.batch:
        own = has_reply(card, event.happened)
        return _in_thread(situation, event, card) if own else _in_batch(situation, event, card)
    if event.happened in FAILURES:
        return _failure(situation, event, watch.spec.after, None)
    return _new_message(situation, situation.post(Reason.WANTED), None)


def _not_matched(situation: Situation, watch: Watch) -> RuleResult | None:
    """Return why a watch does not want an event of a service that it covers; None if it does."""
    event = situation.event
    if event.at < watch.at:
        return situation.drop(Reason.BASELINE)
    if not wants(watch.spec.on, event.happened):
        return situation.drop(Reason.NOT_WANTED, on=on_words(watch.spec.on))
    if isinstance(event, ServiceEvent):
        return None
    if not any(watch.spec.matches(job) for job in event.jobs):
        return situation.drop(Reason.FILTERED)
    if event.happened in FAILURES and (mute := situation.rules.muting(event.job, situation.now)):
        return situation.drop(Reason.MUTED, mute=mute.id)
    return None


def _of_removed(situation: Situation, event: JobEvent, card: Card | None, until: datetime) -> RuleResult:
    """Return the result of a removed watch, which may be restored.

    A batch reports the events of its jobs without the watch.
    """
    if card and card.batch:
        return situation.drop(Reason.NO_RULE)
    group = situation.state.group_of(event.fingerprint) if event.happened in FAILURES else None
    if group and group.takes and (not group.in_gap or group.full):
        return situation.fold(Reason.GROUP, group=group.id)
    return situation.hold(Reason.REMOVED, until)


def _of_service(situation: Situation, event: ServiceEvent, watch: Watch) -> RuleResult:
    """Return the result of a watch for a service that went down or is back.

    If the service is back before its message was posted, neither event is news.
    """
    down = situation.state.down(event.account, event.service)
    if event.happened is EventKind.UP and down:
        return situation.fold(Reason.BACK, group=down.id) if down.posted else situation.drop(Reason.AS_BEFORE)
    if event.happened is EventKind.UP:
        return situation.drop(Reason.NO_RULE)
    if down:
        return situation.fold(Reason.GROUP, group=down.id)
    if watch.held_until:
        return situation.hold(Reason.REMOVED, watch.held_until)
    return _new_message(situation, situation.post(Reason.WANTED), None)


def _in_batch(situation: Situation, event: JobEvent, card: Card) -> RuleResult:
    """Return the result for an event of a batch. A batch has one head and one final post."""
    if card.over:
        result = situation.post(Reason.BATCH_FINISHED)
    elif event.happened in FAILURES and not situation.state.batch_head(card.id) and not situation.state.waiting.ends:
        result = situation.post(Reason.BATCH_FAILED)
    else:
        return situation.fold(Reason.BATCH)
    return situation.hold(Reason.SNOOZED, card.snooze.until) if card.snooze else result


def _failure(situation: Situation, event: JobEvent, after: Threshold | None, snooze: Snooze | None) -> RuleResult:
    """Return the result for a wanted failure: it folds into an open group, is held for a threshold, or posted."""
    group = situation.state.group_of(event.fingerprint)
    if group and group.takes and not group.in_gap:
        return situation.fold(Reason.GROUP, group=group.id)
    if after is None:
        return _new_message(situation, situation.post(Reason.FIRST), snooze)
    window = timedelta(seconds=after.window_s)
    if after.count is not None:
        before = situation.state.last_group_of(event.fingerprint)
        lately = within(before.times, window, event.happened_at) if before else ()
        count = most_within([*lately, *_times_with(group, event)], window)
        reached, progress = count >= after.count, {"count": count, "of": after.count}
    else:
        failed, ended = situation.state.ended_since((event.account, event.service), event.happened_at - window)
        reached = share_reached(failed, ended, after.share or 0)
        progress = {"count": failed, "ended": ended, "share": after.share or 0}
    if not reached:
        return situation.hold(Reason.THRESHOLD, situation.now + window, **progress, window_s=after.window_s)
    return _new_message(situation, situation.post(Reason.REACHED, **progress, window_s=after.window_s), snooze)


def _times_with(group: FailureGroup | None, event: JobEvent) -> Sequence[datetime]:
    """Return when the failures of a group happened, including this event once."""
    if group is None:
        return [event.happened_at]
    counted = any(each.event == event.id for each in group.held)
    return group.times if counted else [*group.times, event.happened_at]


def _new_message(situation: Situation, post: RuleResult, snooze: Snooze | None) -> RuleResult:
    """Return whether a new message is posted now, held, or folded into a storm message.

    `snooze` is that of the card. A card has none once it is over.
    """
    here = situation.rules.snooze
    if here and not here.over(situation.now):
        snooze = here
    if snooze:
        return situation.hold(Reason.SNOOZED, snooze.until)
    if _catches_up(situation):
        return situation.fold(Reason.CATCH_UP)
    if (posts := len(situation.state.recent_posts)) >= BUDGET:
        return situation.fold(Reason.STORM, posts=posts, window_s=int(BUDGET_WINDOW.total_seconds()))
    return post


def _catches_up(situation: Situation) -> bool:
    """Return whether an event belongs in the message about the downtime of Callboard."""
    storm = situation.state.storm()
    return situation.event.late and (situation.state.waiting.late > 1 or bool(storm and storm.offline_from))
