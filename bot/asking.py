"""Asks many services at once under one deadline: each costs at most one line of the answer, never the answer.

What is there after a second is the first words; the whole answer follows when the last service has answered or is
waited for no longer. A request that the answer no longer waits for goes on: what it brings counts for the health of
its service, and for the jobs that Callboard remembers.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from bot.answers import Late, Partial, ServiceError
from bot.errors import Problem, UsageError
from bot.services import Services
from bot.store import Outcome, StoreUnavailable
from providers.base import Provider
from providers.deadline import within
from providers.errors import ProviderError

FIRST_WORDS_S = 1.0
"""What is there after this time is shown, unless the rest arrives within GRACE_S more."""
GRACE_S = 0.3

T = TypeVar("T")
V = TypeVar("V")
V_co = TypeVar("V_co", bound=Partial, covariant=True)
Ask = Callable[[Provider, T], Awaitable[None]]


class Asking(Protocol[V_co]):
    """A question that is answered in two steps, or in one."""

    async def first(self) -> V_co:
        """Return what is there after a second; it is all, unless some services are pending."""
        ...

    async def whole(self) -> V_co:
        """Return the whole answer."""
        ...


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


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What is known of a question at one moment; answers stand in the order of the providers.

    `pending` and `late` are those of `bot.answers.Answered`.
    """

    asked: Sequence[Asked[T]]
    pending: tuple[Late, ...] = ()
    late: tuple[Late, ...] = ()

    @property
    def services(self) -> int:
        return len(self.asked) + len(self.pending)


@dataclass(slots=True)
class _Request(Generic[T]):
    """What one service is asked. The answer waits for it for `waits_s`, until `ends` on the event loop's clock."""

    provider: Provider
    result: T
    task: asyncio.Task[Asked[T]]
    waits_s: float
    ends: float
    answered_at: float | None = None

    @property
    def address(self) -> tuple[str, str]:
        return _address(self.provider)

    @property
    def done(self) -> bool:
        return self.task.done()


class Question(Generic[T, V]):
    """A question to many services. Await it for the whole answer; `first` gives what is there after a second.

    `ask` fills the result that `empty` makes, so that what was there when the time ran out is kept. `assemble` turns
    what is known into the answer. Raises UsageError for a person who may see nothing.
    """

    def __init__(
        self,
        services: Services,
        providers: Sequence[Provider],
        ask: Ask[T],
        empty: Callable[[], T],
        assemble: Callable[[Known[T]], Awaitable[V]],
    ) -> None:
        self._services = services
        self._providers = providers
        self._ask = ask
        self._empty = empty
        self._assemble = assemble
        self._requests: list[_Request[T]] = []
        self._sent = asyncio.Event()
        self._run: asyncio.Task[None] | None = None
        self._began = 0.0
        self._pending: list[Provider] = []

    def __await__(self) -> Generator[Any, Any, V]:
        return self.whole().__await__()

    async def first(self) -> V:
        """Return what is there after a second; services that have not answered by then are pending."""
        running = self._running()
        await _done([running], self._began + FIRST_WORDS_S + GRACE_S)
        if running.done():
            running.result()
        answered = [each.task.result() for each in self._requests if each.done]
        there = {each.address for each in answered}
        self._pending = [each for each in self._providers if _address(each) not in there]
        return await self._assemble(Known(answered, pending=tuple(self._late(each) for each in self._pending)))

    async def whole(self) -> V:
        """Return the answer once every service has answered, or is waited for no longer."""
        running = self._running()
        await self._sent.wait()
        while waiting := [each for each in self._requests if not each.done and each.ends > _now()]:
            await _done([each.task for each in waiting], min(each.ends for each in waiting))
        if running.done():
            running.result()
        since = await self._failing_since([each.address for each in self._requests if not each.done])
        asked = [each.task.result() if each.done else _given_up(each, since) for each in self._requests]
        took = {each.address: (each.answered_at or _now()) - self._began for each in self._requests}
        late = tuple(self._late(each, took[_address(each)]) for each in self._pending)
        return await self._assemble(Known(asked, late=late))

    def _running(self) -> asyncio.Task[None]:
        if self._services.catalog.nothing:
            raise UsageError(Problem.NOTHING_FOR_YOU)
        if self._run is None:
            self._began = _now()
            self._run = self._services.background.start(self._send())
        return self._run

    async def _send(self) -> None:
        """Ask every service when the question's turn has come, and wait until all have answered."""
        try:
            await self._services.pace.turn()
            self._requests = [self._request(provider) for provider in self._providers]
        finally:
            self._sent.set()
        await _done([each.task for each in self._requests])

    def _request(self, provider: Provider) -> _Request[T]:
        services, result = self._services, self._empty()
        waits_s = services.patience.for_question(_address(provider), services.answer_s)
        task = services.background.start(_answer(services, provider, self._ask, result))
        # A full wait ends with the request itself, which knows best why there is no answer.
        ends = math.inf if waits_s == services.answer_s else _now() + waits_s
        request = _Request(provider, result, task, waits_s, ends)

        def answered(_: object) -> None:
            request.answered_at = _now()

        task.add_done_callback(answered)
        return request

    def _late(self, provider: Provider, after_s: float | None = None) -> Late:
        alone = sum(each.service == provider.service for each in self._providers) == 1
        return Late(account=provider.account, service=provider.service, alone=alone, after_s=after_s)

    async def _failing_since(self, given_up: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], datetime | None]:
        if given_up:
            with suppress(StoreUnavailable):
                known = await self._services.store.health.read(given_up)
                return {address: health.failing_since for address, health in known.items()}
        return {}


