"""Delivers what waits for destinations: in order, at Slack's pace, each message exactly once.

Each round reads the outbox and decides on the first step (`bot.delivery.next_step`). Then it updates the cards or posts
one message (`bot.delivery.sender`). Another task edits the cards (`bot.delivery.card_editor`), so that no post waits
for an edit.
"""

import secrets
from datetime import timedelta

import structlog

from bot.delivery import next_step
from bot.delivery.card_editor import dropped
from bot.delivery.context import DeliveryContext
from bot.delivery.direct_messages import notify_of_lost, notify_of_suspension
from bot.delivery.next_step import DeliveryStep, NeedsNumbers
from bot.delivery.sender import POST_INTERVAL_S, finish, post, recover
from bot.delivery.unreadable import repair
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.elapsed import passed
from bot.domain.notifications import WAITS
from bot.domain.outbox import InFlightPost, OutboxSnapshot, SubscribedEntry
from bot.rules.card_reducer import expected
from bot.rules.job_events import LATE_AFTER
from bot.slack_api.errors import HOLD_S
from bot.task_queue.enqueue import (
    enqueue_card_update,
    enqueue_delivery,
    enqueue_delivery_at,
    enqueue_home_refresh,
)

NEWER_S = 10.0
"""Seconds until a destination with records of a newer version is checked again."""
DIGEST_WAIT = timedelta(seconds=30)
"""Events noticed late wait this long for other services, so that one message covers them all."""
PLANNED_AHEAD = timedelta(minutes=1)
"""Timers are planned this long ahead; every destination is visited once a minute."""
TIMER_LEAST = timedelta(seconds=1)
"""The shortest time to a timer."""
VISIT = timedelta(seconds=8)
"""A delivery to one destination ends after this long, so that others get their turn."""

log = structlog.get_logger("callboard")


async def deliver(deps: Deps, destination: str) -> float | None:
    """Deliver what is possible now. Return the seconds until the next call, None when nothing waits.

    Raises StoreUnavailable.
    """
    deps = deps.whole
    context = await DeliveryContext.to(deps, destination)
    if context is None:
        return HOLD_S
    ends = deps.clock() + VISIT
    while deps.clock() < ends:
        snapshot = await context.read()
        if snapshot.newer:
            log.warning(
                "a newer version wrote records, delivery stopped", destination=destination, **_numbers(snapshot)
            )
            return NEWER_S
        if await repair(context, snapshot):
            continue
        if wait := await _next(context, snapshot):
            return wait
        if snapshot.suspension:
            return None
        if snapshot.stale and not snapshot.entries:
            await enqueue_card_update(deps, destination)
        if not (snapshot.entries or snapshot.in_flight or next_step.due(snapshot, context.now)):
            if await dropped(context, snapshot) and not (snapshot.stale or snapshot.rules.some):
                await deps.store.outbox.drop_destination(destination)
            await _plan_timer(context, snapshot)
            return None
    return 0.1


async def deliver_now(deps: Deps, destination: str) -> OutboxSnapshot:
    """Deliver what is possible immediately. Return what is left."""
    await deliver(deps, destination)
    await enqueue_delivery(deps, destination)
    return await read_outbox(deps, destination)


def _numbers(snapshot: OutboxSnapshot) -> dict[str, int]:
    """Return how many records of each kind a newer version wrote."""
    return {kind.value: number for kind, number in snapshot.newer.items()}


async def _next(context: DeliveryContext, snapshot: OutboxSnapshot) -> float:
    """Do one thing. Return the seconds until the next."""
    if snapshot.suspension:
        await notify_of_suspension(context, snapshot, snapshot.suspension)
        if context.now - snapshot.suspension.since >= WAITS and all(card.over for card in expected(snapshot).values()):
            await _give_up(context, snapshot)
            return 0.1
        return 0
    if snapshot.in_flight:
        return await recover(context, snapshot.in_flight)
    if _late_just_now(context, snapshot):
        if await _waits_for_others(context):
            return POST_INTERVAL_S
        snapshot = await context.read()  # with what the last of the others posted until now
    if step := await _decide(context, snapshot):
        return await _post_next(context, snapshot, step)
    return 0


