"""Alibaba VOD's fingerprinting and smart tagging jobs: ListAIJob, ten ids per call, no listing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.ai_jobs import AIJob, Answer, list_ai_jobs
from providers.alibaba.client import IDS_AT_ONCE, LIST_AI_JOB, VOD_AI, Vod, console_url
from providers.alibaba.embedded_json import clean
from providers.alibaba.states import over
from providers.base import NO_KINDS, Capabilities
from providers.errors import NotOffered, ProviderError
from providers.http.deadline import raw_wanted
from providers.http.rate_limit import Budget, BudgetLeft
from providers.json_fields import listing, mapping, number
from providers.lookups import Outcome, batches, each, lookup, silence, sort_ids
from providers.models import Job, JobPage, JobQuery, Lookup
from providers.services import ids_of


class VodAi:
    """The fingerprinting and smart tagging jobs of one account in one region."""

    service: Final = VOD_AI
    capabilities: Final = Capabilities(
        lists=False,
        batch_max=IDS_AT_ONCE,
        requests_per_second=LIST_AI_JOB.rate,
        # Provider API notes, section 3.1.
        regions=frozenset({"cn-beijing", "cn-shanghai", "ap-southeast-1"}),
    )

    def __init__(self, account: AlibabaAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account: Final = account.name
        self.region: Final = account.region
        self._vod = Vod.of(account, VOD_AI, client, budget)

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Raise NotOffered: ListAIJob requires ids."""
        del query, cursor
        message = "ListAIJob cannot list jobs: look them up by id"
        raise NotOffered(message, account=self.account, service=VOD_AI)

    async def budget_left(self) -> BudgetLeft:
        """Return how many look-ups the current window still allows."""
        return await self._vod.budget_left(LIST_AI_JOB)

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Look up ids, ten per request; `kinds` is not needed."""
        del kinds
        question = sort_ids(ids, ids_of(self.service))
        groups = batches(question.ids, IDS_AT_ONCE)
        answers = await each(lambda group: list_ai_jobs(self._vod, group), groups)
        outcomes: dict[str, Outcome] = {}
        for group, answer in zip(groups, answers, strict=True):
            outcomes |= {one: self._outcome(one, answer) for one in group}
        return lookup(outcomes, question.impossible, self.account, self.service)

    def _outcome(self, job_id: str, answer: Answer | ProviderError) -> Outcome:
        if isinstance(answer, ProviderError):
            return answer
        if job_id in answer.jobs:
            return self._job(answer.jobs[job_id], answer.request_id)
        return None if job_id in answer.missing else silence(answer.malformed)

    def _job(self, job: AIJob, request_id: str | None) -> Job:
        shown = clean(job.raw) if raw_wanted() else {}
        unreadable = isinstance(shown.get("Data"), str) and shown["Data"].strip()
        return Job(
            account=self.account,
            service=VOD_AI,
            id=job.id,
            kind=job.kind,
            state=job.state,
            raw_state=job.raw_state,
            created_at=job.created_at,
            finished_at=job.finished_at if over(job.state) else None,
            media=job.media,
            error=job.error,
            request_id=request_id,
            console_url=console_url(job.media),
            region=self.region,
            attributes=_attributes(mapping(shown.get("Data"))),
            notes=("The result data is not valid JSON.",) if unreadable else (),
            raw=shown or None,
        )


def _attributes(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what speech recognition found; the duration is a text, in ms (provider API notes, section 5.2)."""
    speech = mapping(data.get("OrigASRData"))
    sentences = listing(speech.get("AsrTextList"))
    if not sentences:
        return {}
    count = f"{len(sentences)} sentence{'' if len(sentences) == 1 else 's'}"
    milliseconds = number(speech.get("Duration"))
    return {"Speech recognised": count if milliseconds is None else f"{count}, {round(milliseconds / 1000)} s"}
