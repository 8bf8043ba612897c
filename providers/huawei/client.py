"""The GET calls of one Huawei service, and what its three providers share."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import httpx

from providers.accounts import HuaweiAccount
from providers.budget import Budget
from providers.errors import Malformed, ProviderError
from providers.huawei.auth import auth, canonical_query
from providers.huawei.errors import classify
from providers.models import Job, JobState, Lookup, Unanswered
from providers.parsing import Unreadable
from providers.transport import Reply, Transport

PAGE_MAX = 100
"""All three accept this; VAS's older generation and MetaStudio accept no more (notes, sections 5.1 and 5.4)."""

FEW = 5
"""Up to this many ids are asked for one by one."""

_AT_ONCE = 4
_JOB_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Origin(NamedTuple):
    """Where a job comes from."""

    account: str
    service: str
    region: str


@dataclass(frozen=True, slots=True)
class Api:
    """Sends the questions of a service of an account."""

    transport: Transport
    endpoint: str
    project_id: str
    origin: Origin

    @classmethod
    def of(
        cls,
        account: HuaweiAccount,
        client: httpx.AsyncClient,
        budget: Budget,
        *,
        service: str,
        host: str,
        per_second: float,
    ) -> Self:
        """Return the API of a service of an account; `host` is the first word of its documented host."""
        endpoint = account.endpoint(service, f"https://{host}.{account.region}.myhuaweicloud.com")
        transport = Transport(
            client=client,
            account=account.name,
            service=service,
            auth=auth(account),
            classify=classify,
            budget=budget,
            budget_key=f"{account.name}/{service}",
            requests_per_second=account.rate(service, per_second),
        )
        return cls(transport, endpoint, account.project_id, Origin(account.name, service, account.region))

    async def get(self, version: str, path: str, params: Iterable[tuple[str, str]] = ()) -> Reply:
        """Ask for a path of the project, with the query spelled exactly as it is signed."""
        url = f"{self.endpoint}/{version}/{self.project_id}/{path}"
        if query := canonical_query(list(params)):
            url = f"{url}?{query}"
        return await self.transport.send(self.transport.client.build_request("GET", url))


@dataclass(frozen=True, slots=True)
class States:
    """A service's raw states, spelled as documented, and what they mean here."""

    meanings: Mapping[str, JobState]
    _folded: Mapping[str, JobState]

    @classmethod
    def of(cls, meanings: Mapping[str, JobState]) -> Self:
        return cls(meanings, {raw.casefold(): state for raw, state in meanings.items()})

    def read(self, raw: str | None) -> JobState:
        """Return the state of a raw word in any case; an unlisted word is unknown."""
        return self._folded.get(raw.casefold(), JobState.UNKNOWN) if raw else JobState.UNKNOWN

    def words(self, states: frozenset[JobState]) -> tuple[str, ...] | None:
        """Return the raw states to ask for; None when no filter can be sent, as unlisted words cannot be asked for."""
        if not states or JobState.UNKNOWN in states:
            return None
        return tuple(raw for raw, state in self.meanings.items() if state in states)


def possible_id(job_id: str) -> bool:
    """Whether an id can be a job's at all; others never get into a path."""
    return _JOB_ID.fullmatch(job_id) is not None


async def look_up_each(ids: Sequence[str], ask: Callable[[str], Awaitable[Job | None]]) -> Lookup:
    """Ask for each id, a few at once; None from `ask` is "no such job". Raises when nothing at all was answered."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def answer(job_id: str) -> Job | ProviderError | None:
        async with gate:
            try:
                return await ask(job_id)
            except Unreadable as error:
                return Malformed(str(error))
            except ProviderError as error:
                return error

    answers = dict(zip(ids, await asyncio.gather(*map(answer, ids)), strict=True))
    found = tuple(job for job in answers.values() if isinstance(job, Job))
    missing = tuple(job_id for job_id, job in answers.items() if job is None)
    failed = tuple(Unanswered(job_id, error) for job_id, error in answers.items() if isinstance(error, ProviderError))
    if failed and not (found or missing):
        raise failed[0].error
    return Lookup(found, missing, failed, found[0].request_id if found else None)
