"""Decides what becomes of one event in one destination: post, fold, hold or drop, by which rule and why. Pure.

Each rule that may want the event is evaluated in one order: access, baseline, match, an open group or batch, threshold,
snooze, post budget, post. The loudest result counts. Delivery executes decisions, `/jobs why` reads them back, and a dry
run computes them without posting.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from bot.domain.cards import Card, Snooze, on_words, wants
from bot.domain.changes import Change, EventKind, ServiceEvent
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.destination_state import DestinationState
from bot.domain.failure_groups import BUDGET, FailureGroup
from bot.domain.watches import Rules, Threshold, Watch
from bot.rules.fingerprints import fingerprint
from bot.rules.thresholds import most_within, share_reached

Event = Change | ServiceEvent

FAILURES = frozenset({EventKind.FAILED, EventKind.LOST})
"""The events that form groups."""
REPLIES_MAX = 3
"""Thread replies about successes stay replies while at most this many wait for a destination."""


class Verdict(NamedTuple):
    """What one rule makes of an event."""

    outcome: Outcome
    reason: Reason
    rule: str = ""
    parameters: Mapping[str, str | int] = MappingProxyType({})
    until: datetime | None = None


def decide(event: Event, destination: str, rules: Rules, state: DestinationState, now: datetime) -> Decision:
    """Return what becomes of an event that was noticed by `now`."""
    verdicts = list(_verdicts(event, rules, state, now)) or [Verdict(Outcome.DROP, Reason.NO_RULE)]
    best = max(verdicts, key=lambda verdict: verdict.outcome.loudness)
    return Decision(
        event=event.id,
        at=now,
        outcome=best.outcome,
        reason=best.reason,
        rule=best.rule,
        also=tuple(each.rule for each in verdicts if each is not best and each.outcome is not Outcome.DROP),
        parameters=best.parameters,
        until=best.until,
    )


def _verdicts(event: Event, rules: Rules, state: DestinationState, now: datetime) -> Iterator[Verdict]:
    if event.account in rules.hidden:
        yield Verdict(Outcome.DROP, Reason.ACCESS, parameters={"account": event.account})
        return
    if isinstance(event, Change) and (card := state.card_of(event.job.ref)):
        yield _of_subscription(event, card, rules, state, now)
    for watch in rules.watches:
        if watch.spec.covers(event.account, event.service):
            yield _of_watch(event, watch, rules, state, now)


def _of_subscription(
    event: Change, card: Card, rules: Rules, state: DestinationState, now: datetime
) -> Verdict:
    """Return what a subscription makes of an event of its job, which is on its card."""
    if not card.terms.wants(event):
        return Verdict(Outcome.DROP, Reason.NOT_WANTED, SUBSCRIPTION, {"on": on_words(card.terms.on)})
    if card.batch:
        return _in_batch(event, card, SUBSCRIPTION, state)
    if event.happened in FAILURES and not card.in_thread_alone:
        return _failure(event, SUBSCRIPTION, None, card.snooze or rules.snooze, state, now)
    if card.snooze:
        return Verdict(Outcome.HOLD, Reason.SNOOZED, SUBSCRIPTION, until=card.snooze.until)
    if state.waiting_replies > REPLIES_MAX:
        return Verdict(Outcome.FOLD, Reason.STORM, SUBSCRIPTION, {"waiting": state.waiting_replies})
    return Verdict(Outcome.POST, Reason.WANTED, SUBSCRIPTION)


def _of_watch(event: Event, watch: Watch, rules: Rules, state: DestinationState, now: datetime) -> Verdict:
    """Return what a watch makes of an event of a service that it covers."""
    if event.at < watch.at:
        return Verdict(Outcome.DROP, Reason.BASELINE, watch.id)
    if not wants(watch.spec.on, event.happened):
        return Verdict(Outcome.DROP, Reason.NOT_WANTED, watch.id, {"on": on_words(watch.spec.on)})
    if not isinstance(event, Change):
        return _of_service(event, watch.id, rules, state, now)
    if not watch.spec.matches(event.job):
        return Verdict(Outcome.DROP, Reason.FILTERED, watch.id)
    if mute := rules.muting(event.job, now):
        return Verdict(Outcome.DROP, Reason.MUTED, watch.id, {"mute": mute.id})
    if (card := state.card_of(event.job.ref)) and card.batch:
        return _in_batch(event, card, watch.id, state)
    if event.happened in FAILURES:
        return _failure(event, watch.id, watch.spec.after, rules.snooze, state, now)
    return _new_message(watch.id, Reason.WANTED, {}, rules.snooze, state, now)


def _of_service(event: ServiceEvent, rule: str, rules: Rules, state: DestinationState, now: datetime) -> Verdict:
    """Return what a watch makes of a service that cannot be read, or can be again."""
    if event.happened is EventKind.DOWN:
        return _new_message(rule, Reason.WANTED, {}, rules.snooze, state, now)
    if down := state.down(event.account, event.service):
        return Verdict(Outcome.FOLD, Reason.BACK, rule, {"group": down.id})
    return Verdict(Outcome.DROP, Reason.NO_RULE, rule)


def _in_batch(event: Change, card: Card, rule: str, state: DestinationState) -> Verdict:
    """Return what becomes of an event of a job of a batch, which is on its card: it has one head, and one final post."""
    if card.over:
        outcome = Verdict(Outcome.POST, Reason.BATCH_FINISHED, rule)
    elif event.happened in FAILURES and not state.batch_head(card.id):
        outcome = Verdict(Outcome.POST, Reason.BATCH_FAILED, rule)
    else:
        outcome = Verdict(Outcome.FOLD, Reason.BATCH, rule)
    if outcome.outcome is Outcome.POST and card.snooze:
        return Verdict(Outcome.HOLD, Reason.SNOOZED, rule, until=card.snooze.until)
    return outcome


def _failure(  # noqa: PLR0917  # what a failure is judged by
    event: Change,
    rule: str,
    after: Threshold | None,
    snooze: Snooze | None,
    state: DestinationState,
    now: datetime,
) -> Verdict:
    """Return what becomes of a failure that a rule wants: an open group takes it in, a threshold holds it."""
    group = state.group_of(fingerprint(event.job))
    if group and group.posted:
        return Verdict(Outcome.FOLD, Reason.GROUP, rule, {"group": group.id})
    reached = _progress(event, after, group, state) if after else {}
    if after and not reached.pop("reached"):
        until = event.at + timedelta(seconds=after.window_s)
        return Verdict(Outcome.HOLD, Reason.THRESHOLD, rule, reached, until)
    return _new_message(rule, Reason.REACHED if after else Reason.FIRST, reached, snooze, state, now)


def _progress(
    event: Change, after: Threshold, group: FailureGroup | None, state: DestinationState
) -> dict[str, str | int]:
    """Return how far a threshold is with this failure, in the parameters of its reasons, and whether it is reached."""
    window = timedelta(seconds=after.window_s)
    times = [*(group.times if group else ()), event.happened_at]
    if after.count is not None:
        count = most_within(times, window)
        return {"count": count, "of": after.count, "window_s": after.window_s, "reached": count >= after.count}
    failed, ended = state.outcomes_within(event.account, event.service, event.happened_at - window)
    about = {"count": failed, "ended": ended, "share": after.share or 0, "window_s": after.window_s}
    return {**about, "reached": share_reached(failed, ended, after.share or 0)}


def _new_message(  # noqa: PLR0917  # what a new message is judged by
    rule: str,
    reason: Reason,
    parameters: Mapping[str, str | int],
    snooze: Snooze | None,
    state: DestinationState,
    now: datetime,
) -> Verdict:
    """Return whether a message of its own may be posted now, is held, or becomes part of a storm message."""
    if snooze and not snooze.over(now):
        return Verdict(Outcome.HOLD, Reason.SNOOZED, rule, until=snooze.until)
    if state.waiting_late > 1:
        return Verdict(Outcome.FOLD, Reason.CATCH_UP, rule)
    if (posts := state.posts_within(now)) >= BUDGET:
        return Verdict(Outcome.FOLD, Reason.STORM, rule, {"posts": posts})
    return Verdict(Outcome.POST, reason, rule, parameters)
