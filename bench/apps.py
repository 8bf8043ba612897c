"""The two compared apps, and the receiver of their answers; each runs in a separate process."""

import asyncio
import socket
from multiprocessing.connection import Connection

from bench.clouds import Clouds
from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN

PATIENCE_S = 60.0
"""An app that has not posted its answers after this long never will."""


def run_callboard(_: Connection, api_url: str, redis_url: str, where: Clouds, works: bool = False) -> None:  # noqa: FBT001, FBT002  # multiprocessing passes by position
    """Run Callboard as `callboard run` does, with tasks if it `works`."""
    from bot.background.reconcile import reasons
    from bot.background.tasks import tasks
    from bot.config.settings import Http, Redis, Settings, Slack
    from bot.runtime.runner import run
    from handlers.slack import register
    from providers.secrets import SecretRef

    token, app_token = SecretRef("env:SLACK_BOT_TOKEN"), SecretRef("env:SLACK_APP_TOKEN")
    slack = Slack(bot_token=token, app_token=app_token, api_url=api_url)
    settings = Settings(slack=slack, redis=Redis(url=redis_url), http=Http(port=0), accounts=where.accounts())
    asyncio.run(run(settings, register, tasks, reasons) if works else run(settings, register))


def run_bare(_: Connection, api_url: str) -> None:
    """Run a Bolt app that acknowledges and does nothing else."""
    asyncio.run(_acknowledge(api_url))


async def _acknowledge(api_url: str) -> None:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient

    app = AsyncApp(client=AsyncWebClient(token=BOT_TOKEN, base_url=api_url))

    @app.command("/jobs")
    async def acknowledge(ack: AsyncAck) -> None:  # pyright: ignore[reportUnusedFunction]  # Bolt has it
        await ack()

    await AsyncSocketModeHandler(app, APP_TOKEN).start_async()


class Answers:
    """The answers that an app posts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.url: str = connection.recv()

    async def arrive(self, number: int) -> None:
        """Return when this many have been posted since the last call; raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(number):
                while not self._connection.poll():  # noqa: ASYNC110  # a pipe has no event
                    await asyncio.sleep(0.01)
                self._connection.recv()


def take_answers(parent: Connection) -> None:
    """Answer every call with `ok`, away from the clock, and report it."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def take(_: Request) -> Response:
        parent.send("")
        return PlainTextResponse("ok")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        parent.send(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        app = Starlette(routes=[Route("/", take, methods=["POST"])])
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[listening])
