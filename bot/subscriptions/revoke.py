"""End subscriptions without a request: access, a service or the whole workspace was removed."""

from collections.abc import Collection

from bot.deps.deps import Deps
from bot.deps.outboxes import cards_to_change, last_seen, read_outbox
from bot.domain.cards import Card
from bot.domain.changes import LOSSES, EndReason
from bot.domain.outbox import UnsubscribedEntry
from bot.domain.service_key import Service
from bot.domain.slack_ids import is_direct_message
from bot.rules.card_reducer import expected
from bot.slack_api.membership import readers
from bot.subscriptions.listing import tracked_jobs
from bot.subscriptions.subscribe import end_subscription
from providers.models import JobRef


async def end_unseen(deps: Deps, destination: str) -> None:
    """Stop following jobs whose account the readers of a destination may no longer see.

    Rules changed, or a person left a group or became a guest. Raises StoreUnavailable.
    """
    access = deps.access
    if access.open and not is_direct_message(destination):
        return
    for card in cards_to_change(await read_outbox(deps, destination)):
        audience = await readers(deps, destination, card.terms.user)
        for ref in [JobRef.parse(ref) for ref in card.jobs] if card.has_held else tracked_jobs(card):
            if access.hides(ref.account, audience) and not await end_subscription(deps, ref, destination, ""):
                await _withhold(deps, ref, card)


async def end_unconfigured(deps: Deps, destination: str, gone: Collection[Service]) -> None:
    """Show on a destination's cards that these services are no longer configured. Raises StoreUnavailable."""
    for card in cards_to_change(await read_outbox(deps, destination)):
        for ref in tracked_jobs(card):
            if (ref.account, ref.service) in gone:
                job, now = await last_seen(deps, ref), deps.clock()
                entry = UnsubscribedEntry(job=job, by="", at=now, fate=EndReason.UNCONFIGURED)
                await deps.store.outbox.put(destination, entry, f"unconfigured:{card.id}:{ref}", card.id)


async def end_all(deps: Deps, destination: str) -> set[str]:
    """End all subscriptions of a destination, without a notification. Return the former subscribers.

    Raises StoreUnavailable.
    """
    cards = expected(await read_outbox(deps, destination)).values()
    for ref in await deps.store.tracked.subscribed(destination, deps.whole.catalog.pairs):
        await end_subscription(deps, ref, destination, "")
    for card in cards:
        for ref in (JobRef.parse(name) for name, each in card.jobs.items() if each.fate in LOSSES):
            await deps.store.lost.purge(ref, destination)
    return {user for card in cards for user in card.subscribers}


async def _withhold(deps: Deps, ref: JobRef, card: Card) -> None:
    """Remove the unposted notifications of a finished job from a card."""
    card_job = card.jobs[str(ref)]
    if card_job.job and card_job.fate is not EndReason.UNSUBSCRIBED:
        entry = UnsubscribedEntry(job=card_job.job, by="", at=deps.clock())
        await deps.store.outbox.put(card.place, entry, f"untold:{card.id}:{ref}", card.id)
