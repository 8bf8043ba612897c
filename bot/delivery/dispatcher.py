"""Tells places what waits for them: in order, at Slack's pace, each message exactly once.

One thing after the other: read what waits, decide what comes first (`bot.delivery.next_step`), then change what cards
are to show or post one message (`bot.delivery.sender`). Edits of cards are another task (`bot.delivery.card_editor`):
no post waits for them.
"""

import secrets
from datetime import timedelta

import structlog

from bot.delivery import next_step
from bot.delivery.card_editor import dropped
from bot.delivery.context import DeliveryContext
from bot.delivery.direct_messages import notify_of_lost, notify_of_suspension
from bot.delivery.next_step import LATE_AFTER, Step
from bot.delivery.sender import POST_INTERVAL_S, finish, post, recover
from bot.delivery.unreadable import repair
from bot.deps.deps import Deps
from bot.domain.card_reducer import expected
from bot.domain.elapsed import passed
from bot.domain.notifications import WAITS
from bot.domain.outbox import InFlightPost, OutboxSnapshot, SubscribedEntry
from bot.slack_api.errors import HOLD_S
from bot.task_queue.enqueue import enqueue_card_update, enqueue_home_refresh

NEWER_S = 10.0
"""Seconds until a place with records of a newer version is checked again."""
DIGEST_WAIT = timedelta(seconds=30)
"""For so long what was noticed late waits for the other services, so that one message tells it all."""
VISIT = timedelta(seconds=8)
"""A visit to one place ends after this long, so that others get their turn."""

log = structlog.get_logger("callboard")


async def deliver(deps: Deps, destination: str) -> float | None:
    """Do what can be done for a place now; return after how many seconds to come again, None when nothing waits.

    Raises StoreUnavailable.
    """
    deps = deps.whole
    context = await DeliveryContext.to(deps, destination)
    if context is None:
        return HOLD_S
    ends = deps.clock() + VISIT
    while deps.clock() < ends:
        box = await context.read()
        if box.newer:
            log.warning("a newer version wrote records, nothing is delivered", place=destination, **_numbers(box))
            return NEWER_S
        if await repair(context, box):
            continue
        if wait := await _next(context, box):
            return wait
        if box.suspension:
            return None
        if box.stale and not box.entries:
            await enqueue_card_update(deps, destination)
        if not (box.entries or box.in_flight or next_step.due(box, context.now)):
            if await dropped(context, box) and not box.stale:
                await deps.store.outbox.drop_destination(destination)
            return None
    return 0.1


def _numbers(box: OutboxSnapshot) -> dict[str, int]:
    """How many records of each kind a newer version wrote."""
    return {kind.value: number for kind, number in box.newer.items()}


async def _next(context: DeliveryContext, box: OutboxSnapshot) -> float:
    """Do one thing; return for how long to wait before the next."""
    if box.suspension:
        await notify_of_suspension(context, box, box.suspension)
        if context.now - box.suspension.since >= WAITS and all(card.over for card in expected(box).values()):
            await _give_up(context, box)
            return 0.1
        return 0
    if box.in_flight:
        return await recover(context, box.in_flight)
    if _late_just_now(context, box):
        if await _waits_for_others(context):
            return POST_INTERVAL_S
        box = await context.read()  # with what the last of the others told meanwhile
    if step := next_step.next_step(box, context.now):
        return await _post_next(context, box, step)
    return 0


async def _give_up(context: DeliveryContext, box: OutboxSnapshot) -> None:
    """Drop all that waits for a suspended place. The suspension goes last, so that this can be done again."""
    outbox = context.deps.store.outbox
    log.warning("what waited for a suspended place is dropped", place=box.destination, entries=len(box.entries))
    await outbox.ack(box.destination, Step(box.entries).by_slot)
    if box.in_flight:
        await outbox.release(box.destination, box.in_flight.id)
    for card_id in box.cards:
        await outbox.unmark(box.destination, card_id, box.stale.get(card_id, ""), drop=box.records[card_id])
    await outbox.restore(box.destination)


async def _post_next(context: DeliveryContext, box: OutboxSnapshot, step: Step) -> float:
    await notify_of_lost(context, box, step)
    wait = await _carry_out(context, box, step)
    await enqueue_home_refresh(context.deps, _subscribers(box, step))
    return wait


async def _carry_out(context: DeliveryContext, box: OutboxSnapshot, step: Step) -> float:
    if step.post is not None:
        return await post(context, box, step, step.post)
    shown = InFlightPost(
        id=secrets.token_hex(8), at=context.now, posts=False, writes=tuple(step.writes), entries=step.by_slot
    )
    if await context.deps.store.outbox.apply(box.destination, shown, box.turn):
        await finish(context, shown)
    return 0


def _subscribers(box: OutboxSnapshot, step: Step) -> set[str]:
    """Who subscribed to what a step is about."""
    bodies = [entry.body for entry in step.entries]
    known = {user for write in step.writes if write.id in box.cards for user in box.cards[write.id].subscribers}
    return known | {body.terms.user for body in bodies if isinstance(body, SubscribedEntry)}


def _late_just_now(context: DeliveryContext, box: OutboxSnapshot) -> bool:
    """Whether something was noticed late, and only just now: other services may be about to tell more."""
    found = [at for entry in box.entries if (at := next_step.noticed_late(entry))]
    return bool(found) and not passed(min(found), DIGEST_WAIT, context.now)


async def _waits_for_others(context: DeliveryContext) -> bool:
    """Whether there are services with followed jobs that have not been asked since the downtime."""
    pairs = context.deps.catalog.pairs
    states = await context.deps.store.tracked.state(pairs)
    sweeps = await context.deps.store.sweeps.read(pairs)
    followed = [sweeps[service] for service, (number, _, _) in zip(pairs, states, strict=True) if number]
    return any(sweep.tried_at is None or passed(sweep.tried_at, LATE_AFTER, context.now) for sweep in followed)
