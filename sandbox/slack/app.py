"""The local workspaces as one application: Web API, Socket Mode, response_urls, OAuth, pages, test hooks."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from sandbox.slack.delivery.app_lifecycle import AppLife
from sandbox.slack.delivery.delivery import ACK_SECONDS, Delivery
from sandbox.slack.delivery.events import RETRY_AFTER, Events
from sandbox.slack.delivery.response_urls import respond
from sandbox.slack.delivery.socket_mode import SocketMode
from sandbox.slack.page.authorize_page import Authorize
from sandbox.slack.page.page import Page
from sandbox.slack.page.static_files import StaticFiles
from sandbox.slack.test_api.app_hooks import AppHooks
from sandbox.slack.test_api.workspace_hooks import Hooks
from sandbox.slack.web_api.chat import chat_methods
from sandbox.slack.web_api.directory import directory_methods
from sandbox.slack.web_api.dispatcher import Methods, WebApi, read_arguments
from sandbox.slack.web_api.history import history_methods
from sandbox.slack.web_api.oauth import oauth_methods
from sandbox.slack.web_api.unfurl import unfurl_methods
from sandbox.slack.web_api.usergroups import group_methods
from sandbox.slack.web_api.views import view_methods
from sandbox.slack.workspace.errors import Failure, SlackError
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World


def create_app(
    served: Workspace | World,
    *,
    delivery: Delivery | None = None,
    ack_within: float = ACK_SECONDS,
    retry_after: Sequence[float] = RETRY_AFTER,
) -> Starlette:
    """Build the application of a whole world, or of a single workspace.

    Payloads go over Socket Mode unless another `delivery` is given. `ack_within` is Slack's timeout in seconds,
    `retry_after` the seconds before each further attempt to deliver an event. The caller closes `app.state.life`.
    """
    world = served if isinstance(served, World) else World([served])
    sockets = SocketMode(world.feeds, world.home.app.id, ack_within=ack_within)
    road = delivery or sockets
    events = {team: Events(workspace, road, retry_after=retry_after) for team, workspace in world.workspaces.items()}
    life = AppLife(world, events)
    files = StaticFiles()
    routes: list[BaseRoute] = [
        Route("/api/{method}", WebApi(life, sockets, _methods()).endpoint, methods=["GET", "POST"]),
        Route("/response/{team}/{token}", _Responses(world).endpoint, methods=["POST"]),
        WebSocketRoute("/socket-mode", sockets.serve),
        *Authorize(world, files).routes(),
        Route("/static/{path:path}", files.file),
        *(Mount(f"/w/{team}", routes=_pages(each, life, road, sockets, files)) for team, each in _others(world)),
        *_pages(world.home, life, road, sockets, files),
    ]
    app = Starlette(routes=routes)
    app.state.life = life
    return app


def _methods() -> Methods:
    return {
        **oauth_methods(),
        **chat_methods(),
        **unfurl_methods(),
        **view_methods(),
        **directory_methods(),
        **group_methods(),
        **history_methods(),
    }


def _others(world: World) -> list[tuple[str, Workspace]]:
    """Return the workspaces that are not at the root."""
    return [(team, workspace) for team, workspace in world.workspaces.items() if workspace is not world.home]


def _pages(
    workspace: Workspace, life: AppLife, road: Delivery, sockets: SocketMode, files: StaticFiles
) -> list[BaseRoute]:
    """Return the page's and the test hooks' routes of one workspace."""
    return [
        *Page(workspace, road, life).routes(),
        *Hooks(workspace, sockets, life).routes(),
        *AppHooks(workspace, life).routes(),
        Route("/", files.index),
    ]


class _Responses:
    """The endpoint of response_urls. Its success answer is the word `ok`, as in Slack."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def endpoint(self, request: Request) -> Response:
        body: Json = {}
        token = request.path_params["token"]
        workspace = self._world.workspaces.get(request.path_params["team"])
        if workspace is None:
            return SlackError("invalid_url").response(404, {})
        try:
            body = await read_arguments(request)
            fault = workspace.faults.take("response_url", workspace.grants.channel(token))
            await workspace.faults.strike(
                fault, request, lambda: respond(workspace, workspace.grants.answer(token), body)
            )
        except Failure as failure:
            workspace.calls.add("response_url", body, failure.code, stored=failure.stored)
            gone = failure.code in ("used_url", "expired_url", "invalid_url")
            return failure.response(404 if gone else 400, {})
        workspace.calls.add("response_url", body)
        return PlainTextResponse("ok")
