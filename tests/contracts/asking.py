"""Calls of a case's provider, for the contract suite."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import httpx

from providers.base import Provider
from providers.http.rate_limit import BudgetLeft
from providers.models import Job, JobState
from providers.registry import build
from tests.contracts.case import Case

HALF_A_CHARACTER = "half-a-character"
"""A placeholder for half of a surrogate pair, which JSON can spell and no encoder writes."""


class Unlimited:
    """A budget that is never used up."""

    async def acquire(self, key: str, per_second: float) -> None:
        pass

    async def left(self, key: str, per_second: float) -> BudgetLeft:  # noqa: ARG002  # the protocol's
        return BudgetLeft(int(per_second), int(per_second))


def provider(case: Case, answer: Callable[[httpx.Request], httpx.Response]) -> Provider:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    (built,) = build([case.account], client, Unlimited())
    return built


def holding(case: Case, *records: Any) -> Provider:
    """Return the provider over a cloud with these records."""
    return provider(case, partial(_answer, case, records))


def _answer(case: Case, records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    whole = case.answer(records, request)
    content = whole.content.replace(HALF_A_CHARACTER.encode(), rb"\ud800")
    headers = {name: value for name, value in whole.headers.items() if name != "content-length"}
    return httpx.Response(whole.status_code, content=content, headers=headers)


async def look_up(case: Case, subject: Provider, *ids: str) -> dict[str, Job]:
    found = (await subject.lookup(ids, case.kinds(ids))).found
    return {job.id: job for job in found}


async def ask(case: Case, subject: Provider) -> Any:
    if case.query is not None:
        return await subject.page(case.query)
    return await subject.lookup(case.ids[:1], case.kinds(case.ids[:1]))


def garbled(case: Case, reply: Any, job_id: str) -> Any:
    """Return a copy of a reply with one job's object emptied of its meaning."""
    if isinstance(reply, list):
        return [garbled(case, item, job_id) for item in cast("list[Any]", reply)]
    if not isinstance(reply, dict):
        return reply
    known = cast("dict[str, Any]", reply)
    if any(known.get(key) == job_id for key in case.essential):
        return {"brand_new": 1}
    return {key: garbled(case, item, job_id) for key, item in known.items()}


def word(case: Case, state: JobState) -> str:
    return next(raw for raw, meaning in case.states.items() if meaning is state)


def all_texts(*things: Any) -> str:
    return "\n".join(f"{thing}\n{thing!r}" for thing in things)
