"""How the accounts are doing: each service asked once, with the least that it can be asked."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from bot.answers import AccountsHealth, ServiceHealth
from bot.asking import Asked, ask_all
from bot.services import Services
from bot.store import Health, StoreUnavailable
from providers.base import Provider
from providers.models import JobQuery

NOBODYS_ID = "0" * 32
"""An id that no job has: asking for it proves that a service which cannot list answers."""


@dataclass(slots=True)
class _Nothing:
    """The probe's answer does not matter, only that there is one."""


async def check_accounts(services: Services) -> AccountsHealth:
    """Ask every service once and tell how it did."""
    checked_at = services.clock()

    async def ask(provider: Provider, _: _Nothing) -> None:
        await probe(provider)

    asked = await ask_all(services, services.providers, ask, _Nothing)
    known: Mapping[tuple[str, str], Health] = {}
    with suppress(StoreUnavailable):
        known = await services.store.health.read([answer.address for answer in asked])
    health = [await _health(answer, known.get(answer.address)) for answer in asked]
    return AccountsHealth(services=tuple(health), checked_at=checked_at)


async def probe(provider: Provider) -> None:
    """Make one real and cheap call; raises ProviderError when the service does not answer it."""
    if provider.capabilities.lists:
        await provider.page(JobQuery(limit=1))
    else:
        await provider.lookup([NOBODYS_ID])


async def _health(answer: Asked[_Nothing], known: Health | None) -> ServiceHealth:
    provider = answer.provider
    budget = await provider.budget_left()
    return ServiceHealth(
        account=provider.account,
        service=provider.service,
        region=provider.region,
        lists=provider.capabilities.lists,
        latency_s=None if answer.error else answer.latency_s,
        error=answer.error,
        last_ok_at=known.last_ok_at if known else None,
        budget_left=budget.left,
        budget=budget.of,
    )
