"""The local workspace as one web application: Web API, Socket Mode, response_urls, the page, the test hooks."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.slack.chat import chat_methods
from sandbox.slack.delivery import ACK_SECONDS, Delivery
from sandbox.slack.directory import directory_methods
from sandbox.slack.errors import Failure
from sandbox.slack.events import RETRY_AFTER, Events
from sandbox.slack.groups import group_methods
from sandbox.slack.history import history_methods
from sandbox.slack.hooks import Hooks
from sandbox.slack.model import Json
from sandbox.slack.page import Page
from sandbox.slack.responding import respond
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.static_files import StaticFiles
from sandbox.slack.unfurling import unfurl_methods
from sandbox.slack.views import view_methods
from sandbox.slack.web_api import WebApi, read_arguments
from sandbox.slack.workspace import Workspace


def create_app(
    workspace: Workspace,
    *,
    delivery: Delivery | None = None,
    ack_within: float = ACK_SECONDS,
    retry_after: Sequence[float] = RETRY_AFTER,
) -> Starlette:
    """The whole workspace behind one port.

    Payloads go over Socket Mode unless another `delivery` is given. `ack_within` is Slack's patience in seconds,
    `retry_after` what it waits before each further attempt to deliver an event. `app.state.events` is to be closed.
    """
    sockets = SocketMode(workspace.feed, workspace.app.id, ack_within=ack_within)
    events = Events(workspace, delivery or sockets, retry_after=retry_after)
    methods = {
        **chat_methods(),
        **unfurl_methods(),
        **view_methods(),
        **directory_methods(),
        **group_methods(),
        **history_methods(),
    }
    api = WebApi(workspace, sockets, methods)
    files = StaticFiles()
    routes: list[BaseRoute] = [
        Route("/api/{method}", api.endpoint, methods=["GET", "POST"]),
        Route("/response/{team}/{token}", _Responses(workspace).endpoint, methods=["POST"]),
        WebSocketRoute("/socket-mode", sockets.serve),
        *Page(workspace, delivery or sockets, events).routes(),
        *Hooks(workspace, sockets, events).routes(),
        Route("/", files.index),
        Route("/static/{path:path}", files.file),
    ]
    app = Starlette(routes=routes)
    app.state.events = events
    return app


class _Responses:
    """Answers posted to response_urls. Success is the word `ok`, as in Slack."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def endpoint(self, request: Request) -> Response:
        body: Json = {}
        workspace, token = self._workspace, request.path_params["token"]
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
