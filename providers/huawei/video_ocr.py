"""Huawei VAS video OCR jobs: provider API notes, section 5.1."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import httpx

from providers.accounts import HuaweiAccount
from providers.base import NO_KINDS, Capabilities
from providers.errors import InvalidQuery, NotOffered
from providers.http.deadline import raw_wanted
from providers.http.rate_limit import Budget, BudgetLeft
from providers.huawei.client import FEW, PAGE_MAX, Api
from providers.huawei.errors import leaves_open
from providers.huawei.paging import ALL, Batch, Start, first_entries, from_pages, page_size, starts
from providers.huawei.vas_task import beginning_of_id, name_can_be_sent, part_of_id_can_be_sent, read_job
from providers.known_entries import KnownEntries
from providers.lookups import Outcome, ask_each, lookup, silence, sort_ids
from providers.models import Filter, Job, JobPage, JobQuery, JobState, Lookup
from providers.services import ids_of
from providers.states import States

TASKS = "services/video-ocr/tasks"
OFFSET_MAX = 100_000
"""The highest offset of the API (section 5.1)."""

STATES: Final = States.of(
    MappingProxyType(
        {
            "PENDING": JobState.PENDING,
            "STARTING": JobState.RUNNING,
            "RECOVERING": JobState.RUNNING,
            "UPGRADING": JobState.RUNNING,
            "RUNNING": JobState.RUNNING,
            "STOPPING": JobState.RUNNING,
            "DELETING": JobState.UNKNOWN,
            "ABNORMAL": JobState.RUNNING,
            "SUCCEEDED": JobState.SUCCEEDED,
            "FAILED": JobState.FAILED,
            "CREATE_FAILED": JobState.FAILED,
            "START_FAILED": JobState.FAILED,
            "STOPPED": JobState.CANCELLED,
            "FREEZING": JobState.UNKNOWN,
            "FROZEN": JobState.UNKNOWN,
        }
    )
)

_SECOND = timedelta(seconds=1)


class VideoOcr:
    """The video OCR jobs of one account."""

    service: Final = "video-ocr"
    capabilities: Final = Capabilities(
        lists=True,
        # Its jobs have no kind and no media, so these two filters need no request.
        filters=frozenset(Filter),
        page_max=PAGE_MAX,
        batch_max=1,
        requests_per_second=5,
    )

    def __init__(self, account: HuaweiAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account: Final = account.name
        self.region: Final = account.region
        per_second = self.capabilities.requests_per_second
        self._api = Api.of(account, client, budget, service=self.service, host="iva", per_second=per_second)
        self._times_understood: bool | None = None
        self._known = KnownEntries(self._job, "id", "state", "updated_at")

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return one page of jobs, newest first. Each requested raw state is a separate list.

        The unit of `created_since` and `created_until` is not documented; milliseconds are likely (section 5.1). With
        any other unit the API would return an error or an empty list, which looks like "there are no jobs". So before
        the first empty list is believed, `_understands_times` checks that the API understands the times.
        """
        words = STATES.raw_states(query.states)
        if query.kind is not None or query.media is not None or words == ():
            return JobPage((), total=0)
        lists = starts(cursor, words or (ALL,))
        if self._times_understood is False or not (query.since or query.until):
            return await self._page(query, lists, with_times=False)
        try:
            page = await self._page(query, lists, with_times=True)
            if page.jobs or page.malformed or page.cursor or await self._understands_times():
                return page
        except InvalidQuery:
            if cursor is not None or await self._understands_times():
                raise
        return await self._page(query, lists, with_times=False)

    async def _understands_times(self) -> bool:
        """Return whether a list around the newest job's creation includes it. An empty list proves nothing."""
        if self._times_understood is None:
            newest = (await self._page(JobQuery(limit=1), {ALL: Start()}, with_times=False)).jobs
            if not newest or (created_at := newest[0].created_at) is None:
                return True
            around = JobQuery(since=created_at - _SECOND, until=created_at + _SECOND, limit=1)
            try:
                self._times_understood = bool((await self._page(around, {ALL: Start()}, with_times=True)).jobs)
            except InvalidQuery:
                self._times_understood = False
        return self._times_understood

    async def _page(self, query: JobQuery, lists: Mapping[str, Start], *, with_times: bool) -> JobPage:
        filters = _filters(query, with_times=with_times)
        all_sent = len(filters) == len(query.filters - {Filter.STATE}) and JobState.UNKNOWN not in query.states
        limit = page_size(query, narrowed_here=not all_sent)
        asking = [self._batch(words, start, limit, filters) for words, start in lists.items()]
        batches = await asyncio.gather(*asking) if len(asking) > 1 else [await asking[0]]
        return first_entries(batches, self._known.job, query, OFFSET_MAX)

    async def _batch(self, words: str, start: Start, limit: int, filters: Sequence[tuple[str, str]] = ()) -> Batch:
        """Request a part of one list. Both generations of the API take an offset and a limit of 100 together."""
        params = [*filters, ("order", "created_at:DESC"), ("offset", str(start.offset)), ("limit", str(limit))]
        if words != ALL:
            params.append(("state", words))
        return Batch.of(await self._api.get_list("v2", TASKS, "tasks", params), "tasks", words, start)

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests the current window still allows."""
        return await self._api.transport.budget_left()

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return these jobs: look up a few one by one; for many, read the list first.

        `kinds` is not needed.
        """
        del kinds
        question = sort_ids(ids, ids_of(self.service))
        listed = await from_pages(set(question.ids), self._newest) if len(question.ids) > FEW else {}
        rest = [job_id for job_id in question.ids if job_id not in listed]
        outcomes = {**listed, **await ask_each(self._show, rest)}
        return lookup(outcomes, question.impossible, self.account, self.service)

    async def _newest(self, cursor: str | None) -> JobPage:
        batch = await self._batch(ALL, starts(cursor, (ALL,))[ALL], PAGE_MAX)
        return first_entries([batch], self._job_with_raw, JobQuery(), OFFSET_MAX)

    async def _show(self, job_id: str) -> Outcome:
        try:
            reply = await self._api.get("v2", f"{TASKS}/{quote(job_id, safe='')}", by_id=True)
        except NotOffered as error:
            if leaves_open(error):
                return await self._listed(job_id, error)
            raise
        return self._job_with_raw(reply.json, reply.request_id)

    async def _listed(self, job_id: str, doubt: NotOffered) -> Outcome:
        """Decide whether the service or the job does not exist: a complete list without the job means the job.

        Where the list is longer than one request reads, it stays undecided.
        """
        part = beginning_of_id(job_id)
        batch = await self._batch(ALL, Start(), PAGE_MAX, [("id_like", part)] if part else [])
        page = first_entries([batch], self._job_with_raw, JobQuery())
        found = next((job for job in page.jobs if job.id == job_id), None)
        if found is None and page.cursor is not None:
            raise doubt
        return found or silence(page.malformed)

    def _job(self, item: Any, request_id: str | None) -> Job:
        return read_job(item, self._api.origin, STATES, request_id)

    def _job_with_raw(self, item: Any, request_id: str | None) -> Job:
        return read_job(item, self._api.origin, STATES, request_id, with_raw=raw_wanted())


def _filters(query: JobQuery, *, with_times: bool) -> list[tuple[str, str]]:
    """Return the API's filters other than the state. A text that the API would refuse is filtered here instead."""
    params: list[tuple[str, str]] = []
    if query.name is not None and name_can_be_sent(query.name):
        params.append(("name_like", query.name))
    if query.id_part is not None and part_of_id_can_be_sent(query.id_part.lower()):
        params.append(("id_like", query.id_part.lower()))
    if with_times and query.since:
        params.append(("created_since", _milliseconds(query.since)))
    if with_times and query.until:
        params.append(("created_until", _milliseconds(query.until)))
    return params


def _milliseconds(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))
