"""A service's description for the contract suite: one `Case` each, in `cases/SERVICE.py` as `CASE`.

A case is a small fake cloud. `record` makes the vendor's own JSON of one job. `answer` is the vendor's reply to any
request of the provider when the cloud holds these records. The suite bends the records (unknown states, missing and
null fields, malformed neighbors) and checks the jobs that the provider reads from them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from providers.accounts import AlibabaAccount, HuaweiAccount
from providers.base import NO_KINDS
from providers.errors import ProviderError
from providers.models import JobQuery, JobState

Json = dict[str, Any]

LEAK = "LEAK"
"""A word in every secret that a case puts into a record or a failure, and in nothing else."""

KEYS = {"access_key_id": "env:CONTRACT_AK", "secret_access_key": "env:CONTRACT_SK"}
"""An account's key pair; the suite sets these variables to `LEAK-ak` and `LEAK-sk`."""


@dataclass(frozen=True)
class Failure:
    """An error reply of the vendor, and the error that it means.

    `body` is JSON, or text that is sent as it is. The suite checks the error's class, `code`, `request_id`,
    `retry_after` (seconds) and `retryable` (None: the class's default).
    """

    name: str
    status: int
    body: Json | str
    raises: type[ProviderError]
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    request_id: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None

    def response(self) -> httpx.Response:
        """Return the reply as a new object for each request."""
        if isinstance(self.body, str):
            return httpx.Response(self.status, text=self.body, headers=self.headers)
        return httpx.Response(self.status, json=self.body, headers=self.headers)


@dataclass(frozen=True)
class Case:
    """One service: the only one of `account`.

    `query` is something that the service can list, None where it cannot list at all.
    `states` is every raw state that the vendor documents (for the kind that `record` makes).
    `record(id, raw state)` is the vendor's JSON of a job with every field filled and each secret marked with LEAK.
    `essential` are the keys of a record without which there is no job; the suite may drop or null any other.
    `answer(records, request)` is the vendor's reply to a request; records may be malformed (null, numbers, text, {}).
    Records have the cloud's own order, newest first.
    `kinds(ids)` is what a caller who saw the jobs before passes to `lookup`.
    `failures` holds at least one reply for each class that the vendor documents; each is also the reply to every
    other request of the provider.
    """

    account: HuaweiAccount | AlibabaAccount
    query: JobQuery | None
    ids: tuple[str, str, str]
    states: Mapping[str, JobState]
    record: Callable[[str, str], Json]
    essential: frozenset[str]
    answer: Callable[[Sequence[Any], httpx.Request], httpx.Response]
    failures: tuple[Failure, ...]
    kinds: Callable[[Sequence[str]], Mapping[str, str]] = lambda _: NO_KINDS

    @property
    def service(self) -> str:
        """Return the account's only service."""
        (service,) = self.account.services
        return service

    def __str__(self) -> str:
        return self.service
