"""The one request path to every cloud: budget, signature, deadline, retry, errors."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

import aiohttp
import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from providers.errors import Malformed, ProviderError, Unauthorized, Unavailable
from providers.http.bodies import receive
from providers.http.deadline import call, note_date, own_limit, remaining, share
from providers.http.rate_limit import Budget, BudgetLeft, QuickBudget
from providers.secrets import SecretMissing

TRIES = 3
ATTEMPT_S = 8.0
"""The time limit of one try, in seconds. The request's deadline may be shorter."""

Json = dict[str, Any]
Classify = Callable[[httpx.Response, Json | None], ProviderError | None]
"""Reads a vendor's reply, None if unreadable: returns None for a success, else the error to raise."""

_backoff = wait_random_exponential(multiplier=0.2, max=3)


class ApiReply(NamedTuple):
    """A readable reply, and the vendor's id of the request."""

    json: Json
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Transport:
    """Sends the requests of one service of one account. Raises ProviderError and nothing else."""

    client: httpx.AsyncClient
    account: str
    service: str
    auth: httpx.Auth
    classify: Classify
    budget: Budget
    budget_key: str
    requests_per_second: float

    async def send(self, request: httpx.Request, *, operation: str = "", per_second: float | None = None) -> ApiReply:
        """Send a request, retrying where that can help and time is left.

        `operation` names a separate budget within the service, of `per_second` requests. Each try has a new signature.

        Raises:
            Throttled: The budget has no room before the deadline, or the cloud's limit is reached.
            ProviderError: The last try failed in another way.
        """
        failures: list[ProviderError] = []

        async def attempt() -> ApiReply:
            # The retry loop starts with the error of the try that was made without it.
            if failures:
                raise failures.pop()
            await self._acquire(*self._counted(operation, per_second))
            return await self._attempt(request)

        try:
            try:
                return await attempt()
            except ProviderError as error:  # most requests succeed immediately and need no retry loop
                failures.append(error)
                return await _retrying(attempt)
        except ProviderError as error:
            error.account, error.service = self.account, self.service
            raise

    def malformed(self, message: str, reply: ApiReply) -> Malformed:
        """Return the error for a reply that is JSON, but not the expected kind."""
        return Malformed(message, account=self.account, service=self.service, request_id=reply.request_id)

    async def _acquire(self, key: str, per_second: float) -> None:
        """Wait for the budget. A caller with only a share of it waits for that share too."""
        if share() < 1:
            part = f"{key}/share", per_second * share()
            if isinstance(self.budget, QuickBudget) and await self.budget.take_now([part, (key, per_second)]):
                return
            with own_limit(part[1]):
                await self.budget.acquire(*part)
        with own_limit(per_second):
            await self.budget.acquire(key, per_second)

    async def budget_left(self, operation: str = "", per_second: float | None = None) -> BudgetLeft:
        """Return the rest of the budget that `send` would use."""
        return await self.budget.left(*self._counted(operation, per_second))

    def _counted(self, operation: str, per_second: float | None) -> tuple[str, float]:
        key = f"{self.budget_key}/{operation}" if operation else self.budget_key
        return key, per_second or self.requests_per_second

    async def _attempt(self, request: httpx.Request) -> ApiReply:
        timeout = max(0.001, min(ATTEMPT_S, remaining()))
        request.extensions = {**request.extensions, "timeout": httpx.Timeout(timeout).as_dict()}
        try:
            with call():
                response = await self._answer(request, timeout)
            _note_date(response.headers.get("date"))
        except SecretMissing as error:
            raise Unauthorized(str(error), code="credentials_missing") from None
        except TimeoutError:
            raise Unavailable("no answer in time", code="timeout") from None
        except (httpx.HTTPError, aiohttp.ClientError) as error:  # httpx-aiohttp lets some of aiohttp's through
            raise _unanswered(error, request.url.host) from None
        body = _object(response)
        if error := self.classify(response, body):
            raise error
        if body is None:
            raise Malformed(f"HTTP {response.status_code} with a body that is not a JSON object")
        return ApiReply(body, response.headers.get("x-request-id") or _text(body.get("RequestId")))

    async def _answer(self, request: httpx.Request, timeout_s: float) -> httpx.Response:
        """Send a request once, and receive the whole response. Raises TimeoutError after `timeout_s`."""
        async with asyncio.timeout(timeout_s):  # httpx limits each read, and a response can arrive in drops
            response = await self.client.send(request, auth=self.auth, follow_redirects=False, stream=True)
            try:
                await receive(response)
            finally:
                await response.aclose()
        return response


def _unanswered(error: httpx.HTTPError | aiohttp.ClientError, host: str) -> Unavailable:
    """Return why there is no response.

    httpx-aiohttp reports refused and lost connections as timeouts; the cause differs.
    """
    cause = error.__cause__
    lost = isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(cause, TimeoutError)
    if isinstance(error, httpx.ConnectError) or isinstance(cause, aiohttp.ClientConnectorError):
        return Unavailable(f"could not connect to {host}", code="unreachable")
    if isinstance(error, httpx.TimeoutException) and not lost:
        return Unavailable("no answer in time", code="timeout")
    return Unavailable("the connection broke", code="broken_connection")


@lru_cache(maxsize=8)  # most responses of a second have the same
def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _note_date(header: str | None) -> None:
    if header and (told := _date(header)):
        note_date(told)


def _object(response: httpx.Response) -> Json | None:
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


async def _retrying(attempt: Callable[[], Awaitable[ApiReply]]) -> ApiReply:
    """Call until there is a reply, or an error that a retry cannot fix."""
    retry = retry_if_exception(_worth_another_try)
    return await AsyncRetrying(retry=retry, stop=_out_of_tries_or_time, wait=_wait, reraise=True)(attempt)


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.retryable


def _wait(state: RetryCallState) -> float:
    """Return the wait in seconds: the cloud's own plus jitter, else exponential backoff with full jitter."""
    error = state.outcome.exception() if state.outcome else None
    jittered = _backoff(state)
    if isinstance(error, ProviderError) and error.retry_after is not None:
        return error.retry_after + min(jittered, 0.5)
    return jittered


def _out_of_tries_or_time(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    tries = error.tries if isinstance(error, ProviderError) and error.tries else TRIES
    return state.attempt_number >= tries or state.upcoming_sleep >= remaining()
