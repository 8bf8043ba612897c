"""An app built on Bolt that is installed by OAuth: an independent client of consent and tokens."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization.async_authorize import AsyncInstallationStoreAuthorize
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.workspace.credentials import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.world import World
from tests.scenarios.person import Person

REDIRECT = "http://127.0.0.1:3000/slack/oauth_redirect"


@dataclass
class Installer:
    """The app, and the browser of the installing person. `seen` are its commands, with the token.

    `pages` are the workspaces' by their ids.
    """

    world: World
    pages: dict[str, httpx.AsyncClient]
    app: AsyncApp
    store: FileInstallationStore
    seen: list[tuple[Json, str | None]] = field(default_factory=list[tuple[Json, str | None]])
    cookies: str = ""

    def person(self, team: str) -> Person:
        """Return the first person of a workspace."""
        workspace = self.world.workspaces[team]
        return Person(workspace.people[0].id, self.pages[team], workspace)

    async def link(self) -> str:
        """Open the app's install link, and return its redirect."""
        assert self.app.oauth_flow
        begun = await self.app.oauth_flow.handle_installation(AsyncBoltRequest(body="", query={}))
        self.cookies = begun.first_headers()["set-cookie"].partition(";")[0]
        return begun.first_headers()["location"]

    async def decide(self, team: str, link: str, **order: Any) -> str:
        """Allow or cancel as a person of that workspace, and return the browser's redirect."""
        return (await self.hook(team, "authorize", url=link, **order))["redirect"]

    async def follow(self, redirect: str) -> tuple[int, str]:
        """Follow the redirect to the app, and return the page's status and text."""
        assert self.app.oauth_flow
        request = AsyncBoltRequest(body="", query=dict(httpx.URL(redirect).params), headers={"cookie": [self.cookies]})
        page = await self.app.oauth_flow.handle_callback(request)
        return page.status, page.body

    async def install(self, team: str, **order: Any) -> None:
        """Install the app from the link to the last page."""
        status, words = await self.follow(await self.decide(team, await self.link(), **order))
        assert status == 200, words

    async def hook(self, team: str, what: str, **order: Any) -> Json:
        response = await self.pages[team].post(f"/test/{what}", json=order)
        response.raise_for_status()
        return response.json()

    async def type(self, team: str, text: str) -> httpx.Response:
        workspace = self.world.workspaces[team]
        body = {"user": workspace.people[0].id, "channel": next(iter(workspace.channels)), "text": text}
        return await self.pages[team].post("/ui/message", json=body)

    async def token(self, team: str | None, enterprise: str | None = None) -> str | None:
        """Return the bot's token in the app's own store."""
        kept = await self.store.async_find_bot(
            enterprise_id=enterprise, team_id=team, is_enterprise_install=team is None
        )
        return kept.bot_token if kept else None

    async def api(self, method: str, token: str | None = None, **arguments: Any) -> Json:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        home = self.pages[self.world.home.team.id]
        return (await home.post(f"/api/{method}", json=arguments, headers=headers)).json()

    async def access(self, **arguments: Any) -> Json:
        """Call oauth.v2.access with the right id, secret and redirect URI, unless `arguments` replace them."""
        right = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return await self.api("oauth.v2.access", **{**right, **arguments})


def oauth_settings(origin: str, folder: Path, scopes: list[str]) -> AsyncOAuthSettings:
    return AsyncOAuthSettings(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        scopes=scopes,
        redirect_uri=REDIRECT,
        authorization_url=f"{origin}/oauth/v2/authorize",
        installation_store=FileInstallationStore(base_dir=str(folder / "installations")),
        state_store=FileOAuthStateStore(expiration_seconds=600, base_dir=str(folder / "states")),
        install_page_rendering_enabled=False,
    )


@asynccontextmanager
async def installer(world: World, origin: str, folder: Path) -> AsyncGenerator[Installer]:
    """Yield the app, connected to the sandbox over Socket Mode."""
    settings = oauth_settings(origin, folder, list(world.manifest.scopes))
    client = AsyncWebClient(base_url=f"{origin}/api/")
    app = AsyncApp(client=client, signing_secret=SIGNING_SECRET, oauth_settings=settings)
    app.enable_token_revocation_listeners()
    assert isinstance(settings.authorize, AsyncInstallationStoreAuthorize)
    assert settings.authorize.token_rotator
    settings.authorize.token_rotator.client = client  # its own client would rotate at slack.com
    async with AsyncExitStack() as stack:
        pages = {
            team: await stack.enter_async_context(httpx.AsyncClient(base_url=f"{origin}{world.path(workspace)}/"))
            for team, workspace in world.workspaces.items()
        }
        store = settings.installation_store
        assert isinstance(store, FileInstallationStore)
        made = Installer(world, pages, app, store)

        @app.command("/jobs")
        async def command(ack: Any, body: Json, context: Any, respond: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            await ack()
            made.seen.append((body, context.bot_token))
            await respond(f"answer to {body['text']}")

        handler = AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.2)
        await handler.connect_async()
        stack.push_async_callback(handler.close_async)
        yield made
