"""The bot behind an address that Slack calls: which callers it accepts, and what they learn."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import pytest
from structlog.testing import capture_logs

from bot.deps.metrics import CONTENT_TYPE
from sandbox.slack.delivery.http import sign
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Person

pytestmark = pytest.mark.mode("http")


@dataclass(frozen=True)
class Site:
    """Dana's workspace, and a way to call the bot past it."""

    dana: Person
    bot: httpx.AsyncClient

    def command(self) -> bytes:
        """Return the body of `/jobs help` as Slack writes it."""
        token = self.dana.workspace.grants.response(self.dana.id, "C0ONCALL")
        url = f"{self.dana.page.base_url}/response/{self.dana.workspace.team.id}/{token}"
        where = {"team_id": "T0SANDBOX", "channel_id": "C0ONCALL", "user_id": self.dana.id}
        return urlencode({"command": "/jobs", "text": "help", "response_url": url, **where}).encode()

    async def ready(self) -> None:
        """Wait until the bot reports that it is ready. A worker's first heartbeat takes a moment."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.bot.get("/readyz")).status_code != 200:  # noqa: ASYNC110  # it sends no event
                await asyncio.sleep(0.02)

    async def post(self, body: bytes, timestamp: float, signature: str | None) -> int:
        """Send a body to the bot and return the status of its reply."""
        signed = {"x-slack-request-timestamp": f"{timestamp:.0f}", "x-slack-signature": signature or ""}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await self.bot.post(
            "/slack/events", content=body, headers=kind if signature is None else kind | signed
        )
        return answer.status_code


@pytest.fixture
async def site(stage: Stage, http_port: int) -> AsyncGenerator[Site]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as bot:
        yield Site(stage.dana, bot)


async def test_what_slack_signed_is_accepted(site: Site) -> None:
    body, now = site.command(), int(time.time())
    assert await site.post(body, now, sign(body, now)) == 200


async def test_slack_sees_whose_address_it_is(site: Site) -> None:
    """Slack sends this when a developer enters the bot's address in the app's settings."""
    body, now = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode(), int(time.time())
    signed = {"x-slack-request-timestamp": str(now), "x-slack-signature": sign(body, now)}
    headers = {"content-type": "application/json", **signed}
    answer = await site.bot.post("/slack/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1aB"})


async def test_requests_of_other_senders_are_refused(site: Site) -> None:
    body, now = site.command(), int(time.time())
    with capture_logs() as told:
        assert await site.post(body, now, sign(body, now, "another secret")) == 401
    assert [line["event"] for line in told if line["log_level"] == "warning"] == [
        "request refused: not signed with slack.signing_secret in the last 5 minutes"
    ]
    assert await site.post(body + b"&more=1", now, sign(body, now)) == 401
    assert await site.post(body, now + 1, sign(body, now)) == 401
    assert await site.post(body, now, "") == 401
    assert await site.post(body, now, None) == 401
    assert await site.dana.sees() == []


async def test_what_was_recorded_and_sent_again_is_refused(site: Site) -> None:
    body, old = site.command(), int(time.time()) - 301
    assert await site.post(body, old, sign(body, old)) == 401


async def test_other_paths_and_methods(site: Site) -> None:
    assert (await site.bot.get("/slack/events")).status_code == 405
    assert (await site.bot.get("/")).status_code == 404


async def test_a_load_balancer_sees_that_it_lives(site: Site) -> None:
    answer = await site.bot.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_load_balancer_sees_whether_it_can_work(site: Site) -> None:
    await site.ready()
    answer = await site.bot.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_prometheus_reads_figures(site: Site) -> None:
    answer = await site.bot.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    assert "callboard_outbox_depth 0.0" in answer.text.splitlines()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("body", [b"{nope", b"payload=%7Bnope", b"\xff\xfe", b"[]"])
async def test_junk_is_refused_before_it_is_read(site: Site, kind: str, body: bytes) -> None:
    headers = {"content-type": kind, "x-slack-request-timestamp": "soon", "x-slack-signature": "v0=0"}
    assert (await site.bot.post("/slack/events", content=body, headers=headers)).status_code == 401


async def test_what_is_too_large_is_refused(site: Site) -> None:
    assert (await site.bot.post("/slack/events", content=b"x" * 1_000_001)).status_code == 413


async def test_many_commands_at_once(site: Site) -> None:
    now = int(time.time())
    bodies = [site.command() for _ in range(20)]
    assert set(await asyncio.gather(*(site.post(body, now, sign(body, now)) for body in bodies))) == {200}
