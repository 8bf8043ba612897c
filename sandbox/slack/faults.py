"""Misbehaviour on demand: the next calls of a method fail the way somebody asked for."""

from collections import defaultdict, deque

from pydantic import BaseModel, ConfigDict, Field

from sandbox.slack.errors import RateLimitedError, SlackError


class ServerFault(Exception):  # noqa: N818 - it is a fault on order, not a mistake of ours
    """The call fails below Slack's protocol, with an HTTP `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status} on demand")
        self.status = status


class Fault(BaseModel):
    """The next `times` calls of `method` (or `response_url`) fail.

    With `status` as a bare HTTP error, with `error: ratelimited` as a 429 to be retried after `retry_after` seconds,
    else with that Slack error.
    """

    model_config = ConfigDict(extra="forbid")

    method: str
    error: str = "internal_error"
    times: int = Field(default=1, ge=1)
    retry_after: int = Field(default=1, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)

    def exception(self) -> Exception:
        """What the call raises instead of answering."""
        if self.status is not None:
            return ServerFault(self.status)
        return RateLimitedError(self.retry_after) if self.error == "ratelimited" else SlackError(self.error)


class Faults:
    """The faults on order, by method."""

    def __init__(self) -> None:
        self._orders: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def order(self, fault: Fault) -> None:
        """Make the next calls fail."""
        self._orders[fault.method].extend([fault] * fault.times)

    def strike(self, method: str) -> None:
        """Fail if that was ordered."""
        if self._orders[method]:
            raise self._orders[method].popleft().exception()
