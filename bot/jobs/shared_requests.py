"""Equal questions to a service share one request, also those of different people.

What is shared is what a provider returned. Who may see it, and what of it an answer needs, is decided by its askers.
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
"""For so long after its arrival an answer is given to those who ask the same; a failure is not."""
KEPT_MAX = 100
"""Answers kept of one service, at most."""


def steady(moment: datetime) -> datetime:
    """Return the start of the two seconds that a time is in: what is counted back from there is the same for all.

    So "since two hours ago", asked twice in a moment, is one question.
    """
    return datetime.fromtimestamp(moment.timestamp() // KEPT_S * KEPT_S, UTC)


@dataclass(eq=False, slots=True)
class _Request:
    """One call of a provider, and how many wait for it. It has the longest deadline of its askers."""

    question: Question
    task: asyncio.Task[Any] = field(init=False)
    askers: int = 0

    def serves(self, asker: Question, known_at: float) -> bool:
        """Whether its answer is good for an asker of now; what is known already is as of `known_at`."""
        since = fresh_since()
        if self.task.done():
            return since is None and self.sent_since(known_at)
        return self.sent_since(max(since or 0, known_at)) and self.question.share >= asker.share

    def sent_since(self, moment: float) -> bool:
        """Whether it was sent at a time of the event loop's clock or later, or is not sent yet."""
        return self.question.sent_at is None or self.question.sent_at >= moment

    async def wait(self, asker: Question) -> None:
        """Wait for the answer; when the last asker goes without it, the call ends too."""
        self.askers += 1
        self.question.deadline = max(self.question.deadline, asker.deadline)
        try:
            if not self.task.done():
                await asyncio.wait([self.task])
        finally:
            self.askers -= 1
            if not self.askers:
                self.task.cancel()  # does nothing to one that is done


class SharedRequests:
    """A provider whose equal questions are one request: those that are asked while it is under way or just answered.

    The request counts for the question that began it. Questions under `providers.http.deadline.fresh` share no request
    that was sent before they were asked, and none that was answered. Once they have an answer, no other question shares
    an older one: of a job that was just reported to have failed, Details would say that it runs.
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
        """Return what the provider knows about these ids. Their kinds save requests; they change no answer."""
        return await self._share((frozenset(ids), raw_wanted()), lambda: self._provider.lookup(ids, kinds))

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of a list with their reasons; nobody else asks the same."""
        return await cast("Explainer", self._provider).explain(jobs)

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests may still be made just now."""
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
            self._drop(key, request)  # sweeps read much, and people ask otherwise
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
        """Forget a request, unless a later one for the same has its place."""
        if self._requests.get(key) is request:
            del self._requests[key]


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Take note of a failure: its askers may have gone in the moment it came."""
    if not task.cancelled():
        task.exception()
