"""A small provider with a list of jobs in memory, in place of a cloud."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.deps.deps import Deps
from bot.store import Store
from providers.base import NO_KINDS, Capabilities
from providers.errors import ProviderError
from providers.http.deadline import count_request
from providers.http.rate_limit import BudgetLeft
from providers.models import Filter, Job, JobPage, JobQuery, JobState, Lookup, Unanswered

NOW = datetime.now(UTC).replace(microsecond=0)
"""The fixed clock. It is near the real one, by which Redis expires keys."""
LISTS = Capabilities(lists=True)
CANNOT_LIST = Capabilities(lists=False, batch_max=2)


@dataclass
class InMemory:
    """One service with `jobs`, newest first. Each call waits for and raises what a test wants.

    `trouble` is called with the number of each call (from 1) and the ids or page of the call.
    """

    account: str = "acme"
    service: str = "video"
    jobs: Sequence[Job] = ()
    capabilities: Capabilities = LISTS
    region: str = "here"
    tells_total: bool = True
    trouble: Callable[[int], ProviderError | None] = lambda _: None
    unanswered: Mapping[str, ProviderError] = field(default_factory=dict[str, ProviderError])
    hangs_from: int | None = None
    asked: list[JobQuery | tuple[str, ...]] = field(default_factory=list[JobQuery | tuple[str, ...]])
    kinds: Mapping[str, str] = field(default_factory=dict[str, str])

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        await self._called(query)
        mine = self.capabilities.filters
        fitting = [job for job in self.jobs if _only(query, mine).matches(job)]
        start = int(cursor or 0)
        end = start + min(query.limit, self.capabilities.page_max)
        return JobPage(
            tuple(fitting[start:end]),
            len(fitting) if self.tells_total else None,
            str(end) if end < len(fitting) else None,
        )

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        await self._called(tuple(ids))
        self.kinds = kinds
        answered = [job_id for job_id in ids if job_id not in self.unanswered]
        known = {job.id: job for job in self.jobs}
        return Lookup(
            tuple(known[job_id] for job_id in answered if job_id in known),
            tuple(job_id for job_id in answered if job_id not in known),
            tuple(Unanswered(job_id, self.unanswered[job_id]) for job_id in ids if job_id in self.unanswered),
        )

    async def budget_left(self) -> BudgetLeft:
        return BudgetLeft(5, 5)

    async def _called(self, what: JobQuery | tuple[str, ...]) -> None:
        count_request()
        self.asked.append(what)
        if error := self.trouble(len(self.asked)):
            raise error
        if self.hangs_from is not None and len(self.asked) >= self.hangs_from:
            await asyncio.Event().wait()

    def job(self, job_id: str, minutes_ago: float | None = 0, **details: object) -> Job:
        """Make a job of this service. The service has it once it is in `jobs`."""
        created_at = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
        fields = {"state": JobState.RUNNING, "created_at": created_at, **details}
        return Job.model_validate({"account": self.account, "service": self.service, "id": job_id, **fields})

    def filled(self, number: int, prefix: str = "job", **details: object) -> "InMemory":
        """Give the service some jobs, a minute apart."""
        self.jobs = [self.job(f"{prefix}-{index:04}", index, **details) for index in range(number)]
        return self


def _only(query: JobQuery, filters: Iterable[Filter]) -> JobQuery:
    """Return the part of a query that a service's API supports."""
    names = {Filter.STATE: "states", Filter.ID: "id_part"}
    return JobQuery.model_validate(
        {name: getattr(query, name) for name in (names.get(each, each.value) for each in filters)}
    )


def failing(error: ProviderError, since: int = 1) -> Callable[[int], ProviderError | None]:
    """Return trouble from the call with this number on."""
    return lambda number: error if number >= since else None


def services(store: Store, *providers: InMemory, answer_s: float = 10.0) -> Deps:
    """Return the dependencies of use cases, on a fixed clock."""
    return Deps(providers, store, clock=lambda: NOW, answer_s=answer_s)
