"""Errors of requests to a cloud.

ProviderError
├── Unauthorized   the credentials are wrong, expired or missing
├── Forbidden      the credentials are right but may not do this
├── InvalidQuery   the cloud rejects the request as malformed
├── NotOffered     the API or region does not exist for this account
├── Throttled      too many requests; `retry_after` says for how long
├── Unavailable    the cloud is down, timed out or is unreachable
├── Malformed      the cloud's response is unreadable
└── Rejected       the cloud refuses for a reason that its vendor does not document
    └── Missing    the job that was looked up by its id does not exist

Messages are the vendors' own, without secrets. The code that raises omits a message that could echo a secret.
"""

from typing import ClassVar, Final

NO_MESSAGE: Final = "the reply has no readable message"
"""The message of a refusal that has only a code or an HTTP status."""
CLOCK_OFF: Final = "this machine's clock is off"
"""The first words of an Unauthorized that is caused by the clock, not by the key."""


class ProviderError(Exception):
    """A request that one service of one account could not answer.

    `code` is the vendor's code, or the name of the error's kind. `retry_after` is in seconds. `retryable` says whether
    the same request may succeed later without a fix. `tries` is the highest number of attempts, where that is lower
    than usual.
    """

    kind: ClassVar[str] = "error"
    retryable_by_default: ClassVar[bool] = False

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        account: str = "",
        service: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        tries: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.kind
        self.account = account
        self.service = service
        self.request_id = request_id
        self.retry_after = retry_after
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.tries = tries

    def __str__(self) -> str:
        where = f"{self.account}/{self.service}: " if self.account else ""
        return f"{where}{self.code}: {self.message}" if self.message else f"{where}{self.code}"


class Unauthorized(ProviderError):  # noqa: N818  # the tree's names are the field's words
    """The credentials are wrong, expired or missing."""

    kind = "unauthorized"


class Forbidden(ProviderError):  # noqa: N818
    """The credentials are right but may not do this."""

    kind = "forbidden"


class InvalidQuery(ProviderError):  # noqa: N818
    """The cloud rejects the request as malformed."""

    kind = "invalid_query"


class NotOffered(ProviderError):  # noqa: N818
    """The API or region does not exist for this account."""

    kind = "not_offered"


class Throttled(ProviderError):  # noqa: N818
    """Too many requests; `retry_after` is the cloud's wait in seconds, where it gives one."""

    kind = "throttled"
    retryable_by_default = True


class Unavailable(ProviderError):  # noqa: N818
    """The cloud is down, timed out or is unreachable."""

    kind = "unavailable"
    retryable_by_default = True


class Malformed(ProviderError):  # noqa: N818
    """The cloud's response is unreadable."""

    kind = "malformed"
    retryable_by_default = True


class Rejected(ProviderError):  # noqa: N818
    """The cloud refuses with an undocumented code, or misses something other than the job.

    It does not prove that the job no longer exists, and does not say whether a retry or anything else helps.
    """

    kind = "rejected"


class Missing(Rejected):
    """The job that was looked up by its id does not exist; a look-up reports it as missing."""
