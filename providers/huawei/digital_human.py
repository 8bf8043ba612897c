"""Huawei MetaStudio's video production jobs: provider API notes, section 5.4."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import httpx

from providers.accounts import HuaweiAccount
from providers.base import NO_KINDS, Capabilities
from providers.errors import InvalidQuery, ProviderError
from providers.http.deadline import raw_wanted
from providers.http.rate_limit import Budget, BudgetLeft
from providers.huawei.client import FEW, PAGE_MAX, Api
from providers.huawei.metastudio_video import DETAILS, error_of, normal_kind, read_job
from providers.huawei.paging import ALL, Batch, Start, first_entries, from_pages, page_size, starts
from providers.json_fields import Unreadable
from providers.known_entries import KnownEntries
from providers.lookups import Outcome, ask_each, batches, each, lookup, silence, sort_ids
from providers.models import Filter, Job, JobPage, JobQuery, JobState, Lookup, not_answered
from providers.services import ids_of
from providers.states import States

VIDEOS = "digital-human-videos"
LONG_AGO = ("create_since", "2020-01-01T00:00:00Z")
"""Without a time the API returns only the last month (section 5.4); MetaStudio is younger than this."""

OFFSET_MAX = 2_147_483_647
BATCH_MAX = 50
"""The vendor states no limit of ids; this many keep the URL under 4 KiB."""

STATES: Final = States.of(
    MappingProxyType(
        {
            "WAITING": JobState.PENDING,
            "PROCESSING": JobState.RUNNING,
            "SUCCEED": JobState.SUCCEEDED,
            "FAILED": JobState.FAILED,
            "CANCELED": JobState.CANCELLED,
            "BLOCK": JobState.UNKNOWN,
        }
    )
)


class DigitalHuman:
    """The video production jobs of one account."""

    service: Final = "digital-human"
    capabilities: Final = Capabilities(
        lists=True,
        # Its jobs have no media, so that filter needs no request.
        filters=frozenset({Filter.STATE, Filter.SINCE, Filter.UNTIL, Filter.KIND, Filter.MEDIA}),
        page_max=PAGE_MAX,
        batch_max=BATCH_MAX,
        requests_per_second=10,
        old_by_since=True,
        explains=True,
    )

    def __init__(self, account: HuaweiAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account: Final = account.name
        self.region: Final = account.region
        per_second = self.capabilities.requests_per_second
        self._api = Api.of(account, client, budget, service=self.service, host="metastudio", per_second=per_second)
        self._takes_many_ids = True
        self._known = KnownEntries(self._job, "job_id", "state", "lastupdate_time")

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return one page of jobs, newest first; without any filter those of the last month."""
        words = STATES.raw_states(query.states)
        if query.media is not None or words == ():
            return JobPage((), total=0)
        query = query.model_copy(update={"kind": normal_kind(query.kind)})
        kind = query.kind if query.kind in DETAILS else None
        here = (
            query.filters & {Filter.NAME, Filter.CODE, Filter.ID, Filter.WITHOUT}
            or kind != query.kind
            or JobState.UNKNOWN in query.states
        )
        limit = page_size(query, narrowed_here=bool(here))
        batch = await self._batch(_filters(query, words, kind), starts(cursor, (ALL,))[ALL], limit)
        read = partial(self._job, kind=kind) if kind else self._known.job
        return first_entries([batch], read, query, OFFSET_MAX)

    async def _batch(
        self, params: Sequence[tuple[str, str]], start: Start, limit: int, *, by_id: bool = False
    ) -> Batch:
        order = [
            ("sort_key", "create_time"),
            ("sort_dir", "desc"),
            ("offset", str(start.offset)),
            ("limit", str(limit)),
        ]
        reply = await self._api.get_list("v1", VIDEOS, "jobs", [*params, *order], by_id=by_id)
        return Batch.of(reply, "jobs", ALL, start)

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests the current window still allows."""
        return await self._api.transport.budget_left()

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return these jobs, many in one request where the API accepts many ids; `kinds` is not needed."""
        del kinds
        question = sort_ids(ids, ids_of(self.service))
        try:
            outcomes = await self._listed(question.ids)
        except InvalidQuery:
            self._takes_many_ids = False
            outcomes = {}
        rest = [job_id for job_id in question.ids if job_id not in outcomes]
        outcomes |= await ask_each(self._show, rest)
        explained = await asyncio.gather(*map(self._explained, outcomes.values()))
        return lookup(dict(zip(outcomes, explained, strict=True)), question.impossible, self.account, self.service)

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of the list with the reasons that their detail calls give."""
        known = await each(self._explained, jobs)
        return tuple(outcome for outcome in known if isinstance(outcome, Job))

    async def _listed(self, ids: Sequence[str]) -> dict[str, Outcome]:
        """Return jobs from one request for all ids, else from the list; empty where single look-ups are as good.

        Only the vendor's SDK documents `job_ids`. An API that ignores it returns other jobs, and is not tried again.
        """
        if self._takes_many_ids and len(ids) > 1:
            pages = await asyncio.gather(*map(self._together, batches(ids, BATCH_MAX)))
            found = {job.id: job for page in pages for job in page.jobs}
            self._takes_many_ids = found.keys() <= set(ids) and not any(page.cursor for page in pages)
            if self._takes_many_ids:
                silent = silence(sum(page.malformed for page in pages))
                return {job_id: found.get(job_id, silent) for job_id in ids} if found else {}
        return await from_pages(set(ids), self._newest) if len(ids) > FEW else {}

    async def _together(self, ids: Sequence[str]) -> JobPage:
        """Request these ids together. The page has a cursor where the reply continues with other jobs."""
        params = [LONG_AGO, *(("job_ids", job_id) for job_id in ids)]
        found: dict[str, Job] = {}
        malformed = 0
        cursor: str | None = None
        while True:
            batch = await self._batch(params, starts(cursor, (ALL,))[ALL], PAGE_MAX)
            page = first_entries([batch], self._job_with_raw, JobQuery(), OFFSET_MAX)
            news = {job.id: job for job in page.jobs if job.id not in found}
            found |= news
            malformed += page.malformed
            cursor = None if found.keys() == set(ids) else page.cursor
            if cursor is None or not news or not found.keys() <= set(ids):
                return JobPage(tuple(found.values()), cursor=cursor, malformed=malformed)

    async def _newest(self, cursor: str | None) -> JobPage:
        batch = await self._batch([LONG_AGO], starts(cursor, (ALL,))[ALL], PAGE_MAX)
        return first_entries([batch], self._job_with_raw, JobQuery(), OFFSET_MAX)

    async def _show(self, job_id: str) -> Job | Unreadable | None:
        batch = await self._batch([LONG_AGO, ("job_id", job_id)], Start(), PAGE_MAX, by_id=True)
        page = first_entries([batch], self._job_with_raw, JobQuery())
        others = Unreadable("the reply continues with other jobs") if page.cursor is not None else None
        return next((job for job in page.jobs if job.id == job_id), others or silence(page.malformed))

    async def _explained(self, job: Outcome) -> Outcome:
        """Return a job with its reason, from the detail call if necessary."""
        if not isinstance(job, Job) or job.unexplained is None:
            return job
        try:
            reply = await self._api.get("v1", f"{DETAILS[job.kind or '']}/{quote(job.id, safe='')}")
        except ProviderError as error:
            return job.model_copy(update={"unexplained": not_answered([error.code])})
        return job.model_copy(update={"error": error_of(reply.json), "unexplained": None})

    def _job(self, item: Any, request_id: str | None, *, kind: str | None = None, with_raw: bool = False) -> Job:
        return read_job(item, self._api.origin, STATES, request_id, kind=kind, with_raw=with_raw)

    def _job_with_raw(self, item: Any, request_id: str | None) -> Job:
        return self._job(item, request_id, with_raw=raw_wanted())


def _filters(query: JobQuery, words: Sequence[str] | None, kind: str | None) -> list[tuple[str, str]]:
    """Return the API's filters. A query without a start that reaches beyond the last month gets an old start."""
    params: list[tuple[str, str]] = []
    if words:
        params.append(("state", ",".join(words)))
    if kind is not None:
        params.append(("job_type", kind))
    if query.since is not None:
        params.append(("create_since", _second(query.since)))
    elif query.filters & {Filter.UNTIL, Filter.NAME, Filter.ID}:
        params.append(LONG_AGO)
    if query.until is not None:
        params.append(("create_until", _second(query.until)))
    return params


def _second(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
