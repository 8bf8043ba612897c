"""Alibaba VOD's transcode, snapshot, AI and workflow jobs: GetJobDetail, and ListJobInfo for one media."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.client import GET_JOB_DETAIL, LIST_JOB_INFO, VOD_JOBS, Vod
from providers.alibaba.details import LISTED, OBJECTS, detail, listed
from providers.alibaba.errors import may_be_the_kind
from providers.alibaba.kinds import Kinds
from providers.alibaba.reasons import complete, unasked
from providers.base import NO_KINDS, Capabilities
from providers.cursors import position
from providers.errors import InvalidQuery, Missing, NotOffered, ProviderError
from providers.http.rate_limit import Budget, BudgetLeft
from providers.json_fields import Unreadable
from providers.lookups import ask_each, each, lookup, sort_ids
from providers.models import Filter, Job, JobPage, JobQuery, JobState, Lookup
from providers.services import ids_of

_REASONS_A_PAGE = 10
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class VodJobs:
    """The transcode, snapshot, AI and workflow jobs of one account in one region.

    The cloud keeps jobs for six months (provider API notes, section 5.5).
    """

    service: Final = VOD_JOBS
    capabilities: Final = Capabilities(
        lists=False,
        lists_media=True,
        filters=frozenset({Filter.MEDIA, Filter.KIND}),
        requests_per_second=GET_JOB_DETAIL.rate,
        retention=timedelta(days=183),
    )

    def __init__(self, account: AlibabaAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account: Final = account.name
        self.region: Final = account.region
        self._vod = Vod.of(account, VOD_JOBS, client, budget)
        self._kinds = Kinds()

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Return the jobs of the query's media id, newest first; raises NotOffered without one.

        A list has no AI types, workflows or reasons. The first failed jobs of a page are completed by look-ups.
        """
        media = self._media(query)
        start = position(cursor)
        replies = await each(lambda kind: self._listed(kind, media), _kinds_asked(query))
        jobs, malformed = _merged(replies)
        shown = jobs[start : start + query.limit]
        failed = [job for job in shown if job.state is JobState.FAILED][:_REASONS_A_PAGE]
        completed = {job.id: job for job in await complete(self._vod, failed)}
        return JobPage(
            tuple(completed.get(job.id) or unasked(job) for job in shown),
            total=len(jobs),
            cursor=str(start + query.limit) if start + query.limit < len(jobs) else None,
            request_id=next((job.request_id for job in shown), None),
            malformed=malformed,
        )

    async def budget_left(self) -> BudgetLeft:
        """Return how many look-ups the current window still allows."""
        return await self._vod.budget_left(GET_JOB_DETAIL)

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Look up ids: one request each where the known kind is right, else up to four."""
        question = sort_ids(ids, ids_of(self.service))
        outcomes = await ask_each(lambda one: self._find(one, kinds.get(one)), question.ids)
        found = await complete(self._vod, [outcome for outcome in outcomes.values() if isinstance(outcome, Job)])
        completed = {job.id: job for job in found}
        return lookup({**outcomes, **completed}, question.impossible, self.account, self.service)

    async def _find(self, job_id: str, kind: str | None) -> Job | None:
        """Try the known kind first, then the other kinds: an id does not reveal its kind.

        The error for a wrong kind is not documented. An error that may be one counts only when no kind has the job; any
        other error ends the look-up immediately.
        """
        known = (kind or "").casefold()
        first = known if known in OBJECTS else self._kinds.get(job_id)
        refusal: InvalidQuery | None = None
        for one in sorted(OBJECTS, key=lambda each: each != first):
            try:
                job = await self._detail(job_id, one)
            except Missing:
                continue
            except InvalidQuery as error:
                if not may_be_the_kind(error):
                    raise
                refusal = refusal or error
                continue
            if job is not None:
                self._kinds.remember(job_id, one)
                return job
        if refusal is not None:
            raise refusal
        return None

    async def _detail(self, job_id: str, kind: str) -> Job | None:
        reply = await self._vod.call(GET_JOB_DETAIL, JobId=job_id, JobType=kind)
        return detail(reply.json, kind, job_id, account=self.account, region=self.region, request_id=reply.request_id)

    async def _listed(self, kind: str, media: str) -> tuple[list[Job], int]:
        try:
            reply = await self._vod.call(LIST_JOB_INFO, MediaId=media, JobType=kind)
        except Missing:
            return [], 0
        try:
            jobs, malformed = listed(reply.json, kind, media, account=self.account, region=self.region)
        except Unreadable as error:
            raise self._vod.transport.malformed(str(error), reply) from None
        for job in jobs:
            self._kinds.remember(job.id, kind)
        return [job.model_copy(update={"request_id": reply.request_id}) for job in jobs], malformed

    def _media(self, query: JobQuery) -> str:
        media = (query.media or "").strip()
        if not media:
            message = "VOD only lists the jobs of one media id: add media:ID, or look jobs up by id"
            raise NotOffered(message, account=self.account, service=VOD_JOBS)
        if "*" in media:
            message = f"{media} is masked: the asterisks hide part of the id. Copy the complete id"
            raise InvalidQuery(message, code="masked_id", account=self.account, service=VOD_JOBS)
        return media


def _kinds_asked(query: JobQuery) -> list[str]:
    """Return the kinds of job that contain the query's kind."""
    return [kind for kind in LISTED if (query.kind or "").casefold() in kind]


def _merged(replies: Sequence[tuple[list[Job], int] | ProviderError]) -> tuple[list[Job], int]:
    """Return all jobs, newest first. Raises the error of a kind that could not be listed: a page cannot be partial."""
    jobs: list[Job] = []
    malformed = 0
    for reply in replies:
        if isinstance(reply, ProviderError):
            raise reply
        jobs += reply[0]
        malformed += reply[1]
    return sorted(jobs, key=lambda job: job.created_at or _BEGINNING, reverse=True), malformed
