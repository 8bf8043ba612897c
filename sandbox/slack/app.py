"""The local workspace as one web application: Web API, Socket Mode, response_urls, the page, the test hooks."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.slack.chat import chat_methods
from sandbox.slack.delivery import ACK_SECONDS, Delivery
from sandbox.slack.directory import directory_methods
from sandbox.slack.errors import Failure
from sandbox.slack.history import history_methods
from sandbox.slack.hooks import Hooks
from sandbox.slack.model import Json
from sandbox.slack.page import Page
from sandbox.slack.responding import respond
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.static_files import StaticFiles
from sandbox.slack.views import view_methods
from sandbox.slack.web_api import WebApi, read_arguments
from sandbox.slack.workspace import Workspace


def create_app(workspace: Workspace, *, delivery: Delivery | None = None, ack_within: float = ACK_SECONDS) -> Starlette:
    """The whole workspace behind one port.

    Payloads go over Socket Mode unless another `delivery` is given. `ack_within` is Slack's patience in seconds.
    """
    sockets = SocketMode(workspace.feed, workspace.app.id, ack_within=ack_within)
    methods = {**chat_methods(), **view_methods(), **directory_methods(), **history_methods()}
    api = WebApi(workspace, sockets, methods)
    files = StaticFiles()
    routes: list[BaseRoute] = [
        Route("/api/{method}", api.endpoint, methods=["GET", "POST"]),
        Route("/response/{team}/{token}", _Responses(workspace).endpoint, methods=["POST"]),
        WebSocketRoute("/socket-mode", sockets.serve),
        *Page(workspace, delivery or sockets).routes(),
        *Hooks(workspace, sockets).routes(),
        Route("/", files.index),
        Route("/static/{path:path}", files.file),
    ]
    return Starlette(routes=routes)


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
