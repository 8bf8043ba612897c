"""HTTP delivery: signed as Slack signs, verified by the SDK's own verifier."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from sandbox.slack.delivery.delivery import NotAcknowledgedError, NotConnectedError, RefusedError, Retry
from sandbox.slack.delivery.http import HttpDelivery
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import SIGNING_SECRET
from sandbox.slack.workspace.seed import seeded
from tests.sandbox.slack.conftest import FakeClock, Slack, until


class StandingClock(Clock):
    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


def delivery(clock: FakeClock, answer: Callable[[httpx.Request], httpx.Response]) -> HttpDelivery:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return HttpDelivery("http://app.test/slack/events", "http://slack.test", client, clock)


async def test_a_delivery_is_signed_and_its_reply_returned(clock: FakeClock) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"text": "answer"})

    road = delivery(clock, answer)
    assert await road.deliver("slash_commands", {"command": "/jobs", "text": "show é"}) == {"text": "answer"}
    assert await road.deliver("interactive", {"type": "block_actions"}) == {"text": "answer"}
    verifier = SignatureVerifier(SIGNING_SECRET, StandingClock(clock))
    assert all(verifier.is_valid_request(request.content, dict(request.headers)) for request in requests)
    assert parse_qs(requests[0].content.decode())["text"] == ["show é"]
    assert json.loads(parse_qs(requests[1].content.decode())["payload"][0]) == {"type": "block_actions"}


async def test_a_retry_is_marked_and_a_refusal_can_be_final(clock: FakeClock) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(500, headers={"X-Slack-No-Retry": "1"})

    with pytest.raises(RefusedError) as refused:
        await delivery(clock, answer).deliver("events_api", {"type": "event_callback"}, Retry(2, "http_timeout"))
    assert refused.value.final is True
    headers = requests[0].headers
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("2", "http_timeout")
    assert json.loads(requests[0].content) == {"type": "event_callback"}


@pytest.mark.parametrize(
    ("response", "answer"),
    [(httpx.Response(200), None), (httpx.Response(200, text="hello"), {"text": "hello"})],
)
async def test_a_reply_can_be_empty_or_text(clock: FakeClock, response: httpx.Response, answer: object) -> None:
    assert await delivery(clock, lambda _: response).deliver("slash_commands", {}) == answer


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("silence", request=request)


def absent(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody", request=request)


def broken(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (silent, NotAcknowledgedError),
        (absent, NotConnectedError),
        (broken, RefusedError),
    ],
)
async def test_a_failed_delivery_has_a_reason(
    clock: FakeClock, answer: Callable[[httpx.Request], httpx.Response], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await delivery(clock, answer).deliver("events_api", {})


async def test_a_workspace_can_deliver_over_http(manifest: Path, clock: FakeClock) -> None:
    road = delivery(clock, lambda _: httpx.Response(200, text="over http"))
    workspace = seeded(manifest, clock=clock)
    async with serving(workspace, delivery=road) as url, httpx.AsyncClient(base_url=url) as http:
        slack = Slack(workspace, clock, url, http)
        await slack.type("/jobs")
        assert (await slack.said("over http"))["ephemeral"] is True


async def test_events_are_signed_and_retried(manifest: Path, clock: FakeClock) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(500 if len(requests) == 1 else 200)

    workspace = seeded(manifest, clock=clock)
    road = delivery(clock, answer)
    async with (
        serving(workspace, delivery=road, retry_after=[0]) as url,
        httpx.AsyncClient(base_url=url) as http,
    ):
        await Slack(workspace, clock, url, http).type("hello", channel="D0DANA")

        async def both() -> bool:
            return len(requests) == 2

        await until(both)
    verifier = SignatureVerifier(SIGNING_SECRET, StandingClock(clock))
    assert all(verifier.is_valid_request(request.content, dict(request.headers)) for request in requests)
    assert json.loads(requests[0].content)["event"]["text"] == "hello"
    assert requests[0].content == requests[1].content
    assert "x-slack-retry-num" not in requests[0].headers
    assert requests[1].headers["x-slack-retry-reason"] == "http_error"


async def test_a_refusal_is_logged(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    road = delivery(clock, lambda _: httpx.Response(401, text="not signed by Slack\n"))
    with pytest.raises(RefusedError):
        await road.deliver("slash_commands", {"command": "/jobs"})
    assert caplog.messages == ["http://app.test/slack/events answered 401: not signed by Slack"]
