"""Calling operations of ApsaraVideo VOD, for both services that live there."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.auth import auth, canonical_query
from providers.alibaba.errors import classify
from providers.budget import Budget, BudgetLeft
from providers.errors import InvalidQuery, ProviderError
from providers.models import Unanswered
from providers.transport import Reply, Transport

VERSION = "2017-03-21"
IDS_AT_ONCE = 10
"""Ids in one request of ListAIJob and GetTranscodeTask, at most."""

_CALLS_AT_ONCE = 4
_HOST_REGIONS = {"cn-hangzhou": "cn-shanghai"}
"""Regions served by another region's host: the vendor's own client, provider API notes, section 3.1."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

T = TypeVar("T")
U = TypeVar("U")


class Operation(NamedTuple):
    """An operation of VOD, and whose configured rate counts for it; `rate` is in requests a second an account."""

    name: str
    service: str
    rate: float


# 15 a second is documented for these (provider API notes, section 5.5, and the vendor's pages of the operations).
GET_JOB_DETAIL = Operation("GetJobDetail", "vod-jobs", 15)
LIST_JOB_INFO = Operation("ListJobInfo", "vod-jobs", 15)
GET_TRANSCODE_TASK = Operation("GetTranscodeTask", "vod-jobs", 15)
# No number is documented for these: "no more than 15/s" is the notes' judgement (section 5.2), 10 leaves some room.
LIST_AI_JOB = Operation("ListAIJob", "vod-ai", 10)
GET_AUDIT_JOB = Operation("GetAIMediaAuditJob", "vod-jobs", 10)


@dataclass(frozen=True, slots=True)
class Vod:
    """The operations of VOD, as one service of one account calls them.

    Each operation's budget is the account's, whichever service calls it.
    """

    account: AlibabaAccount
    endpoint: str
    transport: Transport

    @classmethod
    def of(cls, account: AlibabaAccount, service: str, client: httpx.AsyncClient, budget: Budget) -> "Vod":
        region = _HOST_REGIONS.get(account.region, account.region)
        transport = Transport(
            client=client,
            account=account.name,
            service=service,
            auth=auth(account),
            classify=classify,
            budget=budget,
            budget_key=f"{account.name}/vod",
            requests_per_second=LIST_AI_JOB.rate,
        )
        return cls(account, account.endpoint(service, f"https://vod.{region}.aliyuncs.com"), transport)

    async def call(self, operation: Operation, **parameters: str) -> Reply:
        """Return an operation's answer; raises ProviderError.

        Parameters travel in the query with an empty body (provider API notes, section 5.2).
        """
        request = self.transport.client.build_request(
            "POST",
            f"{self.endpoint}/?{canonical_query(parameters)}",
            headers={"accept": "application/json", "x-acs-action": operation.name, "x-acs-version": VERSION},
        )
        return await self.transport.send(request, operation=operation.name, per_second=self._rate(operation))

    async def budget_left(self, operation: Operation) -> BudgetLeft:
        """Return what the account may still ask of an operation just now."""
        return await self.transport.budget_left(operation.name, self._rate(operation))

    def _rate(self, operation: Operation) -> float:
        return self.account.rate(operation.service, operation.rate)


def console_url(media: str | None) -> str | None:
    """A console page of a media; there is none of a job (provider API notes, section 8)."""
    if not media:
        return None
    # Quoting takes long, and a media id has nothing to quote.
    name = media if media.isascii() and media.isalnum() else quote(media, safe="")
    return f"https://vod.console.aliyun.com/#/media/video/detail/{name}/video"


async def each(call: Callable[[T], Awaitable[U]], items: Iterable[T]) -> list[U | ProviderError]:
    """Call with every item, a few at once; return results or the errors that stood in their way, in order."""
    limit = asyncio.Semaphore(_CALLS_AT_ONCE)

    async def one(item: T) -> U | ProviderError:
        async with limit:
            try:
                return await call(item)
            except ProviderError as error:
                return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]


def raise_if_all_failed(results: Sequence[object]) -> None:
    """Raise the first error when there is nothing but errors."""
    errors = [result for result in results if isinstance(result, ProviderError)]
    if errors and len(errors) == len(results):
        raise errors[0]


class Asked(NamedTuple):
    """Ids as they came: those to ask for, those that cannot exist, and masked ones with what is wrong with them."""

    ids: list[str]
    impossible: list[str]
    masked: list[Unanswered]


def asked(ids: Iterable[str], account: str, service: str) -> Asked:
    """Strip ids, drop repetitions, and sort out those that need no request (provider API notes, section 7).

    Raises InvalidQuery when every id is masked.
    """
    clean = list(dict.fromkeys(stripped for one in ids if (stripped := one.strip())))
    masked = [Unanswered(one, mask_error(one, account, service)) for one in clean if "*" in one]
    if masked and len(masked) == len(clean):
        raise masked[0].error
    rest = [one for one in clean if "*" not in one]
    possible = [one for one in rest if _ID.fullmatch(one)]
    return Asked(possible, [one for one in rest if not _ID.fullmatch(one)], masked)


def mask_error(value: str, account: str, service: str) -> InvalidQuery:
    """What to say about an id with asterisks in it."""
    message = f"{value} is masked: the asterisks hide a part of the id, copy the whole one"
    return InvalidQuery(message, code="masked_id", account=account, service=service)


def batches(ids: Sequence[str]) -> list[list[str]]:
    """Cut ids into as few requests as the operations allow."""
    return [list(ids[start : start + IDS_AT_ONCE]) for start in range(0, len(ids), IDS_AT_ONCE)]
