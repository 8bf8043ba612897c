"""The use cases of subscriptions: subscribe, unsubscribe, list, restore, keep looking."""

from collections.abc import Sequence

from bot.addresses import Address
from bot.answers import JobDetails
from bot.cards import Shown, Terms
from bot.notices import Subscribed, Unsubscribed
from bot.services import Services

SEEK_MINUTES = 10
"""For this long an id that no service knows is looked for."""


async def subscribe(
    services: Services, addresses: Sequence[Address], here: str, terms: Terms, *, card: str | None = None
) -> tuple[JobDetails, Subscribed]:
    """Follow these jobs in the channel `here`, or for `terms.user` alone when the terms say so.

    Returns what the services know of the jobs, and what came of it: jobs that had ended are not followed. `card` is
    the card to use again, if it still is there: that of an unsubscription taken back.
    """
    raise NotImplementedError


async def unsubscribe(services: Services, addresses: Sequence[Address] | None, here: str, user: str) -> Unsubscribed:
    """Stop following these jobs (None: all) in the channel `here`; those followed for `user` alone are found too."""
    raise NotImplementedError


async def subscriptions(services: Services, *, here: str | None = None, user: str | None = None) -> Sequence[Shown]:
    """Return the cards of the channel `here`, or all that `user` subscribed to, oldest first."""
    raise NotImplementedError


async def restore(services: Services, place: str, card: str | None, user: str) -> Subscribed:
    """Post to a suspended place again; with `card`, follow its jobs again that their providers had lost."""
    raise NotImplementedError


async def seek(services: Services, ids: Sequence[str], here: str, terms: Terms) -> None:
    """Look for ids that no service knows, for SEEK_MINUTES, and follow them in `here` once one does."""
    raise NotImplementedError


async def refresh(services: Services, addresses: Sequence[Address]) -> None:
    """Ask about followed jobs now, before it is their turn; their cards follow."""
    raise NotImplementedError
