"""Shares one request among equal questions to a service, also those of different people.

The provider's result is shared. Each question applies access and filters to it afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from providers.base import NO_KINDS, Capabilities, Explainer, Provider
from providers.http.deadline import Question, answering, asking, fresh_since, raw_wanted
from providers.http.rate_limit import BudgetLeft
from providers.models import Job, JobPage, JobQuery, Lookup

Answer = TypeVar("Answer", JobPage, Lookup)
KEPT_S = 2.0
"""An answer is shared for this many seconds after its arrival. A failure is not shared."""
KEPT_MAX = 100
"""The number of answers kept per service."""


def steady(moment: datetime) -> datetime:
    """Return the start of the two seconds that a time is in.

    Times counted back from there are equal for all, so "since two hours ago", asked twice in a moment, is one question.
    For example, 8:23:05.7 becomes 8:23:04.
    """
    return datetime.fromtimestamp(moment.timestamp() // KEPT_S * KEPT_S, UTC)


@dataclass(eq=False, slots=True)
class _Request:
    """One call of a provider, with its waiting questions. It has the longest deadline among them."""

    question: Question
    task: asyncio.Task[Any] = field(init=False)
    askers: int = 0

    def serves(self, asker: Question, known_at: float) -> bool:
        """Return whether its answer is good for a question asked now. `known_at` is the time of already known data."""
        since = fresh_since()
        if self.task.done():
            return since is None and self.sent_since(known_at)
        return self.sent_since(max(since or 0, known_at)) and self.question.share >= asker.share

    def sent_since(self, moment: float) -> bool:
        """Return whether it was not sent before a time of the event loop's clock."""
        return self.question.sent_at is None or self.question.sent_at >= moment

    async def wait(self, asker: Question) -> None:
        """Wait for the answer. When the last question stops waiting, the call is canceled."""
        self.askers += 1
        self.question.deadline = max(self.question.deadline, asker.deadline)
        try:
            if not self.task.done():
                await asyncio.wait([self.task])
        finally:
            self.askers -= 1
            if not self.askers:
                self.task.cancel()  # does nothing to a finished one


class SharedRequests:
    """A provider whose equal questions share one request, in progress or just answered.

    The request counts for the question that started it. Questions under `providers.http.deadline.fresh` share neither a
    request sent before they were asked nor an answered one. After their answer no other question shares an older one.
    Otherwise Details would show a job as running that was just reported to have failed.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._requests: dict[Hashable, _Request] = {}
        self._known_at = 0.0

    @property
    def account(self) -> str:
        return self._provider.account

    @property
    def service(self) -> str:
        return self._provider.service

    @property
    def region(self) -> str:
        return self._provider.region

    @property
    def capabilities(self) -> Capabilities:
        return self._provider.capabilities

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return one page of jobs, newest first."""
        return await self._share((query.normalized, cursor), lambda: self._provider.page(query, cursor))

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return what the provider has about these ids. Their kinds save requests, and change no answer."""
        return await self._share((frozenset(ids), raw_wanted()), lambda: self._provider.lookup(ids, kinds))

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of a list with their reasons. These requests are not shared."""
        return await cast("Explainer", self._provider).explain(jobs)

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests are left in the budget now."""
        return await self._provider.budget_left()

    async def _share(self, key: Hashable, call: Callable[[], Awaitable[Answer]]) -> Answer:
        asker = asking()
        request = self._requests.get(key)
        joins = request is not None and request.serves(asker, self._known_at)
        if request is None or not joins:
            request = self._begin(key, call, asker)
        try:
            with asker.joining(request.question) if joins else nullcontext():
                await request.wait(asker)
        finally:
            if request.task.cancelling():
                self._drop(key, request)
        return request.task.result()

    def _begin(self, key: Hashable, call: Callable[[], Awaitable[Answer]], asker: Question) -> _Request:
        question = Question(asker.deadline, asker, share=asker.share, requester=asker.requester)
        request = self._requests[key] = _Request(question)
        request.task = asyncio.create_task(self._call(key, request, call))
        request.task.add_done_callback(_retrieve)
        return request

    async def _call(self, key: Hashable, request: _Request, call: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await answering(request.question, call())
        except BaseException:
            self._drop(key, request)
            raise
        if fresh_since() is not None and request.question.sent_at:
            self._known_at = max(self._known_at, request.question.sent_at)
        if request.question.share < 1:
            self._drop(key, request)  # sweeps read many answers that no person asks for
        else:
            self._keep(key, request)
        return answer

    def _keep(self, key: Hashable, request: _Request) -> None:
        """Keep an answer for a while, in place of the oldest where there are many."""
        asyncio.get_running_loop().call_later(KEPT_S, self._drop, key, request)
        answered = [each for each in self._requests if self._requests[each].task.done()]
        for oldest in answered[: max(0, len(answered) - KEPT_MAX + 1)]:
            del self._requests[oldest]

    def _drop(self, key: Hashable, request: _Request) -> None:
        """Drop a request, unless a later one for the same has its place."""
        if self._requests.get(key) is request:
            del self._requests[key]


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Retrieve a failure, because its questions may have stopped waiting the moment it came."""
    if not task.cancelled():
        task.exception()
