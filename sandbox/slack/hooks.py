"""What scenario tests and people at a terminal ask for under /test/: what happened, and what should go wrong next."""

from dataclasses import asdict

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.faults import Fault
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace


class Hooks:
    """The routes under /test/."""

    def __init__(self, workspace: Workspace, sockets: SocketMode) -> None:
        self._workspace = workspace
        self._sockets = sockets

    def routes(self) -> list[BaseRoute]:
        """Messages, notices and calls to look at; faults and disconnects to order."""
        return [
            Route("/test/messages", self._messages),
            Route("/test/notices", self._notices),
            Route("/test/calls", self._calls),
            Route("/test/fault", self._fault, methods=["POST"]),
            Route("/test/disconnect", self._disconnect, methods=["POST"]),
        ]

    async def _messages(self, request: Request) -> Response:
        """A channel's messages as `user` sees them; without a user those that everybody sees."""
        channel = self._workspace.channel_named(request.query_params.get("channel", ""))
        if channel is None:
            return JSONResponse({"ok": False, "error": "channel_not_found"}, status_code=404)
        seen = self._workspace.messages.seen_by(channel.id, request.query_params.get("user"))
        return JSONResponse([self._workspace.messages.as_page(message) for message in seen])

    async def _notices(self, request: Request) -> Response:
        """What Slackbot told people, or one `user`, oldest first."""
        user = request.query_params.get("user")
        return JSONResponse([asdict(each) for each in self._workspace.feed.notices if user in (None, each.user)])

    async def _calls(self, _: Request) -> Response:
        """Every Web API call and response_url post, oldest first, tokens left out."""
        return JSONResponse([asdict(call) for call in self._workspace.calls])

    async def _fault(self, request: Request) -> Response:
        """Order a fault: see `Fault` for the body."""
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"ok": False, "error": error.errors(include_context=False)}, status_code=400)
        self._workspace.faults.order(fault)
        return JSONResponse({"ok": True})

    async def _disconnect(self, _: Request) -> Response:
        """Drop the app's sockets, with Slack's warning."""
        return JSONResponse({"ok": True, "dropped": await self._sockets.disconnect()})
