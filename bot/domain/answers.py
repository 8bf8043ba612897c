"""What a question is answered with: plain values that views and the terminal turn into words."""

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
"""A wait for our own request budget that is shorter is not worth a word."""


class OwnLimit(_Value):
    """A wait of so many seconds for our own limit of `per_second` requests a second."""

    seconds: float
    per_second: float

    @classmethod
    def of(cls, question: Question) -> Self | None:
        """Return how long a question waited for its budget, None for a moment."""
        if question.limit is None or question.waited_s < WAIT_MIN_S:
            return None
        return cls(seconds=question.waited_s, per_second=question.limit)


class ServiceError(_Value):
    """One service of one account that could not answer, fully or in part.

    `kind` is the kind of `ProviderError` (`unauthorized`, `throttled`, `late` …), `code` the vendor's code or the kind.
    `failing_since` is when the failures began, if earlier questions failed too. `retry_after` is in seconds.
    `waited` is the wait for our own request budget that is part of the reason.
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
        """Describe what a provider raised."""
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
    """A service that cannot list was answered from the jobs that somebody looked up or subscribed to before.

    `current` is False when the present state of those that had not ended could not be asked for.
    """

    account: str
    service: str
    known: int
    current: bool = True


class Incomplete(_Value):
    """A service whose list was read only as far as its newest `scanned` jobs, or had `malformed` unreadable entries.

    `uncoded` are failed jobs that a filter by code left out, since the list has no codes.
    """

    account: str
    service: str
    scanned: int | None = None
    malformed: int = 0
    uncoded: int = 0


class Late(_Value):
    """A service that had not answered when the first words were shown.

    `after_s` is how long it then took, or how long it was waited for; None while it is still asked. `waited` is the
    part of that for our own request budget. `alone` says that no other account that was asked has a service of this
    name.
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
    """What a question is answered with; of the services in `pending` it holds nothing yet."""

    @property
    def pending(self) -> Sequence[Late]: ...


class Answered(_Value):
    """What every answer says of the services that were asked.

    First words have `pending`: the services that are still being asked, of which the answer holds nothing yet. The
    whole answer has `late`: the services that were pending in its first words.
    """

    pending: tuple[Late, ...] = ()
    late: tuple[Late, ...] = ()


class JobList(Answered):
    """One page of jobs over several services, newest first.

    `offset` counts jobs before this page; `total` is None when not every service tells how many match; `more` says
    whether a next page exists. `services` is how many services there are; `asked` leaves out those that cannot list and
    of whose jobs nobody has asked before.
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
        """Return what the answer has of one service."""
        parts = ("jobs", "errors", "remembered", "incomplete")
        return self.model_copy(update={part: _of(service, getattr(self, part)) for part in parts})


class Missing(_Value):
    """An id or ref that no service knows; `looked_in` lists ACCOUNT/SERVICE where it was looked for.

    `everywhere` is False when some service that may know it could not be asked.
    """

    id: str
    looked_in: tuple[str, ...] = ()
    everywhere: bool = True


class JobDetails(Answered):
    """What was found about jobs asked for by id, ref or link. `services` is how many services were asked."""

    jobs: tuple[Job, ...] = ()
    services: int = 0
    missing: tuple[Missing, ...] = ()
    errors: tuple[ServiceError, ...] = ()
    checked_at: datetime

    def of(self, service: Late) -> Self:
        """Return what the answer has of one service."""
        return self.model_copy(update={part: _of(service, getattr(self, part)) for part in ("jobs", "errors")})


class ServiceHealth(_Value):
    """How a service of an account is doing. `latency_s` is of its last HTTP call; `error` is None when it answers.

    `last_error`, at `last_error_at`, is what it failed with last, although it may have answered since.
    `asked` is False for one that was not asked yet. `waited` is the wait for our own request budget before the call, no
    part of the latency. `budget_left` of `budget` requests may still be made in the current second.
    `list_limit` is how many jobs can be read of its list, where it has more. `followed` jobs are looked at for
    subscriptions; the last look, at `swept_at`, covered `swept_jobs` of them with `swept_requests` requests.
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
    """All accounts and services, asked just now.

    `slack_paused` are methods that Slack asked not to call for a while, with the seconds that are left.
    """

    services: tuple[ServiceHealth, ...]
    checked_at: datetime
    slack_paused: Mapping[str, float] = {}
