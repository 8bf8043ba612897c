"""What a provider is: one service of one account, with two calls."""

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
    """What a service's API can do.

    `lists`: it can list jobs. `lists_media`: it can list the jobs of one media id. `filters`: those it applies itself;
    the asker applies the rest. `page_max` and `batch_max`: jobs in one page, ids in one lookup request, at most.
    `whole_list`: every page is the whole list, in no order that the API keeps to. `old_by_since`: a list without
    `since` leaves old jobs out. `explains`: it is an `Explainer`.
    `requests_per_second`: the budget unless the configuration says otherwise. `retention`: for how long the provider
    remembers a job, where that is documented. `regions`: those that have the service, where they are documented; none
    where they are not.
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
        """Return one page of jobs, newest first. `cursor` is an earlier page's; it belongs to the same query.

        Raises NotOffered where the service cannot list what is asked.
        """
        ...

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests may still be made just now, without making one."""
        ...

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return what the provider knows about these ids, in as few requests as its API allows.

        `kinds` tells the kind of jobs seen before (id to kind), which spares requests where the API wants it.
        An id that cannot be any job's is missing, and one that the cloud says not to exist; one whose entry cannot be
        read is unanswered, with Malformed, and one whose answer may be about something else, with that error.
        Raises only when nothing at all was answered.
        """
        ...


class Explainer(Protocol):
    """A provider that knows reasons which its list does not give."""

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of a list with their reasons, as far as one request for each gives them."""
        ...
