"""Huawei Moderation's batch image jobs: provider API notes, section 5.3.

The cloud deletes a job after at most 30 minutes. So its list is short, and a missing job has expired, not failed.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import httpx

from providers.accounts import HuaweiAccount
from providers.base import NO_KINDS, Capabilities
from providers.errors import InvalidQuery, Malformed, NotOffered, ProviderError, Rejected
from providers.http.deadline import raw_wanted
from providers.http.rate_limit import Budget, BudgetLeft
from providers.huawei.client import FEW, PAGE_MAX, Api, Origin
from providers.huawei.paging import ALL, Batch, Start
from providers.json_fields import Unreadable, identity, instant, listing, mapping, readable, text
from providers.known_entries import KnownEntries
from providers.lookups import Outcome, ask_each, lookup, silence, sort_ids
from providers.models import SHOWN_ALONE, Filter, Job, JobError, JobPage, JobQuery, JobState, Lookup, not_answered
from providers.redact import redact
from providers.services import ids_of
from providers.states import States

BATCH = "moderation/image/batch"
PAGES_MAX = 20
LEAKS = frozenset({"url"})
"""The URLs of images may be signed (section 10)."""

STATES: Final = States.of(
    MappingProxyType(
        {
            "created": JobState.PENDING,
            "running": JobState.RUNNING,
            "finish": JobState.SUCCEEDED,
            "failed": JobState.FAILED,
        }
    )
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ImageModeration:
    """The batch image moderation jobs of one account."""

    service: Final = "image-moderation"
    capabilities: Final = Capabilities(
        lists=True,
        # The whole list is always read, so every filter is exact here.
        filters=frozenset(Filter),
        page_max=PAGE_MAX * PAGES_MAX,
        batch_max=1,
        requests_per_second=5,
        retention=timedelta(minutes=30),
        whole_list=True,
        explains=True,
    )

    def __init__(self, account: HuaweiAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account: Final = account.name
        self.region: Final = account.region
        per_second = self.capabilities.requests_per_second
        self._api = Api.of(account, client, budget, service=self.service, host="moderation", per_second=per_second)
        self._known = KnownEntries(self._job, "job_id", "status", "update_time")

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return every matching job of the last 30 minutes, newest first, as one page.

        The limit of the query does not apply. The API documents no order, so only the whole list can be sorted.
        `total` is None if the list was longer than 20 requests can read, or if it was not counted and did not end.
        """
        words = STATES.raw_states(query.states)
        if words == () or query.kind is not None or query.media is not None or query.name is not None:
            return JobPage((), total=0)
        if cursor is not None:
            raise InvalidQuery("this list has a single page")
        lists = await asyncio.gather(*(self._list(word) for word in words or (ALL,)))
        batches = [batch for batches in lists for batch in batches]
        listed: dict[str, Job] = {}
        malformed = 0
        for batch in batches:
            jobs, unreadable = readable(batch.items, lambda item, at=batch.request_id: self._known.job(item, at))
            malformed += unreadable
            listed |= {job.id: job for job in jobs}
        matching = filter(query.matches, listed.values()) if query.filters else listed.values()
        fitting = sorted(matching, key=_created, reverse=True)
        total = None if any(_goes_on(batches[-1]) for batches in lists) else len(fitting)
        return JobPage(tuple(fitting), total, None, batches[0].request_id, malformed)

    async def _list(self, word: str) -> list[Batch]:
        """Read one list completely. Without a limit the API would send everything in one reply.

        Without a count, the list ends with an empty page, which costs one more request, or with a page that has nothing
        new.
        """
        batches: list[Batch] = []
        seen: set[str] = set()
        while len(batches) < PAGES_MAX:
            offset = batches[-1].end if batches else 0
            params = [("offset", str(offset)), ("limit", str(PAGE_MAX)), *([("status", word)] if word != ALL else [])]
            reply = await self._api.get_list("v2", f"{BATCH}/jobs", "result", params)
            batch = Batch.of(reply, "result", word, Start(offset))
            if batch.total is None:
                entries = {str(mapping(item).get("job_id", item)) for item in batch.items}
                if entries and entries <= seen:
                    break
                seen |= entries
            batches.append(batch)
            if not _goes_on(batch):
                break
        return batches

    async def budget_left(self) -> BudgetLeft:
        """Return how many requests the current window still allows."""
        return await self._api.transport.budget_left()

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return these jobs from the list; look up a few one by one, which also gives their images.

        Where the list was not read completely, jobs that are not on it are also looked up one by one. `kinds` is not
        needed.
        """
        del kinds
        question = sort_ids(ids, ids_of(self.service))
        page = await self.page(JobQuery()) if question.ids else JobPage(())
        listed = {job.id: job for job in page.jobs}
        unlisted = silence(page.malformed) if page.total is not None else Unreadable("the list is incomplete")
        known: dict[str, Outcome] = {job_id: listed.get(job_id, unlisted) for job_id in question.ids}
        open_ids = [job_id for job_id, outcome in known.items() if page.total is None and not isinstance(outcome, Job)]
        rest = question.ids if len(known) <= FEW else open_ids
        known |= await ask_each(lambda job_id: self._show(job_id, known[job_id]), rest)
        return lookup(known, question.impossible, self.account, self.service)

    async def explain(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Return failed jobs of the list with the reasons that their images have."""
        listed: dict[str, Outcome] = {job.id: job for job in jobs}
        known = await ask_each(lambda job_id: self._show(job_id, listed[job_id]), list(listed))
        return tuple(outcome for outcome in known.values() if isinstance(outcome, Job))

    async def _show(self, job_id: str, listed: Outcome) -> Outcome:
        """Return a job with its images, else what the list says about it.

        A complete list without the job overrides a refusal; an incomplete list does not.
        """
        try:
            reply = await self._api.get("v2", BATCH, [("job_id", job_id)], by_id=True)
        except ProviderError as error:
            if isinstance(listed, Job):
                return _unexplained(listed, error.code)
            if listed is None and isinstance(error, InvalidQuery | NotOffered | Rejected):
                return None
            raise
        result = mapping(reply.json.get("result"))
        if text(result.get("job_id")) != job_id:
            return _unexplained(listed, Malformed.kind)
        return self._job(result, reply.request_id, detailed=True)

    def _job(self, item: Any, request_id: str | None, *, detailed: bool = False) -> Job:
        return _job(item, self._api.origin, request_id, detailed=detailed)


