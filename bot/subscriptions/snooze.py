"""Snooze a card, and end its snooze."""

import secrets
from datetime import datetime

from bot.delivery.rendering import shown
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox, refuse_newer
from bot.deps.permissions import may_see
from bot.domain.card_reducer import expected
from bot.domain.cards import Card, Snooze
from bot.domain.outbox import SnoozedEntry
from bot.subscriptions.subscribe import deliver_now
from providers.models import JobRef


async def snooze(deps: Deps, card_id: str, here: str, user: str, until: datetime | None) -> Card | None:
    """Tell nothing until then about a card in the channel `here`, or for `user` alone; None tells everything again.

    Returns the card, None where nothing of it is left to be told. Raises StoreUnavailable, and UsageError for somebody
    who may not see all of it.
    """
    snapshots = [await read_outbox(deps, destination) for destination in (here, user)]
    card = next((cards[card_id] for cards in map(expected, snapshots) if card_id in cards), None)
    refuse_newer(*(snapshot for snapshot in snapshots if card is None or snapshot.destination == card.place))
    if card is None or (card.over and not card.has_held):
        return None
    may_see(deps, {JobRef.parse(ref).account for ref in card.jobs})
    now = deps.clock()
    entry = SnoozedEntry(at=now, snooze=Snooze(until=until, by=user) if until else None)
    await deps.store.outbox.put(card.place, entry, f"snoozed:{card_id}:{secrets.token_hex(5)}", card_id)
    (now_,) = await shown(deps, [expected(await deliver_now(deps, card.place)).get(card_id, card)])
    return now_.card.with_jobs(now_.jobs)
