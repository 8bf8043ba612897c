"""The request path: retries only where that helps, a new signature each time, within the question's deadline."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tenacity import AsyncRetrying, RetryCallState

from providers.errors import (
    Forbidden,
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.http.deadline import within
from providers.http.rate_limit import BudgetLeft
from providers.http.transport import ATTEMPT_S, TRIES, Json, Transport, _wait  # pyright: ignore[reportPrivateUsage]
from providers.secrets import SecretRef

Answer = Callable[[httpx.Request], httpx.Response]


class Counting(httpx.Auth):
    """Signs with a number that never repeats."""

    def __init__(self) -> None:
        self.signatures = 0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        self.signatures += 1
        request.headers["Authorization"] = f"signature-{self.signatures}"
        yield request


class Keyed(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = SecretRef("env:TRANSPORT_TEST_KEY").read()
        yield request


class Counted:
    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    async def acquire(self, key: str, per_second: float) -> None:
        self.taken.append((key, per_second))

    async def left(self, key: str, per_second: float) -> BudgetLeft:  # noqa: ARG002  # the protocol's
        return BudgetLeft(1, 1)


class Cloud:
    """Sends one reply after the other, and the last one forever."""

    def __init__(self, *replies: httpx.Response | Exception, auth: httpx.Auth | None = None) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str | None, Json]] = []
        self.budget = Counted()
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.transport = Transport(
            client=client,
            account="media-cn",
            service="video-ocr",
            auth=auth or Counting(),
            classify=classify,
            budget=self.budget,
            budget_key="media-cn/video-ocr",
            requests_per_second=5,
        )

    async def send(self, **more: Any) -> Any:
        return await self.transport.send(httpx.Request("GET", "https://cloud.example/jobs"), **more)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.headers.get("Authorization"), dict(request.extensions)))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, content=reply.content, headers=reply.headers)


ERRORS = {
    302: NotOffered,
    401: Unauthorized,
    403: Forbidden,
    404: NotOffered,
    400: InvalidQuery,
    429: Throttled,
    503: Unavailable,
}
OK = httpx.Response(200, json={"RequestId": "from the body"})


def classify(response: httpx.Response, body: Json | None) -> ProviderError | None:
    if response.is_success:
        return None
    seconds = response.headers.get("retry-after")
    return ERRORS[response.status_code]("refused", retry_after=float(seconds) if seconds else None)


@pytest.mark.usefixtures("no_backoff")
class TestRetries:
    @pytest.mark.parametrize("status", [429, 503])
    async def test_a_temporary_error_is_retried_with_a_new_signature(self, status: int):
        cloud = Cloud(httpx.Response(status), OK)
        await cloud.send()
        assert [signature for signature, _ in cloud.requests] == ["signature-1", "signature-2"]
        assert cloud.budget.taken == [("media-cn/video-ocr", 5)] * 2

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    async def test_an_error_that_needs_a_fix_is_not_retried(self, status: int):
        cloud = Cloud(httpx.Response(status))
        with pytest.raises(ERRORS[status]) as caught:
            await cloud.send()
        assert len(cloud.requests) == 1
        assert (caught.value.account, caught.value.service) == ("media-cn", "video-ocr")

    async def test_retries_are_bounded(self):
        cloud = Cloud(httpx.Response(503))
        with pytest.raises(Unavailable):
            await cloud.send()
        assert len(cloud.requests) == TRIES

    @pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b'"text"', b'{"half": ', b"\xff\xfe", b"[" * 100_000])
    async def test_a_body_that_is_no_object_is_malformed(self, content: bytes):
        cloud = Cloud(httpx.Response(200, content=content))
        with pytest.raises(Malformed):
            await cloud.send()
        assert len(cloud.requests) == TRIES

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (httpx.ConnectError("SECRET"), "unreachable"),
            (httpx.ConnectTimeout("SECRET"), "timeout"),
            (httpx.ReadTimeout("SECRET"), "timeout"),
            (httpx.ReadError("SECRET"), "broken_connection"),
            (httpx.RemoteProtocolError("SECRET"), "broken_connection"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
    )
    async def test_a_broken_connection_is_unavailable_and_retried(self, error: Exception, code: str):
        cloud = Cloud(error, OK)
        await cloud.send()
        assert len(cloud.requests) == 2
        with pytest.raises(Unavailable) as caught:
            await Cloud(error).send()
        assert caught.value.code == code
        assert "SECRET" not in f"{caught.value!r} {caught.value}"
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize("status", [429, 503])
    async def test_no_wait_starts_that_outlives_the_question(self, status: int):
        cloud = Cloud(httpx.Response(status, headers={"retry-after": "30"}))
        async with within(20):
            with pytest.raises(ERRORS[status]) as caught:
                await cloud.send()
        assert caught.value.retry_after == 30
        assert len(cloud.requests) == 1

    async def test_a_short_wait_is_made(self):
        cloud = Cloud(httpx.Response(429, headers={"retry-after": "0.01"}), OK)
        await cloud.send()
        assert len(cloud.requests) == 2

    @pytest.mark.parametrize("error", [Throttled(retry_after=7), Unavailable(retry_after=7)])
    def test_the_wait_is_never_shorter_than_the_cloud_says(self, error: ProviderError):
        assert 7 <= _wait(after(error)) <= 7.5


def after(error: ProviderError) -> RetryCallState:
    state = RetryCallState(AsyncRetrying(), None, (), {})
    state.set_exception((type(error), error, None))
    return state


@pytest.mark.parametrize("attempt", range(1, 9))
def test_the_backoff_is_bounded_and_jittered(attempt: int):
    state = after(Unavailable())
    state.attempt_number = attempt
    waits = {_wait(state) for _ in range(20)}
    assert all(0 <= wait <= 3 for wait in waits)
    assert len(waits) > 1


async def test_an_answer_has_its_request_id():
    assert (await Cloud(OK).send()).request_id == "from the body"
    assert (await Cloud(httpx.Response(200, json={}, headers={"X-Request-Id": "header"})).send()).request_id == "header"
    assert (await Cloud(httpx.Response(200, json={"RequestId": 7})).send()).request_id is None


async def test_an_operation_has_its_own_budget():
    cloud = Cloud(OK)
    await cloud.send(operation="GetJobDetail", per_second=15)
    assert cloud.budget.taken == [("media-cn/video-ocr/GetJobDetail", 15)]


async def test_a_caller_with_a_share_of_the_budget_uses_the_share_too():
    cloud = Cloud(OK)
    async with within(3, share=0.5):
        await cloud.send()
    assert cloud.budget.taken == [("media-cn/video-ocr/share", 2.5), ("media-cn/video-ocr", 5)]


async def test_a_missing_secret_is_named_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TRANSPORT_TEST_KEY", raising=False)
    cloud = Cloud(OK, auth=Keyed())
    with pytest.raises(Unauthorized, match="TRANSPORT_TEST_KEY") as caught:
        await cloud.send()
    assert (caught.value.code, cloud.requests) == ("credentials_missing", [])


async def test_a_secret_that_fits_no_header_is_not_quoted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRANSPORT_TEST_KEY", "SECRET\nline")
    with pytest.raises(Unauthorized) as caught:
        await Cloud(OK, auth=Keyed()).send()
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(("seconds", "at_most"), [(2, 2), (600, ATTEMPT_S)])
async def test_a_request_gets_the_time_that_is_left(seconds: float, at_most: float):
    cloud = Cloud(OK)
    async with within(seconds):
        await cloud.send()
    ((_, extensions),) = cloud.requests
    assert 0 < extensions["timeout"]["read"] <= at_most


async def test_redirections_are_not_followed():
    cloud = Cloud(httpx.Response(302, headers={"location": "https://elsewhere.example/"}))
    with pytest.raises(NotOffered):
        await cloud.send()
    assert len(cloud.requests) == 1


async def test_a_cloud_that_never_answers_ends_with_the_question():
    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError(f"nothing sets the event: {request.url}")

    cloud = Cloud(OK)
    client = httpx.AsyncClient(transport=httpx.MockTransport(hang))
    with pytest.raises(TimeoutError):
        async with within(0.05):
            await replace(cloud.transport, client=client).send(httpx.Request("GET", "https://cloud.example/jobs"))
