"""Asks for work to be done soon: by whichever worker is free, once across the fleet."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from bot.cards import Terms
from bot.services import Services
from bot.store.tracked import Service

DELIVER = "deliver"
EDIT = "edit"
SWEEP = "sweep"
SEEK = "seek"


async def wake(services: Services, *places: str) -> None:
    """Have places told what waits for them; nothing happens where somebody is at it."""
    if services.docket is not None:
        for place in places:
            await services.docket.add(DELIVER, key=f"{DELIVER}:{place}")(place)


async def draw_soon(services: Services, place: str) -> None:
    """Have the cards of a place edited that need it; nothing happens while that is planned."""
    if services.docket is not None:
        await services.docket.add(EDIT, key=f"{EDIT}:{place}")(place)


async def look(services: Services, service: Service) -> None:
    """Have a service's followed jobs looked at, if that is not planned already."""
    if services.docket is not None:
        await services.docket.add(SWEEP, key=f"{SWEEP}:{'/'.join(service)}")(*service)


async def seek_again(services: Services, ids: Sequence[str], here: str, terms: Terms, when: datetime) -> None:
    """Have ids looked for at a time; whoever asks for the same again changes nothing."""
    if services.docket is not None:
        name = blake2b(" ".join([here, terms.user, *ids]).encode(), digest_size=8).hexdigest()
        key = f"{SEEK}:{name}:{when.timestamp():.3f}"
        await services.docket.add(SEEK, when=when, key=key)(tuple(ids), here, terms.model_dump_json())
