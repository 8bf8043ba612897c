"""The local workspace as one web application: Web API, Socket Mode, response_urls, the page, the test hooks."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.slack.chat import chat_methods
from sandbox.slack.delivery import ACK_SECONDS, Delivery
from sandbox.slack.directory import directory_methods
from sandbox.slack.errors import RateLimitedError, SlackError
from sandbox.slack.faults import ServerFault
from sandbox.slack.hooks import Hooks
from sandbox.slack.model import Json
from sandbox.slack.page import Page
from sandbox.slack.responding import respond
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.static_files import StaticFiles
from sandbox.slack.views import view_methods
from sandbox.slack.web_api import WebApi, read_arguments
from sandbox.slack.workspace import CallMade, Workspace


def create_app(workspace: Workspace, *, delivery: Delivery | None = None, ack_within: float = ACK_SECONDS) -> Starlette:
    """The whole workspace behind one port.

    Payloads go over Socket Mode unless another `delivery` is given. `ack_within` is Slack's patience in seconds.
    """
    sockets = SocketMode(workspace.feed, workspace.app.id, ack_within=ack_within)
    methods = {**chat_methods(), **view_methods(), **directory_methods()}
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
        try:
            body = await read_arguments(request)
            self._answer(request.path_params, body)
        except ServerFault as fault:
            return self._done(body, f"http_{fault.status}", Response(status_code=fault.status))
        except SlackError as error:
            return self._done(body, error.code, _refusal(error))
        return self._done(body, None, PlainTextResponse("ok"))

    def _answer(self, place: Mapping[str, Any], body: Json) -> None:
        self._workspace.faults.strike("response_url")
        respond(self._workspace, self._workspace.grants.answer(place["token"]), body)

    def _done(self, body: Json, error: str | None, response: Response) -> Response:
        self._workspace.calls.append(CallMade("response_url", body, error))
        return response


def _refusal(error: SlackError) -> Response:
    if isinstance(error, RateLimitedError):
        return JSONResponse(error.body(), status_code=429, headers={"Retry-After": str(error.retry_after)})
    gone = error.code in ("used_url", "expired_url", "invalid_url")
    return JSONResponse(error.body(), status_code=404 if gone else 400)
