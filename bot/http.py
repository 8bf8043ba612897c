"""Slack's way in over HTTP."""

from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def create_http(app: AsyncApp) -> Starlette:
    """Return the routes that Slack and a load balancer call."""
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"]), Route("/healthz", alive)])
