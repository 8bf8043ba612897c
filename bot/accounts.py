"""How the accounts are doing: each service asked once, with the least that it can be asked."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.answers import AccountsHealth, ServiceHealth
from bot.asking import Asked, ask_all
from bot.services import Services
from bot.store import Health, StoreUnavailable
from bot.store.sweeps import Sweep
from bot.store.tracked import Service
from providers.base import Provider
from providers.deadline import fresh
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
        with fresh():
            await probe(provider)

    asked = await ask_all(services, services.providers, ask, _Nothing, question="accounts")
    known = await _known(services, [answer.address for answer in asked])
    return AccountsHealth(
        services=tuple([await _health(answer, known) for answer in asked]),
        checked_at=checked_at,
        slack_paused=known.paused,
    )


@dataclass(slots=True)
class _Known:
    """What Redis has of the services; without Redis nothing."""

    health: Mapping[Service, Health] = field(default_factory=dict[Service, Health])
    sweeps: Mapping[Service, Sweep] = field(default_factory=dict[Service, Sweep])
    followed: Mapping[Service, int] = field(default_factory=dict[Service, int])
    paused: Mapping[str, float] = field(default_factory=dict[str, float])


async def _known(services: Services, addresses: Sequence[Service]) -> _Known:
    store, known = services.store, _Known()
    with suppress(StoreUnavailable):
        known.health = await store.health.read(addresses)
        known.sweeps = await store.sweeps.read(addresses)
        states = await store.tracked.state(addresses)
        known.followed = {service: state[0] for service, state in zip(addresses, states, strict=True)}
        workspace = services.audience.workspace if services.audience else ""
        paused = {each: await store.slack.paused(workspace, each) for each in ("chat.postMessage", "chat.update")}
        known.paused = {method: seconds for method, seconds in paused.items() if seconds}
    return known


async def probe(provider: Provider) -> None:
    """Make one real and cheap call; raises ProviderError when the service does not answer it."""
    if provider.capabilities.lists:
        await provider.page(JobQuery(limit=1))
    else:
        await provider.lookup([NOBODYS_ID])


async def _health(answer: Asked[_Nothing], known: _Known) -> ServiceHealth:
    provider = answer.provider
    budget = await provider.budget_left()
    health = known.health.get(answer.address, Health())
    sweep = known.sweeps.get(answer.address, Sweep())
    return ServiceHealth(
        account=provider.account,
        service=provider.service,
        region=provider.region,
        lists=provider.capabilities.lists,
        latency_s=None if answer.error else answer.latency_s,
        waited=answer.waited,
        error=answer.error,
        last_ok_at=max(filter(None, (health.last_ok_at, sweep.at)), default=None),
        last_error=health.last_error,
        last_error_at=health.last_error_at,
        budget_left=budget.left,
        budget=budget.of,
        followed=known.followed.get(answer.address, 0),
        swept_at=sweep.at,
        swept_jobs=sweep.jobs,
        swept_requests=sweep.requests,
    )
