"""List subscriptions: the cards of a channel or of a person that the requester may see."""

from collections.abc import Sequence

from bot.delivery.shown_cards import shown
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.cards import Card, Shown
from bot.rules.card_reducer import expected
from providers.models import JobRef


async def subscriptions(deps: Deps, *, here: str | None = None, user: str | None = None) -> Sequence[Shown]:
    """Return the cards of a channel, or all that `user` subscribed to, oldest first. Raises StoreUnavailable."""
    destinations = [here] if here else sorted(await deps.store.tracked.destinations_of(user or ""))
    cards: list[Card] = []
    suspended: dict[str, str] = {}
    for destination in destinations:
        snapshot = await read_outbox(deps, destination)
        seen = (visible_part(deps, card) for card in expected(snapshot).values())
        cards += [card for card in seen if not card.over and (user is None or user in card.subscribers)]
        if snapshot.suspension:
            suspended[destination] = snapshot.suspension.reason
    cards.sort(key=lambda card: card.terms.at)
    drawn = await shown(deps, cards)
    return [each.model_copy(update={"suspended": suspended.get(each.card.place)}) for each in drawn]


def visible_part(deps: Deps, card: Card) -> Card:
    """Return a card without the jobs that may not be seen here."""
    jobs = {ref: each for ref, each in card.jobs.items() if deps.sees(JobRef.parse(ref).account)}
    return card if len(jobs) == len(card.jobs) else card.model_copy(update={"jobs": jobs})


def tracked_jobs(card: Card) -> list[JobRef]:
    """Return the jobs of a card that are still followed."""
    return [JobRef.parse(ref) for ref, each in card.jobs.items() if each.fate is None]
