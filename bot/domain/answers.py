"""Answers to questions: plain values that the views and the terminal render."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict

from providers.errors import ProviderError
from providers.http.deadline import Question
from providers.models import Job


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


WAIT_MIN_S = 0.5
"""Shorter waits for our own request budget are not shown."""


class OwnLimit(_Value):
    """A wait, in seconds, for our own limit of `per_second` requests per second."""

    seconds: float
    per_second: float

    @classmethod
    def of(cls, question: Question) -> Self | None:
        """Return how long a question waited for its budget; None if the wait was short."""
        if question.limit is None or question.waited_s < WAIT_MIN_S:
            return None
        return cls(seconds=question.waited_s, per_second=question.limit)


class ServiceError(_Value):
    """An error of one service of an account. The service answered in part or not at all.

    `kind` is the kind of `ProviderError` (`unauthorized`, `throttled`, `late` …), `code` the vendor's code or the kind.
    `failing_since` is when the failures started, if earlier questions failed too. `retry_after` is in seconds.
    `waited` is the wait for our own request budget, if it is part of the reason.
    """

    account: str
    service: str
    kind: str
    code: str
    message: str
    retryable: bool
    request_id: str | None = None
    retry_after: float | None = None
    failing_since: datetime | None = None
    waited: OwnLimit | None = None

    @classmethod
    def of(cls, error: ProviderError, account: str, service: str) -> Self:
        """Describe an error that a provider raised."""
        return cls(
            account=account,
            service=service,
            kind=error.kind,
            code=error.code,
            message=error.message,
            retryable=error.retryable,
            request_id=error.request_id,
            retry_after=error.retry_after,
        )


class Remembered(_Value):
    """A service that cannot list jobs: the answer has only jobs that were looked up or subscribed to before.

    `current` is False if the bot could not refresh the state of the jobs that had not ended.
    """

    account: str
    service: str
    known: int
    current: bool = True


class Incomplete(_Value):
    """A service whose list was read in part: its newest `scanned` jobs, or without `malformed` entries.

    `uncoded` counts failed jobs that a filter by code left out because the list has no codes.
    """

    account: str
    service: str
    scanned: int | None = None
    malformed: int = 0
    uncoded: int = 0


class Late(_Value):
    """A service that had not answered when the first part of an answer was shown.

    `after_s` is how long it took or how long the bot waited for it; None while the bot still waits. `waited` is the
    share of our own request budget. `alone` is set if no other account in the question has a service of this name.
    """

    account: str
    service: str
    alone: bool = True
    after_s: float | None = None
    waited: OwnLimit | None = None

    @property
    def address(self) -> tuple[str, str]:
        return self.account, self.service


class _OfService(Protocol):
    @property
    def account(self) -> str: ...

    @property
    def service(self) -> str: ...


def _of(service: Late, parts: Iterable[_OfService]) -> tuple[_OfService, ...]:
    return tuple(each for each in parts if (each.account, each.service) == service.address)


class Partial(Protocol):
    """An answer; it has no results yet from the services in `pending`."""

    @property
    def pending(self) -> Sequence[Late]: ...


class Answered(_Value):
    """The part that all answers have: which services were late.

    The first part of an answer has `pending`: the services that have not answered. The complete answer has `late`: the
    services that were pending before.
    """

    pending: tuple[Late, ...] = ()
    late: tuple[Late, ...] = ()


class JobList(Answered):
    """One page of jobs from several services, newest first.

    `offset` counts the jobs before this page. `total` is None if a service does not report how many match. `more` is
    set if there is a next page. `services` counts all services; `services_asked` leaves out those that cannot list and
    have no known jobs.
    """

    jobs: tuple[Job, ...] = ()
    offset: int = 0
    limit: int = 10
    total: int | None = None
    more: bool = False
    services: int = 0
    errors: tuple[ServiceError, ...] = ()
    remembered: tuple[Remembered, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    checked_at: datetime

    @property
    def services_asked(self) -> int:
        return self.services - sum(not part.known for part in self.remembered)

    def of(self, service: Late) -> Self:
        """Return the part of the answer that comes from one service."""
        parts = ("jobs", "errors", "remembered", "incomplete")
        return self.model_copy(update={part: _of(service, getattr(self, part)) for part in parts})


class Missing(_Value):
    """An id or ref that no service found. `looked_in` lists the ACCOUNT/SERVICE pairs that were searched.

    `everywhere` is False if a service that may have the job could not be asked.
    """

    id: str
    looked_in: tuple[str, ...] = ()
    everywhere: bool = True


class JobDetails(Answered):
    """Jobs looked up by id, ref or link. `services` counts the services that were asked."""

    jobs: tuple[Job, ...] = ()
    services: int = 0
    missing: tuple[Missing, ...] = ()
    errors: tuple[ServiceError, ...] = ()
    checked_at: datetime

    def of(self, service: Late) -> Self:
        """Return the part of the answer that comes from one service."""
        return self.model_copy(update={part: _of(service, getattr(self, part)) for part in ("jobs", "errors")})


class ServiceHealth(_Value):
    """The health of one service of an account.

    `latency_s` is the time of its last HTTP call. `error` is None if it answers. `last_error`, at `last_error_at`, is
    its latest failure, even if it has answered since. `asked` is False if the bot has not asked it yet. `waited` is the
    wait for our own request budget before the call; the latency does not include it. `budget_left` of `budget` requests
    remain in the current second. `list_limit` is how many jobs of its list can be read, if it has more. `followed`
    jobs are swept for subscriptions; the last sweep, at `swept_at`, covered `swept_jobs` of them with `swept_requests`
    requests.
    """

    account: str
    service: str
    region: str
    lists: bool
    asked: bool = True
    latency_s: float | None = None
    waited: OwnLimit | None = None
    error: ServiceError | None = None
    last_ok_at: datetime | None = None
    last_error: ServiceError | None = None
    last_error_at: datetime | None = None
    budget_left: int | None = None
    budget: int | None = None
    list_limit: int | None = None
    followed: int = 0
    swept_at: datetime | None = None
    swept_jobs: int = 0
    swept_requests: int = 0


class AccountsHealth(Answered):
    """The health of all accounts and services, checked just now.

    `slack_paused` maps Slack methods that are rate limited to the seconds that are left.
    """

    services: tuple[ServiceHealth, ...]
    checked_at: datetime
    slack_paused: Mapping[str, float] = {}
