"""Alibaba VOD's fingerprinting and smart tagging jobs: ListAIJob, ten ids a call, no listing."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.ai_jobs import AIJob, Answer, list_ai_jobs
from providers.alibaba.client import (
    IDS_AT_ONCE,
    LIST_AI_JOB,
    Vod,
    asked,
    batches,
    console_url,
    each,
    raise_if_all_failed,
)
from providers.alibaba.loose import clean
from providers.alibaba.states import over
from providers.base import NO_KINDS, Capabilities
from providers.budget import Budget, BudgetLeft
from providers.errors import Malformed, NotOffered, ProviderError
from providers.models import Job, JobPage, JobQuery, Lookup, Unanswered
from providers.parsing import listing, mapping
from providers.transport import Json

SERVICE = "vod-ai"


class VodAi:
    """The fingerprinting and smart tagging jobs of one account in one region."""

    service = SERVICE
    capabilities = Capabilities(lists=False, batch_max=IDS_AT_ONCE, requests_per_second=LIST_AI_JOB.rate)

    def __init__(self, account: AlibabaAccount, client: httpx.AsyncClient, budget: Budget) -> None:
        self.account = account.name
        self.region = account.region
        self._vod = Vod.of(account, SERVICE, client, budget)

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        """Raise NotOffered: ListAIJob wants ids."""
        del query, cursor
        message = "ListAIJob cannot list jobs: ask for them by id"
        raise NotOffered(message, account=self.account, service=SERVICE)

    async def budget_left(self) -> BudgetLeft:
        """Return how many look-ups may still be made just now."""
        return await self._vod.budget_left(LIST_AI_JOB)

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        """Return what is known about these ids, in a request for each ten; `kinds` is not needed."""
        del kinds
        question = asked(ids, self.account, SERVICE)
        groups = batches(question.ids)
        answers = await each(lambda group: list_ai_jobs(self._vod, group), groups)
        if not question.impossible:
            raise_if_all_failed(answers)
        parts = [self._part(group, answer) for group, answer in zip(groups, answers, strict=True)]
        return Lookup(
            found=tuple(job for part in parts for job in part.found),
            missing=(*question.impossible, *(one for part in parts for one in part.missing)),
            unanswered=(*question.masked, *(one for part in parts for one in part.unanswered)),
            request_id=next((part.request_id for part in parts if part.request_id), None),
        )

    def _part(self, ids: list[str], answer: Answer | ProviderError) -> Lookup:
        if isinstance(answer, ProviderError):
            return Lookup(unanswered=tuple(Unanswered(one, answer) for one in ids), request_id=answer.request_id)
        found = tuple(self._job(*answer.jobs[one], answer.request_id) for one in ids if one in answer.jobs)
        silent = [one for one in ids if one not in answer.jobs]
        # An entry that cannot be read may be any of the ids that the answer is silent about.
        lost = [one for one in silent if answer.malformed and one not in answer.missing]
        error = Malformed("ListAIJob's entry cannot be read", account=self.account, service=SERVICE)
        return Lookup(
            found,
            missing=tuple(one for one in silent if one not in lost),
            unanswered=tuple(Unanswered(one, error) for one in lost),
            request_id=answer.request_id,
        )

    def _job(self, job: AIJob, raw: Json, request_id: str | None) -> Job:
        shown, state = clean(raw), job.state
        unreadable = isinstance(shown.get("Data"), str) and shown["Data"].strip()
        return Job(
            account=self.account,
            service=SERVICE,
            id=job.id or "",
            kind=job.kind,
            state=state,
            raw_state=job.raw_state,
            created_at=job.created_at,
            finished_at=job.finished_at if over(state) else None,
            media=job.media,
            error=job.error,
            request_id=request_id,
            console_url=console_url(job.media),
            region=self.region,
            attributes=_attributes(mapping(shown.get("Data"))),
            notes=("The result data is not readable JSON.",) if unreadable else (),
            raw=shown,
        )


def _attributes(data: Mapping[str, Any]) -> dict[str, str]:
    """What speech recognition found; the duration is in milliseconds, as a text (provider API notes, section 5.2)."""
    speech = mapping(data.get("OrigASRData"))
    sentences = listing(speech.get("AsrTextList"))
    if not sentences:
        return {}
    count = f"{len(sentences)} sentence{'' if len(sentences) == 1 else 's'}"
    seconds = _seconds(speech.get("Duration"))
    return {"Speech recognised": count if seconds is None else f"{count}, {seconds} s"}


def _seconds(milliseconds: Any) -> int | None:
    try:
        return round(float(milliseconds) / 1000)
    except (TypeError, ValueError, OverflowError):
        return None
