"""Installs the app in a workspace over OAuth.

The flow is `/slack/install`, Slack's consent page, `/slack/oauth_redirect`. Bolt runs it. This module provides its
storage, its pages, and the check of workspaces.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urljoin

import structlog
from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Installation as Installed
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.deps.limited_log import LimitedLog
from bot.domain.errors import StoreUnavailable
from bot.domain.slack_scopes import ALL_SCOPES
from bot.domain.workspaces import Workspaces
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.installations import InstalledWorkspaces
from bot.slack_api.token_encryption import Installation
from bot.slack_app.app import SLACKS_OWN, unset
from bot.slack_app.install.manifest import REDIRECT
from bot.views.html import oauth_pages
from providers.secrets import SecretMissing

INSTALL = "/slack/install"
HEADERS: dict[str, str | Sequence[str]] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
EXCHANGED_AT_ONCE = 8
"""Codes exchanged at a time. Anyone can send made-up codes, and answers need connections to Slack too."""
TURN_MAX_S = 5
"""The seconds that a code waits for its turn."""
REASON_MAX = 80
"""The maximum of logged characters of a reason: anyone who opens the address can write one."""
_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")
OAuthRoute = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

log = structlog.get_logger("callboard")


class _Flow(AsyncOAuthFlow):
    def __init__(self, states: "_States", **parts: Any) -> None:
        super().__init__(**parts)
        self._states = states
        self._turns = asyncio.Semaphore(EXCHANGED_AT_ONCE)

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Return Slack's consent page for the workspace in the link.

        The link may have `?team=T…`. Other values are ignored.
        """
        team = request.query.get("team", [""])[0]
        return self.settings.authorize_url_generator.generate(state, team if _TEAM.fullmatch(team) else None)

    async def run_installation(self, code: str) -> Installed | None:
        """Exchange a code for a token, a few at a time. Raises TimeoutError if no turn is free in time."""
        async with asyncio.timeout(TURN_MAX_S):
            await self._turns.acquire()
        try:
            return await super().run_installation(code)
        finally:
            self._turns.release()

    async def store_installation(self, request: AsyncBoltRequest, installation: Installed) -> None:
        """Store an installation, and mark its state as used. Raises BoltError."""
        await super().store_installation(request, installation)
        await self._states.finish(request.query.get("state", [""])[0])


class _NotWelcome(BoltError):  # noqa: N818  # reads as what happened
    """A workspace that is not in `slack.workspaces`."""


def install_routes(workspaces: Workspaces, welcome: Collection[str]) -> list[Route]:
    """Return the two routes of the OAuth flow; none if the token of a single workspace is configured.

    `welcome` are the workspaces and organizations that may install the app; empty for all.
    """
    if not isinstance(workspaces, InstalledWorkspaces):
        return []
    limited = LimitedLog(log)
    flow = _flow(workspaces, welcome, limited)
    return [
        Route(INSTALL, _page(flow.handle_installation, limited)),
        Route(REDIRECT, _page(flow.handle_callback, limited)),
    ]


def _flow(workspaces: InstalledWorkspaces, welcome: Collection[str], limited: LimitedLog) -> AsyncOAuthFlow:
    app = workspaces.app
    with unset(SLACKS_OWN):
        settings = AsyncOAuthSettings(
            client_id=app.client_id,
            client_secret=app.client_secret,
            scopes=ALL_SCOPES,
            user_scopes=[],
            install_path=INSTALL,
            install_page_rendering_enabled=False,
            redirect_uri_path=REDIRECT,
            authorization_url=urljoin(app.api_url, "../oauth/v2/authorize"),
            callback_options=AsyncCallbackOptions(success=_succeeded, failure=partial(_failed, limited)),
            installation_store=_Kept(workspaces, welcome),
            state_store=(states := _States(workspaces)),
        )
        return _Flow(states, client=app.client(), settings=settings)