def _unexplained(listed: Outcome, code: str) -> Outcome:
    """Return the list's outcome. The detail of a failed job would have given its reason."""
    if not isinstance(listed, Job) or listed.unexplained is None:
        return listed
    return listed.model_copy(update={"unexplained": not_answered([code])})


def _job(item: Any, origin: Origin, request_id: str | None, *, detailed: bool) -> Job:
    """Read a job of the list, or `detailed` of the detail call. Only that has images, and with them reasons."""
    record = mapping(item)
    raw_state = text(record.get("status"))
    state = STATES.read(raw_state)
    updated_at = instant(record.get("update_time"))
    images = [mapping(image) for image in listing(record.get("items"))]
    error = _error(images) if state is JobState.FAILED else None
    explained = detailed or error is not None or state is not JobState.FAILED
    return Job(
        account=origin.account,
        service=origin.service,
        region=origin.region,
        id=identity(record.get("job_id")),
        state=state,
        raw_state=raw_state,
        created_at=instant(record.get("create_time")),
        finished_at=updated_at if state.ended else None,
        updated_at=updated_at,
        error=error,
        unexplained=None if explained else SHOWN_ALONE,
        request_id=request_id,
        attributes={"Images": _images(images)} if images else {},
        notes=_notes(images) if images else (),
        raw=redact(record, LEAKS) if detailed and raw_wanted() else None,
    )


def _error(images: list[dict[str, Any]]) -> JobError | None:
    """Return the first error among the images: the job itself has none."""
    for image in images:
        if code := text(image.get("error_code")):
            return JobError.of(code, text(image.get("error_msg")))
    return None


def _images(images: list[dict[str, Any]]) -> str:
    suggestions = Counter(word for image in images if (word := text(image.get("suggestion"))))
    counts = ", ".join(f"{count} {word}" for word, count in sorted(suggestions.items(), key=_suggestion))
    return f"{len(images)}: {counts}" if counts else str(len(images))


def _suggestion(counted: tuple[str, int]) -> tuple[int, str]:
    word = counted[0]
    known = ("pass", "block", "review")
    return (known.index(word) if word in known else len(known), word)


def _notes(images: list[dict[str, Any]]) -> tuple[str, ...]:
    wrong = sum(text(image.get("error_code")) is not None for image in images)
    return (f"{wrong} of {len(images)} image{'' if len(images) == 1 else 's'} failed",) if wrong else ()


def _created(job: Job) -> datetime:
    return job.created_at or _LONG_AGO


def _goes_on(batch: Batch) -> bool:
    return batch.goes_on(batch.end)
