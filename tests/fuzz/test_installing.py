"""An odd return from a consent page leads to advice, and installs nothing."""

import asyncio
import re
from collections.abc import Generator
from contextlib import AsyncExitStack
from urllib.parse import urlencode

import aiohttp
import httpx
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.slack_api.installations import App, InstalledWorkspaces
from bot.slack_api.token_encryption import TokenCipher
from bot.slack_app.install.oauth import install_routes
from bot.store.installations import Installations
from bot.store.redis.connection import RedisLink, connect
from providers.secrets import SecretRef
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import CLIENT_ID, CLIENT_SECRET
from sandbox.slack.workspace.more_workspaces import NORTHWIND, seeded_world
from tests.fuzz.judging import bounded

STATUSES = {200, 400, 401}
RIGHT = {"state": "the state that was given", "code": "a code that Slack gave"}


class Callback:
    """The two URLs of an app, and Slack's consent page."""

    def __init__(
        self, runner: asyncio.Runner, link: RedisLink, bot: httpx.AsyncClient, north: httpx.AsyncClient
    ) -> None:
        self.runner, self.link, self.bot, self.north = runner, link, bot, north

    async def _begun(self) -> tuple[str, str, str]:
        """Return a cookie, with the state and code that its browser would bring back."""
        begun = await self.bot.get("/slack/install")
        decided = await self.north.post("/test/authorize", json={"url": begun.headers["location"]})
        query = httpx.URL(decided.json()["redirect"]).params
        return begun.headers["set-cookie"].partition(";")[0], query["state"], query["code"]

    async def _come(self, fields: list[tuple[str, str]], *, cookie: bool) -> tuple[httpx.Response, int]:
        await self.link.execute("DEL", "callboard:installations")
        given, state, code = await self._begun()
        known = {RIGHT["state"]: state, RIGHT["code"]: code}
        query = urlencode([(name, known.get(value, value)) for name, value in fields], errors="replace")
        headers = {"cookie": given} if cookie else {}
        page = await self.bot.get(f"/slack/oauth_redirect?{query}", headers=headers)
        return page, await self.link.execute("HLEN", "callboard:installations")

    def come(self, fields: list[tuple[str, str]], *, cookie: bool = True) -> tuple[httpx.Response, int]:
        """Come back with these fields; return the page, and the number of installations."""
        return self.runner.run(self._come(fields, cookie=cookie))

    def get(self, path: str) -> httpx.Response:
        return self.runner.run(self.bot.get(path))


@pytest.fixture
def callback(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Callback]:
    monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())
    stack = AsyncExitStack()

    async def opened() -> tuple[RedisLink, httpx.AsyncClient, httpx.AsyncClient]:
        link = RedisLink(await stack.enter_async_context(connect(redis_url)))
        world = seeded_world(MANIFEST)
        slack = await stack.enter_async_context(serving(world))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        app = App(CLIENT_ID, CLIENT_SECRET, f"{slack}/api/", session)
        workspaces = InstalledWorkspaces(Installations(link), TokenCipher([SecretRef("env:CALLBOARD_KEY")]), app)
        site = Starlette(routes=install_routes(workspaces, ()))
        bot = httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://bot")
        north = httpx.AsyncClient(base_url=f"{slack}{world.path(world.workspaces[NORTHWIND.id])}")
        return link, await stack.enter_async_context(bot), await stack.enter_async_context(north)

    with asyncio.Runner() as runner:
        yield Callback(runner, *runner.run(opened()))
        runner.run(stack.aclose())


names = st.sampled_from(["state", "code", "error", "team", "state[]", ""]) | st.text(max_size=5)
values = st.sampled_from([*RIGHT.values(), "access_denied", "", "<script>alert(1)</script>"]) | st.text(max_size=40)


@bounded(150)
@given(fields=st.lists(st.tuples(names, values), max_size=4), cookie=st.booleans())
def test_a_page_says_what_to_do(callback: Callback, fields: list[tuple[str, str]], cookie: bool):  # noqa: FBT001
    page, installations = callback.come(fields, cookie=cookie)
    told = dict(fields)  # of a repeated field, the last value counts
    right = cookie and {**told, **RIGHT} == told and "error" not in told
    assert page.status_code in STATUSES
    assert re.search("<h1>.+</h1>", page.text)
    assert "<script" not in page.text
    assert "Traceback" not in page.text
    assert installations == int(right)


def test_the_right_callback_installs(callback: Callback):
    page, installations = callback.come(list(RIGHT.items()))
    assert (page.status_code, installations) == (200, 1)


@bounded(60)
@given(query=st.text(max_size=60))
def test_the_link_leads_to_slack_with_any_query(callback: Callback, query: str):
    page = callback.get(f"/slack/install?{urlencode({'team': query}, errors='replace')}&{httpx.QueryParams(x=1)}")
    assert page.status_code == 302
    assert httpx.URL(page.headers["location"]).path == "/oauth/v2/authorize"