def _address(provider: Provider) -> tuple[str, str]:
    return provider.account, provider.service


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _done(tasks: Sequence[asyncio.Task[Any]], ends: float = math.inf) -> None:
    """Wait until all of these tasks are done, or until `ends` on the event loop's clock; they go on then."""
    if tasks:
        await asyncio.wait(tasks, timeout=None if ends == math.inf else max(0.0, ends - _now()))


def _given_up(request: _Request[T], since: Mapping[tuple[str, str], datetime | None]) -> Asked[T]:
    error = _late_by(request.provider, request.waits_s)
    error = error.model_copy(update={"failing_since": since.get(request.address)})
    return Asked(request.provider, request.result, error, request.waits_s)


async def _answer(services: Services, provider: Provider, ask: Ask[T], result: T) -> Asked[T]:
    """Ask one service, and learn how it did; this goes on when the answer no longer waits for it."""
    asked = await _ask(provider, ask, result, services.answer_s)
    services.metrics.requested(*asked.address, asked.error.kind if asked.error else "ok", asked.requests)
    if not asked.requests:
        return asked
    if asked.error and asked.error.kind == "late":
        services.patience.missed(asked.address)
    else:
        services.patience.responded(asked.address)
    outcome = Outcome(*asked.address, asked.latency_s, asked.error)
    with suppress(StoreUnavailable):  # without Redis it is not known since when a service fails
        since = await services.store.health.record([outcome], services.clock())
        if asked.error and asked.address in since:
            asked.error = asked.error.model_copy(update={"failing_since": since[asked.address]})
    return asked


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
        if error.code == "timeout":  # the last try was cut off by the deadline
            error = error.model_copy(update={"kind": "late"})
    except StoreUnavailable:
        error = unanswered(provider, "memory", "Redis cannot be reached, and this service lists from it alone")
    except TimeoutError:
        error = _late_by(provider, seconds)
    return Asked(provider, result, error, time.perf_counter() - began, requests)


def _late_by(provider: Provider, seconds: float) -> ServiceError:
    return unanswered(provider, "late", f"no answer within {seconds:g} s")


def unanswered(provider: Provider, kind: str, message: str) -> ServiceError:
    """Describe a failure that no cloud reported."""
    return ServiceError(
        account=provider.account, service=provider.service, kind=kind, code=kind, message=message, retryable=True
    )
