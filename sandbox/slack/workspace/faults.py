"""Faults on demand: the next calls of a method fail as ordered."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request

from sandbox.connections import closed
from sandbox.slack.workspace.errors import Failure, RateLimitedError, ServerFault, SlackError, Unanswered

T = TypeVar("T")


class Fault(BaseModel):
    """The next `times` calls of `method` (or `response_url`) fail; with `channel` only calls about it.

    `status` is a bare HTTP error. `error: ratelimited` is a 429 with `retry_after` seconds. Another `error` is that
    Slack error (with the HTTP status `error_status`, if not 200). `drop` closes the connection without an answer.
    `hang_s` delays the failure by that many seconds, or the true answer if no failure was ordered. With `after` the
    call takes effect before it fails; without it a refused call, or one whose caller hung up, has no effect.
    """

    model_config = ConfigDict(extra="forbid")

    method: str
    channel: str | None = None
    error: str | None = None
    error_status: int | None = Field(default=None, ge=400, le=599)
    times: int = Field(default=1, ge=1)
    retry_after: int = Field(default=1, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    after: bool = False
    hang_s: float | None = Field(default=None, ge=0, le=86_400)
    drop: bool = False

    @model_validator(mode="after")
    def _fails_in_one_way(self) -> Self:
        if sum((self.status is not None, self.error is not None, self.drop)) > 1:
            raise ValueError("set only one of error, status and drop")
        if self.error_status is not None and self.error in {None, "ratelimited"}:
            raise ValueError("error_status needs an error; ratelimited always has 429")
        return self

    def fail(self) -> None:
        """Raise the caller's error, unless the fault is only a delay."""
        if self.drop:
            raise Unanswered("dropped")
        if self.status is not None:
            raise ServerFault(self.status)
        if self.error == "ratelimited":
            raise RateLimitedError(self.retry_after)
        if self.error or self.hang_s is None:
            raise SlackError(self.error or "internal_error", status=self.error_status)


class Faults:
    """The ordered faults, by method."""

    def __init__(self) -> None:
        self._orders: defaultdict[str, list[Fault]] = defaultdict(list)
        self._calm = asyncio.Event()

    def order(self, fault: Fault) -> None:
        """Make the next calls fail."""
        self._orders[fault.method].extend([fault] * fault.times)

    @property
    def left(self) -> int:
        """The number of calls that will still fail."""
        return sum(map(len, self._orders.values()))

    def clear_all(self) -> None:
        """Clear all faults, and release hung calls."""
        self._orders.clear()
        self._calm.set()
        self._calm = asyncio.Event()

    def take(self, method: str, channel: str | None) -> Fault | None:
        """Use up and return the oldest fault for a call, if any."""
        orders = self._orders[method]
        fault = next((each for each in orders if each.channel in (None, channel)), None)
        if fault is not None:
            orders.remove(fault)
        return fault

    async def strike(self, fault: Fault | None, request: Request, call: Callable[[], T]) -> T:
        """Carry out a call with the fault. Raises the fault's error, and the call's own errors."""
        if fault is None:
            return call()
        if fault.after:
            answer = call()
            try:
                await self._spoil(fault, request)
            except Failure as failure:
                failure.stored = True
                raise
            return answer
        await self._spoil(fault, request)
        return call()

    async def _spoil(self, fault: Fault, request: Request) -> None:
        if fault.hang_s is not None and await self._left(request, fault.hang_s):
            raise Unanswered("hung")
        fault.fail()

    async def _left(self, request: Request, seconds: float) -> bool:
        """Wait this many seconds. Return True if the caller disconnects first, or a clear releases the call."""
        ends = [asyncio.ensure_future(end) for end in (closed(request.receive), self._calm.wait())]
        try:
            done, _ = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            for end in ends:
                end.cancel()
                with suppress(asyncio.CancelledError):
                    await end
