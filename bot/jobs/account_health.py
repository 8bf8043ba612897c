"""Checks the health of the accounts with one minimal request per service."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.deps.deps import Deps
from bot.domain.answers import AccountsHealth, ServiceHealth
from bot.domain.errors import StoreUnavailable
from bot.domain.service_key import Service
from bot.domain.sweeps import Sweep
from bot.jobs.fan_out import Known, Question, ServiceAnswer
from bot.store import Health
from providers.base import Provider, too_long
from providers.errors import InvalidQuery
from providers.http.deadline import fresh
from providers.models import JobQuery

NOBODYS_ID = "0" * 32
"""An id that no job has. Looking it up proves that a service without lists responds."""


@dataclass(slots=True)
class _Probed:
    """What a service answered: whether its list is too long to be read whole."""

    too_long: bool = False


def check_accounts(deps: Deps) -> Question[_Probed, AccountsHealth]:
    """Ask every service once for its health."""
    checked_at = deps.clock()

    async def ask(provider: Provider, into: _Probed) -> None:
        with fresh():
            into.too_long = await probe(provider)

    async def assemble(known: Known[_Probed]) -> AccountsHealth:
        kept = await _kept(deps, [answer.address for answer in known.asked])
        return AccountsHealth(
            services=tuple([await _health(answer, kept) for answer in known.asked]),
            checked_at=checked_at,
            slack_paused=kept.paused,
            pending=known.pending,
            late=known.late,
        )

    return Question(deps, deps.providers, ask, _Probed, assemble, same="accounts")


@dataclass(slots=True)
class _Kept:
    """What Redis has of the services. Empty without Redis."""

    health: Mapping[Service, Health] = field(default_factory=dict[Service, Health])
    sweeps: Mapping[Service, Sweep] = field(default_factory=dict[Service, Sweep])
    tracked: Mapping[Service, int] = field(default_factory=dict[Service, int])
    paused: Mapping[str, float] = field(default_factory=dict[str, float])


async def _kept(deps: Deps, addresses: Sequence[Service]) -> _Kept:
    store, kept = deps.store, _Kept()
    with suppress(StoreUnavailable):
        kept.health = await store.health.read(addresses)
        kept.sweeps = await store.sweeps.read(addresses)
        states = await store.tracked.state(addresses)
        kept.tracked = {service: state[0] for service, state in zip(addresses, states, strict=True)}
        workspace = deps.audience.workspace if deps.audience else ""
        paused = {each: await store.slack.paused(workspace, each) for each in ("chat.postMessage", "chat.update")}
        kept.paused = {method: seconds for method, seconds in paused.items() if seconds}
    return kept


async def probe(provider: Provider) -> bool:
    """Make one real and cheap call. Return whether the service's list is too long to read whole.

    Raises ProviderError when the service does not respond.
    """
    if provider.capabilities.lists:
        return too_long(provider.capabilities, await provider.page(JobQuery(limit=1)))
    with suppress(InvalidQuery):  # the response to an unknown id is not documented; any response is enough
        await provider.lookup([NOBODYS_ID])
    return False


async def _health(answer: ServiceAnswer[_Probed], kept: _Kept) -> ServiceHealth:
    provider = answer.provider
    budget = await provider.budget_left()
    health = kept.health.get(answer.address, Health())
    sweep = kept.sweeps.get(answer.address, Sweep())
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
        list_limit=provider.capabilities.page_max if answer.result.too_long else None,
        followed=kept.tracked.get(answer.address, 0),
        swept_at=sweep.at,
        swept_jobs=sweep.jobs,
        swept_requests=sweep.requests,
    )
