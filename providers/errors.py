"""What can go wrong between Callboard and a cloud.

ProviderError
├── Unauthorized   the credentials are wrong, expired or missing
├── Forbidden      the credentials are right but may not do this
├── InvalidQuery   the cloud does not understand the question
├── NotOffered     the API or region does not exist for this account
├── Throttled      too many requests; `retry_after` says for how long
├── Unavailable    the cloud is down, late or unreachable
├── Malformed      the cloud answered something unreadable
└── Rejected       the cloud says no, in a way that its vendor does not document
    └── Missing    the one thing that was asked for by its id does not exist

Messages come from the vendors, scrubbed; a message that could echo a secret is left out by whoever raises.
"""

from typing import ClassVar, Final

NO_MESSAGE: Final = "the reply has no readable message"
"""What to say of a refusal that consists of a code or an HTTP status alone."""
CLOCK_OFF: Final = "this machine's clock is off"
"""How the message of an Unauthorized begins that blames the clock, and not the key."""


class ProviderError(Exception):
    """A question that one service of one account could not answer.

    `code` is the vendor's code, else the name of the kind of error. `retry_after` is in seconds. `retryable` says
    whether the same question may succeed later without any repair; `tries` is how often it is sent at most, where
    that is less than usual.
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
    """The cloud does not understand the question."""

    kind = "invalid_query"


class NotOffered(ProviderError):  # noqa: N818
    """The API or region does not exist for this account."""

    kind = "not_offered"


class Throttled(ProviderError):  # noqa: N818
    """Too many requests; `retry_after` (seconds) says for how long, where the cloud does."""

    kind = "throttled"
    retryable_by_default = True


class Unavailable(ProviderError):  # noqa: N818
    """The cloud is down, late or unreachable."""

    kind = "unavailable"
    retryable_by_default = True


class Malformed(ProviderError):  # noqa: N818
    """The cloud answered something unreadable."""

    kind = "malformed"
    retryable_by_default = True


class Rejected(ProviderError):  # noqa: N818
    """The cloud says no with a code that its vendor does not document, or misses another thing than the job.

    So nothing follows from it: neither that the job is gone, nor that trying again helps, nor what does.
    """

    kind = "rejected"


class Missing(Rejected):
    """The one thing that was asked for by its id does not exist; a look-up reports it as missing."""
