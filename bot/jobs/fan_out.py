"""Asks many services under one deadline. A failing service costs one line of the answer, never the answer.

The first words show what is there after a second. The whole answer follows after the last service has answered or the
wait for it is over. A request continues after the answer stops waiting for it: its result counts for the health of its
service, and for the remembered jobs.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from bot.deps.deps import Deps
from bot.domain.answers import Late, OwnLimit, Partial, ServiceError
from bot.domain.errors import StoreUnavailable, UsageError
from bot.store import Outcome
from providers.base import Provider
from providers.errors import ProviderError
from providers.http import deadline
from providers.http.deadline import within
from providers.http.rate_limit import OWN_LIMIT

FIRST_WORDS_S = 1.0
"""The first words show what is there after this many seconds, unless the rest arrives within GRACE_S more."""
GRACE_S = 0.3

T = TypeVar("T")
V = TypeVar("V")
V_co = TypeVar("V_co", bound=Partial, covariant=True)
ProviderCall = Callable[[Provider, T], Awaitable[None]]


class Asking(Protocol[V_co]):
    """A question that is answered in two steps, or in one."""

    async def first(self) -> V_co:
        """Return what is there after a second. It is the whole answer unless some services are pending."""
        ...

    async def whole(self) -> V_co:
        """Return the whole answer."""
        ...


@dataclass(slots=True)
class ServiceAnswer(Generic[T]):
    """What one service answered. A partial result may have an `error` too.

    `latency_s` is how long the service took over the last HTTP call, 0 without any. `waited` is the wait for our own
    request budget before it. `requests` counts those sent only for this question. An answer without requests says
    nothing about the service's health, unless it is a failure of a request that was `joined`. `age_s` is the age of its
    oldest part when the question was asked, in seconds.
    """

    provider: Provider
    result: T
    error: ServiceError | None = None
    latency_s: float = 0.0
    waited: OwnLimit | None = None
    requests: int = 0
    joined: bool = False
    age_s: float = 0.0

    @property
    def address(self) -> tuple[str, str]:
        return self.provider.account, self.provider.service

    @property
    def limited(self) -> bool:
        """Return whether our own request budget left no time, which says nothing about the service."""
        return self.error is not None and self.error.code == OWN_LIMIT

    def take(self, question: deadline.Question) -> None:
        """Record the details of the requests for this answer."""
        self.latency_s, self.waited = question.latency_s or 0.0, OwnLimit.of(question)
        self.requests, self.joined, self.age_s = question.requests, question.joined, question.age_s


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What is known of a question at one moment, in the order of the providers.

    `pending` and `late` are those of `bot.domain.answers.Answered`.
    """

    asked: Sequence[ServiceAnswer[T]]
    pending: tuple[Late, ...] = ()
    late: tuple[Late, ...] = ()

    @property
    def services(self) -> int:
        return len(self.asked) + len(self.pending)


@dataclass(slots=True)
class _Request(Generic[T]):
    """The question to one service. The answer waits for `waits_s`, until `ends` on the event loop's clock."""

    provider: Provider
    result: T
    task: asyncio.Task[ServiceAnswer[T]]
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
    """A question to many services. Await it for the whole answer.

    `first` returns what is there after a second. `call` fills the result that `empty` creates, so that a partial result
    is kept when the time runs out. `assemble` turns what is known into the answer. Equal questions have an equal
    `same`. None is equal to no other. Raises UsageError for a person who may see nothing, or has too many questions in
    progress.
    """

    def __init__(
        self,
        deps: Deps,
        providers: Sequence[Provider],
        call: ProviderCall[T],
        empty: Callable[[], T],
        assemble: Callable[[Known[T]], Awaitable[V]],
        *,
        same: Hashable = None,
    ) -> None:
        self._services = deps
        self._providers = providers
        self._ask = call
        self._empty = empty
        self._assemble = assemble
        self._same = object() if same is None else same
        self._requests: list[_Request[T]] = []
        self._run: asyncio.Task[None] | None = None
        self._began = 0.0
        self._pending: list[Provider] = []

    def __await__(self) -> Generator[Any, Any, V]:
        return self.whole().__await__()

    async def first(self) -> V:
        """Return what is there after a second. Services that have not answered by then are pending."""
        running = self._running()
        await _done([running], self._began + FIRST_WORDS_S + GRACE_S)
        if running.done():
            running.result()
        answered = [each.task.result() for each in self._requests if each.done]
        there = {each.address for each in answered}
        self._pending = [each for each in self._providers if _address(each) not in there]
        return await self._assemble(Known(answered, pending=tuple(self._late(each) for each in self._pending)))

    async def whole(self) -> V:
        """Return the answer once each service has answered or the wait for it is over."""
        running = self._running()
        await _done([running])
        running.result()
        since = await self._failing_since([each.address for each in self._requests if not each.done])
        asked = [each.task.result() if each.done else _given_up(each, since) for each in self._requests]
        took = {each.address: (each.answered_at or _now()) - self._began for each in self._requests}
        waits = {each.address: each.waited for each in asked}
        late = tuple(self._late(each, took[_address(each)], waits[_address(each)]) for each in self._pending)
        return await self._assemble(Known(asked, late=late))

    def _running(self) -> asyncio.Task[None]:
        if self._services.catalog.nothing:
            raise UsageError(self._services.catalog.refusal)
        if self._run is None:
            self._began = _now()
            self._run = self._services.background.start(self._send())
        return self._run

    async def _send(self) -> None:
        """Ask every service when it is the question's turn. Return when the wait for each is over."""
        async with self._services.questions.turn(self._services.requester, self._same):
            await self._services.admission.turn()
            self._requests = [self._request(provider) for provider in self._providers]
            while waiting := [each for each in self._requests if not each.done and each.ends > _now()]:
                await _done([each.task for each in waiting], min(each.ends for each in waiting))

    def _request(self, provider: Provider) -> _Request[T]:
        deps, result = self._services, self._empty()
        waits_s = deps.answer_timeouts.for_question(_address(provider), deps.answer_s)
        task = deps.background.start(_answer(deps, provider, self._ask, result))
        # A full wait ends with the request itself, whose error gives the exact reason.
        ends = math.inf if waits_s == deps.answer_s else _now() + waits_s
        request = _Request(provider, result, task, waits_s, ends)

        def answered(_: object) -> None:
            request.answered_at = _now()

        task.add_done_callback(answered)
        return request

    def _late(self, provider: Provider, after_s: float | None = None, waited: OwnLimit | None = None) -> Late:
        alone = sum(each.service == provider.service for each in self._providers) == 1
        return Late(account=provider.account, service=provider.service, alone=alone, after_s=after_s, waited=waited)

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
    """Wait until all of these tasks are done, or until `ends`.

    `ends` is on the event loop's clock. Unfinished tasks continue.
    """
    if tasks:
        await asyncio.wait(tasks, timeout=None if ends == math.inf else max(0.0, ends - _now()))


