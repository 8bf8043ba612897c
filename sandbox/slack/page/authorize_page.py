"""/oauth/v2/authorize: the page where a person allows or refuses an app, and its endpoints."""

from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.page.consent import Decision, as_page, decide, read_request
from sandbox.slack.page.static_files import StaticFiles
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.world import World

_PAGE = "authorize.html"
PATH = "/oauth/v2/authorize"


class _Decided(BaseModel):
    """A decision. `url` is the page's address, with the app's request in its query."""

    model_config = ConfigDict(extra="forbid")

    url: str
    user: str
    team: str
    organization: bool = False
    allow: bool = True


class Authorize:
    """The routes under /oauth/v2/authorize."""

    def __init__(self, world: World, files: StaticFiles) -> None:
        self._world = world
        self._files = files

    def routes(self) -> list[BaseRoute]:
        """Return the routes: the page, its content, and its buttons."""
        return [
            Route(PATH, self._page),
            Route(f"{PATH}/request", self._request),
            Route(f"{PATH}/decision", self._decide, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        """Return the page. A request that Slack refuses without asking shows the reason."""
        try:
            read_request(self._world, request.query_params)
        except SlackError:
            return self._files.respond(_PAGE, status=400)
        return self._files.respond(_PAGE)

    async def _request(self, request: Request) -> Response:
        try:
            return JSONResponse(as_page(self._world, read_request(self._world, request.query_params)))
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)

    async def _decide(self, request: Request) -> Response:
        try:
            decided = _Decided.model_validate(await request.json())
            return JSONResponse({"ok": True, "redirect": decision(self._world, **decided.model_dump())})
        except (ValueError, ValidationError):
            return JSONResponse({"ok": False, "error": "invalid_arguments"}, status_code=400)
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)


def decision(world: World, url: str, user: str, team: str, *, organization: bool, allow: bool) -> str:
    """Return the browser's next URL after a decision. Raises the errors of `read_request` and `decide`."""
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return decide(world, read_request(world, query), Decision(user, team, organization, allow))