async def _decide(context: DeliveryContext, snapshot: OutboxSnapshot) -> DeliveryStep | None:
    """Return the first step, with as many numbers of new groups as it takes."""
    now, numbers = context.now, list[int]()
    while isinstance(step := next_step.next_step(snapshot, now, numbers), NeedsNumbers):
        more = max(1, step.count - len(numbers))
        numbers += await context.deps.store.watches.group_numbers(snapshot.destination, more)
    return step


async def _plan_timer(context: DeliveryContext, snapshot: OutboxSnapshot) -> None:
    """Schedule a delivery for the next timer, if that is soon. Timers are planned each minute."""
    timer, now = next_step.next_timer(snapshot), context.now
    if timer and timer <= now + PLANNED_AHEAD:
        await enqueue_delivery_at(context.deps, snapshot.destination, max(timer, now + TIMER_LEAST))


async def _give_up(context: DeliveryContext, snapshot: OutboxSnapshot) -> None:
    """Drop all that waits for a suspended destination. The suspension is removed last, so that this is repeatable."""
    outbox = context.deps.store.outbox
    log.warning(
        "dropped the entries of a suspended destination",
        destination=snapshot.destination,
        entries=len(snapshot.entries),
    )
    await outbox.ack(snapshot.destination, DeliveryStep(snapshot.entries).by_slot)
    if snapshot.in_flight:
        await outbox.release(snapshot.destination, snapshot.in_flight.id)
    for name, text in snapshot.records.items():
        await outbox.unmark(snapshot.destination, name, snapshot.stale.get(name, ""), drop=text)
    await outbox.restore(snapshot.destination)


async def _post_next(context: DeliveryContext, snapshot: OutboxSnapshot, step: DeliveryStep) -> float:
    await notify_of_lost(context, snapshot, step)
    wait = await _carry_out(context, snapshot, step)
    await enqueue_home_refresh(context.deps, _subscribers(snapshot, step))
    return wait


async def _carry_out(context: DeliveryContext, snapshot: OutboxSnapshot, step: DeliveryStep) -> float:
    if step.notification is not None:
        return await post(context, snapshot, step, step.notification)
    shown = InFlightPost(
        id=secrets.token_hex(8),
        at=context.now,
        posts=False,
        writes=tuple(step.writes),
        entries=step.by_slot,
        members=step.members,
        decisions=step.kept_decisions,
    )
    if await context.deps.store.outbox.apply(snapshot.destination, shown, snapshot.turn):
        await finish(context, shown)
    return 0


def _subscribers(snapshot: OutboxSnapshot, step: DeliveryStep) -> set[str]:
    """Return the subscribers to the jobs of a step."""
    bodies = [entry.body for entry in step.entries]
    known = {
        user for write in step.writes if write.id in snapshot.cards for user in snapshot.cards[write.id].subscribers
    }
    return known | {body.terms.user for body in bodies if isinstance(body, SubscribedEntry)}


def _late_just_now(context: DeliveryContext, snapshot: OutboxSnapshot) -> bool:
    """Return whether something was noticed late, and only just now: other services may follow soon."""
    found = [at for entry in snapshot.entries if (at := next_step.noticed_late(entry))]
    return bool(found) and not passed(min(found), DIGEST_WAIT, context.now)


async def _waits_for_others(context: DeliveryContext) -> bool:
    """Return whether services with followed jobs have not been polled since the downtime."""
    pairs = context.deps.catalog.pairs
    states = await context.deps.store.tracked.state(pairs)
    sweeps = await context.deps.store.sweeps.read(pairs)
    followed = [sweeps[service] for service, (number, _, _) in zip(pairs, states, strict=True) if number]
    return any(sweep.tried_at is None or passed(sweep.tried_at, LATE_AFTER, context.now) for sweep in followed)
