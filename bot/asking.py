"""Asks many services at once under one deadline: each costs at most one line of the answer, never the answer."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.answers import OwnLimit, ServiceError
from bot.errors import Problem, UsageError
from bot.services import Services
from bot.store import Outcome, StoreUnavailable
from providers.base import Provider
from providers.budget import OWN_LIMIT
from providers.deadline import Question, within
from providers.errors import ProviderError

T = TypeVar("T")
Ask = Callable[[Provider, T], Awaitable[None]]


@dataclass(slots=True)
class Asked(Generic[T]):
    """What one service answered. `error` may stand beside a partial result.

    `latency_s` is how long the service took over the last HTTP call, None without any; `waited` is the wait for our own
    request budget before it. `requests` counts those sent for this question alone: an answer without any says nothing
    about the service's health, unless it is a failure of a request that was `joined`. `age_s` says how long before the
    question its oldest part was asked for.
    """

    provider: Provider
    result: T
    error: ServiceError | None = None
    latency_s: float | None = None
    waited: OwnLimit | None = None
    requests: int = 0
    joined: bool = False
    age_s: float = 0.0

    @property
    def address(self) -> tuple[str, str]:
        return self.provider.account, self.provider.service

    def take(self, question: Question) -> None:
        """Note what the requests for this answer were like."""
        self.latency_s, self.waited = question.latency_s, OwnLimit.of(question)
        self.requests, self.joined, self.age_s = question.requests, question.joined, question.age_s


async def ask_all(
    services: Services,
    providers: Sequence[Provider],
    ask: Ask[T],
    empty: Callable[[], T],
    *,
    question: Hashable = None,
) -> list[Asked[T]]:
    """Ask every provider at the same time; answers stand in the order of the providers.

    `ask` fills the result that `empty` makes, so that what was there when the time ran out is kept. `question` is equal
    to that of whoever asks the same, None is equal to no other. The time runs from when it is the question's turn.
    Raises UsageError for a person who may see nothing, or has too many questions under way.
    """
    if services.catalog.nothing:
        raise UsageError(Problem.NOTHING_FOR_YOU)
    async with services.questions.turn(services.requester, object() if question is None else question):
        asked = await asyncio.gather(*(_ask(services, provider, ask, empty()) for provider in providers))
    for each in asked:
        services.metrics.requested(*each.address, _outcome(each.error), each.requests)
    return await _remember_health(services, asked)


async def _ask(services: Services, provider: Provider, ask: Ask[T], result: T) -> Asked[T]:
    asked, seconds = Asked(provider, result), services.answer_s
    try:
        async with within(seconds, requester=services.requester) as question:
            try:
                await ask(provider, result)
            finally:
                asked.take(question)
    except ProviderError as failure:
        asked.error = ServiceError.of(failure, *asked.address)
    except StoreUnavailable:
        asked.error = unanswered(provider, "memory", "Redis cannot be reached, and this service lists from it alone")
    except TimeoutError:
        asked.error = _late(asked, seconds)
    if asked.error:
        asked.error = asked.error.model_copy(update={"waited": asked.waited})
    return asked


def _late(asked: Asked[T], seconds: float) -> ServiceError:
    """Describe a service without an answer in time: our own budget is to blame where it took most of the time."""
    if asked.waited and asked.waited.seconds > seconds / 2:
        return unanswered(asked.provider, "throttled", "Callboard's own request budget is used up", code=OWN_LIMIT)
    return unanswered(asked.provider, "late", f"no answer within {seconds:g} s")


def unanswered(provider: Provider, kind: str, message: str, *, code: str = "") -> ServiceError:
    """Describe a failure that no cloud reported; its code is the kind where nothing else is said."""
    return ServiceError(
        account=provider.account,
        service=provider.service,
        kind=kind,
        code=code or kind,
        message=message,
        retryable=True,
    )


def checked(asked_at: datetime, asked: Iterable[Asked[T]]) -> datetime:
    """Return as of when an answer holds that was asked for at a time: shared parts are older than the question."""
    return asked_at - timedelta(seconds=max((each.age_s for each in asked), default=0))


async def _remember_health(services: Services, asked: list[Asked[T]]) -> list[Asked[T]]:
    """Keep how each service did, and learn since when the failing ones fail. Without Redis both are left out."""
    outcomes = [Outcome(*each.address, each.latency_s or 0.0, each.error) for each in asked if _says_how_it_is(each)]
    try:
        since = await services.store.health.record(outcomes, services.clock())
    except StoreUnavailable:
        return asked
    for each in asked:
        if each.error and each.address in since:
            each.error = each.error.model_copy(update={"failing_since": since[each.address]})
    return asked


def _outcome(error: ServiceError | None) -> str:
    """Name what became of requests; that there was no budget for one more is no failure of those before."""
    return "ok" if error is None or error.code == OWN_LIMIT else error.kind


def _says_how_it_is(each: Asked[T]) -> bool:
    """Whether a service itself answered or failed just now; a failure may be that of a request shared with others."""
    if each.error and each.error.code == OWN_LIMIT:
        return False
    return each.requests > 0 or (each.joined and each.error is not None)
