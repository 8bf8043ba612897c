"""The way on which a workspace gets the app by itself: `/slack/install`, Slack's consent page, `/slack/oauth_redirect`.

Bolt walks it; here are what it keeps, what it tells people, and who may come.
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
"""Codes that are sent to Slack at a time: anyone can make them up, and answers need connections to Slack too."""
TURN_MAX_S = 5
"""A code waits this long for its turn."""
REASON_MAX = 80
"""Characters of a reason that are logged: anyone who opens the address can write one."""
_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")
OAuthRoute = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]

log = structlog.get_logger("callboard")


class _Flow(AsyncOAuthFlow):
    def __init__(self, states: "_States", **parts: Any) -> None:
        super().__init__(**parts)
        self._states = states
        self._turns = asyncio.Semaphore(EXCHANGED_AT_ONCE)

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Name the workspace of the link, `?team=T…`, to Slack, and nothing else that may stand there."""
        team = request.query.get("team", [""])[0]
        return self.settings.authorize_url_generator.generate(state, team if _TEAM.fullmatch(team) else None)

    async def run_installation(self, code: str) -> Installed | None:
        """Exchange a code for a token, a few at a time. Raises TimeoutError where all turns are taken for long."""
        async with asyncio.timeout(TURN_MAX_S):
            await self._turns.acquire()
        try:
            return await super().run_installation(code)
        finally:
            self._turns.release()

    async def store_installation(self, request: AsyncBoltRequest, installation: Installed) -> None:
        """Keep an installation, and mark its state as used. Raises BoltError."""
        await super().store_installation(request, installation)
        await self._states.finish(request.query.get("state", [""])[0])


class _NotWelcome(BoltError):  # noqa: N818  # reads as what happened
    """A workspace that `slack.workspaces` does not name."""


def install_routes(workspaces: Workspaces, welcome: Collection[str]) -> list[Route]:
    """Return the two routes, or none where there is one workspace alone, whose token is configured.

    `welcome` are the workspaces and organisations that may install; none named: any may.
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
            limited.warning("an installation could not be stored", reason=str(error))
            answer = _shown_error(503, oauth_pages.memory_lost())
        except TRANSPORT_ERRORS as error:
            limited.warning("Slack did not answer an installation", reason=type(error).__name__)
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
    limited.warning("an installation failed", reason=reason[:REASON_MAX])
    return _shown_error(
        403 if reason == "not_welcome" else args.suggested_status_code, oauth_pages.not_installed(reason)
    )


class _States(AsyncOAuthStateStore):
    """Installations under way, as Bolt wants them.

    Strangers can begin any number of them, so none is kept: the state is encrypted, a cookie binds it to the browser,
    and Slack's code can be used once. Only the id of a finished installation is kept.
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
    """Installations, as Bolt wants to keep them; it is not asked for any."""

    def __init__(self, workspaces: InstalledWorkspaces, welcome: Collection[str]) -> None:
        self._workspaces = workspaces
        self._welcome = welcome

    async def async_save(self, installation: Installed) -> None:
        kept = read(installation, self._workspaces.clock())
        if self._welcome and not {kept.workspace, kept.enterprise_id} & set(self._welcome):
            await self._give_back(kept)
            raise _NotWelcome(kept.workspace)
        await self._workspaces.add(kept)
        log.info("installed", workspace=kept.workspace, name=kept.name)

    async def _give_back(self, kept: Installation) -> None:
        """Have Slack revoke a token that we do not want."""
        try:
            await self._workspaces.app.client(kept.bot_token).auth_revoke()
        except SlackApiError as error:
            log.warning("a token could not be revoked", workspace=kept.workspace, error=error_code(error))


def read(installed: Installed, now: datetime) -> Installation:
    """Return what is kept of an installation of now. Raises BoltError for one without a token for the bot."""
    of_all = bool(installed.is_enterprise_install)
    workspace = installed.enterprise_id if of_all else installed.team_id
    if not workspace or not installed.bot_token:
        raise BoltError("Slack's answer names no workspace, or has no token")
    ends = installed.bot_token_expires_at  # by the clock of this machine
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
