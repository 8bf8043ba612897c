"""A payload over HTTP must be signed, and new by one of two clocks."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.runtime.http_server import site
from bot.slack_app.http_events import slack_events
from sandbox.slack.delivery.http import sign
from tests.bot.deps.test_clock import HOUR
from tests.bot.strangers import SECRET, authorize

BODY = b'{"type": "url_verification", "challenge": "any"}'


class TestSignatures:
    @pytest.mark.parametrize(
        ("signed_ago", "fleet_is_ahead", "status"),
        [(0, 0, 200), (0, HOUR, 200), (-HOUR, HOUR, 200), (HOUR, -HOUR, 200), (HOUR, 0, 401), (HOUR, HOUR, 401)],
    )
    async def test_a_signature_that_is_new_by_fleet_time_is_accepted(
        self, signed_ago: float, fleet_is_ahead: float, status: int
    ):
        app = AsyncApp(token="xoxb-1", signing_secret=SECRET)

        def clock() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=fleet_is_ahead)

        http = site(slack_events(app, SECRET, clock))
        at = f"{time.time() - signed_ago:.0f}"
        signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=BODY) or ""
        headers = {"x-slack-request-timestamp": at, "x-slack-signature": signature, "content-type": "application/json"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(http), base_url="http://bot") as slack:
            assert (await slack.post("/slack/events", content=BODY, headers=headers)).status_code == status


@pytest.mark.parametrize(("later", "status"), [(0, 200), (400, 200), (4_000, 401)])
async def test_the_smaller_age_by_two_clocks_counts(later: int, status: int) -> None:
    """The clocks are this machine's and a given one, which is 400 s ahead."""
    body, at = b"ssl_check=1&token=x", int(time.time()) + later
    app = AsyncApp(authorize=authorize, signing_secret=SECRET)
    route = slack_events(app, SECRET, lambda: datetime.now(UTC) + timedelta(seconds=400))
    headers = {"x-slack-request-timestamp": f"{at}", "x-slack-signature": sign(body, at, SECRET)}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(route)), base_url="http://bot") as client:
        assert (await client.post("/slack/events", content=body, headers=headers)).status_code == status