def _given_up(request: _Request[T], since: Mapping[tuple[str, str], datetime | None]) -> ServiceAnswer[T]:
    error = _late_by(request.provider, request.waits_s)
    error = error.model_copy(update={"failing_since": since.get(request.address)})
    return ServiceAnswer(request.provider, request.result, error)


async def _answer(deps: Deps, provider: Provider, call: ProviderCall[T], result: T) -> ServiceAnswer[T]:
    """Ask one service, and record its health. This continues after the answer stops waiting."""
    asked = await _ask(deps, provider, call, result)
    deps.metrics.requested(*asked.address, _outcome(asked), asked.requests)
    if asked.limited or not (asked.requests or (asked.joined and asked.error)):
        return asked
    if asked.error and asked.error.kind == "late":
        deps.answer_timeouts.missed(asked.address)
    else:
        deps.answer_timeouts.responded(asked.address)
    outcome = Outcome(*asked.address, asked.latency_s, asked.error)
    with suppress(StoreUnavailable):  # without Redis the start of a service's failure is unknown
        since = await deps.store.health.record([outcome], deps.clock())
        if asked.error and asked.address in since:
            asked.error = asked.error.model_copy(update={"failing_since": since[asked.address]})
    return asked


def _outcome(asked: ServiceAnswer[T]) -> str:
    """Return the outcome of requests. A missing budget for one more is no failure of the earlier ones."""
    return "ok" if asked.error is None or asked.limited else asked.error.kind


async def _ask(deps: Deps, provider: Provider, call: ProviderCall[T], result: T) -> ServiceAnswer[T]:
    asked, seconds = ServiceAnswer(provider, result), deps.answer_s
    try:
        async with within(seconds, requester=deps.requester) as question:
            try:
                await call(provider, result)
            finally:
                asked.take(question)
    except ProviderError as failure:
        asked.error = ServiceError.of(failure, *asked.address)
        if asked.error.code == "timeout":  # the deadline cut the last try off
            asked.error = asked.error.model_copy(update={"kind": "late"})
    except StoreUnavailable:
        asked.error = unanswered(provider, "memory", "Redis is unreachable, and only Redis lists this service's jobs")
    except TimeoutError:
        asked.error = _late(asked, seconds)
    if asked.error:
        asked.error = asked.error.model_copy(update={"waited": asked.waited})
    return asked


def _late(asked: ServiceAnswer[T], seconds: float) -> ServiceError:
    """Describe a service that missed the deadline.

    The cause is our own budget where the wait for it took most of the time.
    """
    if asked.waited and asked.waited.seconds > seconds / 2:
        return unanswered(asked.provider, "throttled", "Callboard's own request budget is used up", code=OWN_LIMIT)
    return _late_by(asked.provider, seconds)


def _late_by(provider: Provider, seconds: float) -> ServiceError:
    return unanswered(provider, "late", f"no answer within {seconds:g} s")


def unanswered(provider: Provider, kind: str, message: str, *, code: str = "") -> ServiceError:
    """Describe a failure that no cloud reported. Its code defaults to the kind."""
    return ServiceError(
        account=provider.account,
        service=provider.service,
        kind=kind,
        code=code or kind,
        message=message,
        retryable=True,
    )


def checked(asked_at: datetime, asked: Iterable[ServiceAnswer[T]]) -> datetime:
    """Return the time as of which an answer holds. Shared parts are older than the question."""
    return asked_at - timedelta(seconds=max((each.age_s for each in asked), default=0))
