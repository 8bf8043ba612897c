"""The interface of a provider: one service of one account, with two calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol

from providers.http.rate_limit import BudgetLeft
from providers.models import Filter, Job, JobPage, JobQuery, Lookup

NO_KINDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of a service's API.

    `lists`: it can list jobs. `lists_media`: it can list the jobs of one media id. `filters`: those that it applies
    itself; the caller applies the rest. `page_max` and `batch_max`: the most jobs in a page, and ids in a look-up
    request. `whole_list`: every page is the whole list, in no stable order. `old_by_since`: a list without `since`
    omits old jobs. `explains`: it is an `Explainer`. `requests_per_second`: the budget, unless the configuration sets
    another. `retention`: how long the provider keeps a job, where that is documented. `regions`: the regions that offer
    the service; empty where not documented.
    """

    lists: bool
    filters: frozenset[Filter] = frozenset()
    lists_media: bool = False
    page_max: int = 100
    batch_max: int = 1
    whole_list: bool = False
    old_by_since: bool = False
    explains: bool = False
    requests_per_second: float = 5
    retention: timedelta | None = None
    regions: frozenset[str] = frozenset()


def too_long(able: Capabilities, page: JobPage) -> bool:
    """Whether a list that is always read whole has more jobs than its provider reads: those can't be seen."""
    return able.whole_list and page.total is None


class Provider(Protocol):
    """One service of one account. Every call raises a `ProviderError` and nothing else."""

    @property
    def account(self) -> str: ...

    @property
    def service(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return one page of jobs, newest first. `cursor` comes from an earlier page of the same query.

        Raises:
            NotOffered: The service cannot list these jobs.
            InvalidQuery: The cursor is not one of this list.
            ProviderError: The request failed in another way.
        """
        ...

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests the current window still allows, without sending one."""
        ...

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Look up ids in as few requests as the API allows.

        `kinds` maps ids to the kinds of jobs seen before, which saves requests where the API requires a kind. An id is
        missing if it cannot be a job's, or if the cloud says that it does not exist. An id with an unreadable entry is
        unanswered, with Malformed. An id whose answer may be about something else is unanswered, with that error.
        Raises only when nothing was answered.
        """
        ...


class Explainer(Protocol):
    """A provider that can look up reasons which its list omits."""

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of a list with their reasons, at most one request each."""
        ...