def _page(step: OAuthRoute, limited: LimitedLog) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        try:
            answer = await step(to_async_bolt_request(request, b""))
        except (StoreUnavailable, SecretMissing) as error:
            limited.warning("installation could not be stored", reason=str(error))
            answer = _shown_error(503, oauth_pages.memory_lost())
        except TRANSPORT_ERRORS as error:
            limited.warning("installation failed, no response from Slack", reason=type(error).__name__)
            answer = _shown_error(502, oauth_pages.slack_away())
        return to_starlette_response(answer)

    return page


def _shown_error(status: int, page: str) -> BoltResponse:
    return BoltResponse(status=status, body=page, headers=HEADERS)


async def _succeeded(args: AsyncSuccessArgs) -> BoltResponse:
    installed = args.installation
    team = installed.enterprise_name if installed.is_enterprise_install else installed.team_name
    return _shown_error(200, oauth_pages.installed(team or "", installed.app_id or "", installed.team_id or ""))


async def _failed(limited: LimitedLog, args: AsyncFailureArgs) -> BoltResponse:
    reason = "not_welcome" if isinstance(args.error, _NotWelcome) else args.reason
    limited.warning("installation failed", reason=reason[:REASON_MAX])
    return _shown_error(
        403 if reason == "not_welcome" else args.suggested_status_code, oauth_pages.not_installed(reason)
    )


class _States(AsyncOAuthStateStore):
    """Bolt's store for the states of started installations.

    Strangers can start any number of installations, so none is stored: the state is encrypted, a cookie binds it to the
    browser, and Slack's code works only once. Only the id of a finished installation is stored.
    """

    def __init__(self, workspaces: InstalledWorkspaces) -> None:
        self._seal, self._store = workspaces.cipher, workspaces.store

    async def async_issue(self, *_: Any, **__: Any) -> str:
        return self._seal.new_state(datetime.now(UTC))

    async def async_consume(self, state: str) -> bool:
        state_id = self._seal.state_id(state, datetime.now(UTC))
        return state_id is not None and not await self._store.finished(state_id)

    async def finish(self, state: str) -> None:
        """Mark a state as used."""
        if state_id := self._seal.state_id(state, datetime.now(UTC)):
            await self._store.finish(state_id)


class _Kept(AsyncInstallationStore):
    """Bolt's store for installations. Bolt only writes to it."""

    def __init__(self, workspaces: InstalledWorkspaces, welcome: Collection[str]) -> None:
        self._workspaces = workspaces
        self._welcome = welcome

    async def async_save(self, installation: Installed) -> None:
        kept = read(installation, self._workspaces.clock())
        if self._welcome and not {kept.workspace, kept.enterprise_id} & set(self._welcome):
            await self._give_back(kept)
            raise _NotWelcome(kept.workspace)
        await self._workspaces.add(kept)
        log.info("app installed", workspace=kept.workspace, name=kept.name)

    async def _give_back(self, kept: Installation) -> None:
        """Revoke the token of a workspace that may not install the app."""
        try:
            await self._workspaces.app.client(kept.bot_token).auth_revoke()
        except SlackApiError as error:
            log.warning("token could not be revoked", workspace=kept.workspace, error=error_code(error))


def read(installed: Installed, now: datetime) -> Installation:
    """Return the record of a new installation. Raises BoltError for one without a workspace or bot token."""
    of_all = bool(installed.is_enterprise_install)
    workspace = installed.enterprise_id if of_all else installed.team_id
    if not workspace or not installed.bot_token:
        raise BoltError("Slack's response has no workspace or no token")
    ends = installed.bot_token_expires_at  # slack_sdk computes it with this machine's clock
    lasts = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC) if ends else None
    scopes = cast("list[str] | str | None", installed.bot_scopes) or ""
    return Installation(
        workspace=workspace,
        name=(installed.enterprise_name if of_all else installed.team_name) or "",
        enterprise_id=installed.enterprise_id,
        team_id=installed.team_id,
        bot_id=installed.bot_id or "",
        bot_user_id=installed.bot_user_id or "",
        bot_token=installed.bot_token,
        scopes=scopes if isinstance(scopes, str) else ",".join(scopes),
        refresh_token=installed.bot_refresh_token,
        expires_at=None if lasts is None else now + lasts,
        installed_at=now,
    )
