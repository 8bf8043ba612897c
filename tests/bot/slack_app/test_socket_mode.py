"""Socket Mode against a Slack that is silent, disconnects, or refuses connections."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientError, WSMsgType, web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_app.socket_mode import Line, socket_mode, socket_modes

PATIENCE_S = 15
PING_S = 0.1


@dataclass
class Slack:
    """A Slack whose URLs each accept one connection. `moods` say how it treats them, in turn."""

    moods: list[str]
    tickets: int = 0
    arrived: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    used: set[str] = field(default_factory=set[str])
    base: str = ""

    async def ticket(self, _: web.Request) -> web.Response:
        self.tickets += 1
        if self.mood(self.tickets) == "refuses":
            return web.json_response({"ok": False, "error": "internal_error"})
        return web.json_response({"ok": True, "url": f"ws{self.base.removeprefix('http')}/link/{self.tickets}"})

    def mood(self, number: int) -> str:
        return self.moods[number - 1] if number <= len(self.moods) else "friendly"

    async def link(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["number"]
        mood = self.mood(int(number))
        if number in self.used:
            return web.Response(status=403)
        self.used.add(number)
        self.arrived.put_nowait(mood)
        if mood == "silent at the door":
            await self.ended.wait()
        if mood == "closed door":
            return web.Response(status=503)
        return await self._talk(request, mood)

    async def _talk(self, request: web.Request, mood: str) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        if mood == "falls silent":
            await self.ended.wait()
        if mood == "sends away":
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
        if mood == "hangs up":
            assert request.transport
            request.transport.abort()
        async for message in socket:
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
        return socket

    async def comes(self, mood: str) -> None:
        """Wait for the next connection, and treat it in this mood."""
        async with asyncio.timeout(PATIENCE_S):
            assert await self.arrived.get() == mood


@asynccontextmanager
async def a_slack(*moods: str) -> AsyncGenerator[tuple[Slack, AsyncApp]]:
    slack = Slack(list(moods))
    site = web.Application()
    site.router.add_post("/api/apps.connections.open", slack.ticket)
    site.router.add_get("/link/{number}", slack.link)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.base = "http://{}:{}".format(*runner.addresses[0][:2])

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0")

    try:
        yield slack, AsyncApp(client=AsyncWebClient(base_url=f"{slack.base}/api/"), authorize=authorize)
    finally:
        slack.ended.set()
        await runner.cleanup()


async def connected(line: Line) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await line.trouble() is not None:  # noqa: ASYNC110  # the client sends no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("mood", ["falls silent", "hangs up", "sends away"])
async def test_another_connection_is_opened_when_slack(mood: str):
    async with a_slack(mood) as (slack, app), socket_mode(app, "xapp-1", ping_s=PING_S) as line:
        await slack.comes(mood)
        await slack.comes("friendly")
        await connected(line)


@pytest.mark.parametrize("trouble", ["silent at the door", "closed door", "refuses"])
async def test_it_reconnects_after_a_refused_connection(trouble: str):
    async with a_slack("hangs up", trouble, trouble) as (slack, app), socket_mode(app, "xapp-1", ping_s=PING_S) as line:
        await slack.comes("hangs up")
        for _ in range(0 if trouble == "refuses" else 2):
            await slack.comes(trouble)
        await slack.comes("friendly")
        await connected(line)


async def test_one_of_several_connections_is_enough():
    async with (
        a_slack("friendly", "hangs up", "refuses", "refuses") as (slack, app),
        socket_modes(app, "xapp-1", 2, ping_s=PING_S) as trouble,
    ):
        await slack.comes("friendly")
        await slack.comes("hangs up")
        assert await trouble() is None
        await slack.comes("friendly")
        assert await trouble() is None


async def test_several_connections_are_disconnected_if_all_are():
    async with a_slack() as (_, app), socket_modes(app, "xapp-1", 2, ping_s=PING_S) as trouble:
        assert await trouble() is None
    assert await trouble() == "Socket Mode has no live connection to Slack"


async def test_it_reports_that_it_is_disconnected():
    async with a_slack() as (slack, app), socket_mode(app, "xapp-1", ping_s=PING_S) as line:
        await slack.comes("friendly")
        await connected(line)
    assert await line.trouble() == "Socket Mode has no live connection to Slack"


async def test_the_start_fails_if_slack_refuses_the_token():
    async with a_slack("refuses") as (_, app):
        with pytest.raises(SlackApiError):
            await socket_mode(app, "xapp-1", ping_s=PING_S).__aenter__()


@pytest.mark.parametrize("mood", ["silent at the door", "closed door"])
async def test_the_start_fails_if_slack_refuses_connections(mood: str):
    async with a_slack(mood) as (_, app):
        with pytest.raises((TimeoutError, ClientError)):
            await socket_mode(app, "xapp-1", ping_s=PING_S).__aenter__()
