"""Test hooks about the app: install it, remove it, move the clock, rotate tokens."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.delivery.app_lifecycle import AppLife
from sandbox.slack.page.authorize_page import decision
from sandbox.slack.test_api.requests import Order, checked
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation, Json
from sandbox.slack.workspace.tokens import LIFE_S, Token
from sandbox.slack.workspace.workspace import Workspace


class _Authorize(Order):
    """A person opens an app's install link and decides. The default is the first person of the workspace.

    `url` is where the app sends the browser. `organization` installs into the workspace's whole organization.
    """

    url: str
    user: str = ""
    organization: bool = False
    allow: bool = True


class _Installed(Order):
    """Remove the app, or restore it as before. `revoked` affects only its tokens."""

    installed: bool
    revoked: bool = False


class _Clock(Order):
    advance_s: float = Field(ge=0)


class _Rotation(Order):
    """Whether new tokens expire, and in how many seconds."""

    enabled: bool
    expires_in: int = Field(default=LIFE_S, ge=1)


class AppHooks:
    """The routes under /test/ about the app in one workspace."""

    def __init__(self, workspace: Workspace, life: AppLife) -> None:
        self._workspace = workspace
        self._life = life
        self._world = life.world

    def routes(self) -> list[BaseRoute]:
        """Return the routes: list installations; order consent, removal, time and rotation."""
        handlers = {
            "authorize": self._authorize,
            "installed": self._installed,
            "clock": self._clock,
            "rotation": self._rotation,
        }
        return [
            Route("/test/installations", self._installations),
            *(Route(f"/test/{name}", checked(handler), methods=["POST"]) for name, handler in handlers.items()),
        ]

    async def _installations(self, _: Request) -> Response:
        """Return the app's installations in every workspace, with token data but without token values."""
        return JSONResponse([self._installation(each) for each in self._world.installations])

    def _installation(self, installation: Installation) -> Json:
        return {
            "team_id": installation.team.id if installation.team else None,
            "enterprise_id": installation.enterprise.id if installation.enterprise else None,
            "is_enterprise_install": installation.org_wide,
            "installer": installation.installer,
            "scopes": list(installation.scopes),
            "tokens": [self._token(token) for token in self._world.tokens.of(installation)],
        }

    def _token(self, token: Token) -> Json:
        return {"kind": token.kind, "user": token.user, "expires": token.expires, "error": self._error(token)}

    def _error(self, token: Token) -> str | None:
        try:
            token.check(self._world.clock())
        except SlackError as error:
            return error.code
        return None

    async def _authorize(self, body: bytes) -> Json:
        """Open an app's install link, allow or cancel, and return the browser's next URL."""
        order = _Authorize.model_validate_json(body)
        user = order.user or self._workspace.people[0].id
        team = self._workspace.team.id
        redirect = decision(self._world, order.url, user, team, organization=order.organization, allow=order.allow)
        return {"redirect": redirect}

    async def _installed(self, body: bytes) -> Json:
        """Remove the app or revoke its tokens, or undo that. An org-wide app leaves the whole organization."""
        order = _Installed.model_validate_json(body)
        installation = self._life.latest(self._workspace)
        if installation is None:
            raise SlackError("app_not_installed")
        if order.installed:
            self._life.restore(installation)
        elif order.revoked:
            self._life.revoke_all(installation)
        else:
            self._life.remove(installation)
        return {}

    async def _clock(self, body: bytes) -> Json:
        """Move every workspace's clock forward."""
        self._world.clock.advance(_Clock.model_validate_json(body).advance_s)
        return {"now": self._world.clock()}

    async def _rotation(self, body: bytes) -> Json:
        """Turn the expiry of new tokens on or off."""
        order = _Rotation.model_validate_json(body)
        self._world.tokens.rotating, self._world.tokens.life_s = order.enabled, order.expires_in
        return {}
