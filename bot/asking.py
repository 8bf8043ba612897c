"""Asks many services at once under one deadline: each costs at most one line of the answer, never the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.answers import ServiceError
from bot.errors import Problem, UsageError
from bot.services import Services
from bot.store import Outcome, StoreUnavailable
from providers.base import Provider
from providers.deadline import within
from providers.errors import ProviderError

T = TypeVar("T")
Ask = Callable[[Provider, T], Awaitable[None]]


@dataclass(slots=True)
class Asked(Generic[T]):
    """What one service answered. `error` may stand beside a partial result; `latency_s` is how long it took.

    `requests` counts those sent to the cloud: an answer without any says nothing about the service's health.
    """

    provider: Provider
    result: T
    error: ServiceError | None
    latency_s: float
    requests: int = 0

    @property
    def address(self) -> tuple[str, str]:
        return self.provider.account, self.provider.service


async def ask_all(
    services: Services,
    providers: Sequence[Provider],
    ask: Ask[T],
    empty: Callable[[], T],
) -> list[Asked[T]]:
    """Ask every provider at the same time; answers stand in the order of the providers.

    `ask` fills the result that `empty` makes, so that what was there when the time ran out is kept. Raises UsageError
    for somebody who may see nothing.
    """
    if services.catalog.nothing:
        raise UsageError(Problem.NOTHING_FOR_YOU)
    asked = await asyncio.gather(*(_ask(provider, ask, empty(), services.answer_s) for provider in providers))
    for each in asked:
        services.metrics.requested(*each.address, each.error.kind if each.error else "ok", each.requests)
    return await _remember_health(services, asked)


async def _ask(provider: Provider, ask: Ask[T], result: T, seconds: float) -> Asked[T]:
    began = time.perf_counter()
    error: ServiceError | None = None
    requests = 0
    try:
        async with within(seconds) as question:
            try:
                await ask(provider, result)
            finally:
                requests = question.requests
    except ProviderError as failure:
        error = ServiceError.of(failure, provider.account, provider.service)
    except StoreUnavailable:
        error = unanswered(provider, "memory", "Redis cannot be reached, and this service lists from it alone")
    except TimeoutError:
        error = unanswered(provider, "late", f"no answer within {seconds:g} s")
    return Asked(provider, result, error, time.perf_counter() - began, requests)


def unanswered(provider: Provider, kind: str, message: str) -> ServiceError:
    """Describe a failure that no cloud reported."""
    return ServiceError(
        account=provider.account, service=provider.service, kind=kind, code=kind, message=message, retryable=True
    )


async def _remember_health(services: Services, asked: list[Asked[T]]) -> list[Asked[T]]:
    """Keep how each service did, and learn since when the failing ones fail. Without Redis both are left out."""
    outcomes = [Outcome(*each.address, each.latency_s, each.error) for each in asked if each.requests]
    try:
        since = await services.store.health.record(outcomes, services.clock())
    except StoreUnavailable:
        return asked
    for each in asked:
        if each.error and each.address in since:
            each.error = each.error.model_copy(update={"failing_since": since[each.address]})
    return asked
