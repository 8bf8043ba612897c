"""The sandbox as a command: the workspaces' pages, the clouds and, for the demo, the bot.

Slow imports happen after the ports are open and the bot has started, so that all three start in parallel.
"""

import asyncio
import base64
import os
import re
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG
from sandbox.ports import CLOUDS_PORT, HOST, address, listen
from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET

CONFIGURATION = Path(__file__).with_name("callboard.toml")
_BESIDE = Path(__file__).parent.parent
_MANIFESTS = (_BESIDE / "manifest.yml", _BESIDE / "bot/slack_app/install/manifest.yml")
MANIFEST = next(file for file in _MANIFESTS if file.is_file())
"""The manifest lies at the top of a checkout, or beside the code that prints it in an installed wheel."""
EVENTS = "/slack/events"
"""The request path of a bot in HTTP mode."""
ENCRYPTION_KEY = base64.b64encode(b"sandbox-encryption-key-not-real!").decode()
"""A made-up key for the tokens of installed workspaces. A real one comes from `openssl rand -base64 32`."""
ONE_WORKSPACE = 'bot_token = "env:SLACK_BOT_TOKEN"'
SEVERAL_WORKSPACES = f"""\
client_id = "{CLIENT_ID}"
client_secret = "env:SLACK_CLIENT_SECRET"
encryption_keys = ["env:CALLBOARD_KEY"]"""
"""Configuration that replaces `ONE_WORKSPACE` where workspaces install the bot."""


class Listeners(NamedTuple):
    """The sockets that serve the workspace and the clouds."""

    slack: socket.socket
    clouds: socket.socket


async def sandbox(port: int, clouds_port: int, request_url: str = "") -> None:
    """Serve workspaces and clouds until a signal, and print how to connect a bot.

    The signals are SIGINT, SIGTERM and SIGHUP. With `request_url` the workspaces send requests to the bot there;
    otherwise the bot connects to them.

    Raises:
        OSError: A port is taken.
    """
    stop_requested = _stop_signals()
    with ExitStack() as stack:
        listeners = _listen(stack, port, clouds_port)
        slack, clouds = map(address, listeners)
        file = _configuration(_folder(stack), clouds, request_url)
        async with _serving(listeners, request_url):
            _say(f"Workspace   {slack}", f"Clouds      {clouds}/control", "", *_ways(slack, file, request_url))
            await stop_requested.wait()


def _ways(slack: str, file: Path, request_url: str) -> list[str]:
    """Return the commands that run a bot: for the first workspace and, with a request URL, for all of them."""
    run = f"  {_program()} run --config"
    lines = ["Run a bot:", *(f"  export {name}={value}" for name, value in environment(slack).items())]
    lines.append(f"{run} {file}")
    if request_url:
        install = request_url.removesuffix(EVENTS) + "/slack/install"
        lines += ["", f"Or run a bot that workspaces install at {install}:", f"{run} {_installed(file)}"]
    return lines


def _program() -> str:
    """Return the command as the user typed it: `make` runs it from a folder that is not in the PATH."""
    return sys.argv[0] if Path(sys.argv[0]).name == "callboard" else "callboard"


def _installed(file: Path) -> Path:
    """Write a variant of a configuration for installed workspaces, and return its path."""
    sibling = file.with_name("installed.toml")
    from sandbox.slack.workspace.model import Team
    from sandbox.slack.workspace.more_workspaces import HARBOR, NORTHWIND

    names = ", ".join(f'"{name}"' for name in (Team().id, NORTHWIND.id, HARBOR.id))
    several = f"{SEVERAL_WORKSPACES}\nworkspaces = [{names}]"
    sibling.write_text(file.read_text().replace(ONE_WORKSPACE, several))
    return sibling


async def demo(port: int, clouds_port: int) -> int:
    """Serve the sandbox with the bot until SIGINT, SIGTERM, SIGHUP or the bot's exit.

    Returns the bot's exit status.

    Raises:
        OSError: A port is taken.
    """
    stop_requested = _stop_signals()
    with ExitStack() as stack:
        listeners = _listen(stack, port, clouds_port)
        slack, clouds = map(address, listeners)
        bot = await _start_bot(stack, slack, clouds)
        try:
            async with _serving(listeners):
                _say(*_welcome(slack, clouds))
                await _either(stop_requested.wait(), bot.wait())
                return await _ended(bot)
        finally:
            await _ended(bot)


def environment(slack: str) -> dict[str, str]:
    """Return the environment variables that the configurations name, for this sandbox."""
    return {
        "SLACK_API_URL": f"{slack}/api/",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "CALLBOARD_KEY": ENCRYPTION_KEY,
        "MEDIA_CN_AK": MEDIA_CN.keys[0].access_key_id,
        "MEDIA_CN_SK": MEDIA_CN.keys[0].secret_access_key,
        "VOD_SG_AK": VOD_SG.keys[0].access_key_id,
        "VOD_SG_SK": VOD_SG.keys[0].secret_access_key,
    }


def _listen(stack: ExitStack, port: int, clouds_port: int) -> Listeners:
    return Listeners(stack.enter_context(listen(port)), stack.enter_context(listen(clouds_port)))


@asynccontextmanager
async def _serving(listeners: Listeners, request_url: str = "") -> AsyncGenerator[None]:
    import httpx

    from sandbox.clouds.server import serving as serving_clouds
    from sandbox.clouds.world import World
    from sandbox.slack.delivery.http import HttpDelivery
    from sandbox.slack.server import serving as serving_slack
    from sandbox.slack.workspace.more_workspaces import seeded_world

    async with AsyncExitStack() as stack:
        slack, delivery = seeded_world(MANIFEST, org_deploy=True), None
        if request_url:
            client = await stack.enter_async_context(httpx.AsyncClient())
            delivery = HttpDelivery(request_url, address(listeners.slack), client, time.time)
            back = request_url.removesuffix(EVENTS) + "/slack/oauth_redirect"
            slack = seeded_world(MANIFEST, org_deploy=True, redirect_urls=[back])
        await stack.enter_async_context(serving_slack(slack, listener=listeners.slack, delivery=delivery))
        await stack.enter_async_context(serving_clouds(World(), listener=listeners.clouds))
        yield


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callboard-demo-")))


def _configuration(folder: Path, clouds: str, request_url: str = "") -> Path:
    """Return a configuration for these clouds: the shipped one for their usual address, otherwise a copy.

    With `request_url` the bot receives requests there.
    """
    usual = f"http://{HOST}:{CLOUDS_PORT}"
    if clouds == usual and not request_url:
        return CONFIGURATION
    text = CONFIGURATION.read_text().replace(usual, clouds)
    if request_url:
        port = urlsplit(request_url).port or 3000
        text = text.replace('mode = "socket"', 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"')
        text = re.sub(r"^port = 0 .*$", f"port = {port}", text, flags=re.MULTILINE)
    file = folder / "callboard.toml"
    file.write_text(text)
    return file


async def _start_bot(stack: ExitStack, slack: str, clouds: str) -> Process:
    """Start the bot with an embedded Redis that lives as long as the demo.

    It does not use the user's Redis. The bot gets its own session, so that Ctrl-C reaches it through the demo: a
    starting bot has no signal handlers.
    """
    folder = _folder(stack)
    variables = {**os.environ, **environment(slack), "XDG_DATA_HOME": str(folder)}
    variables.pop("REDIS_URL", None)
    command = (sys.executable, "-m", "callboard", "run", "--config", str(_configuration(folder, clouds)))
    return await asyncio.create_subprocess_exec(*command, env=variables, start_new_session=True)


async def _ended(bot: Process) -> int:
    """Stop the bot if it is still running, and return its exit status."""
    if bot.returncode is None:
        bot.terminate()
    return await bot.wait()


def _stop_signals() -> asyncio.Event:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def _either(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of these finishes, then cancel the others."""
    tasks = [asyncio.create_task(each) for each in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _welcome(slack: str, clouds: str) -> tuple[str, ...]:
    return (
        "",
        f"  Open {slack} in a browser and type /jobs list",
        f"  Inject cloud faults at {clouds}/control",
        "  Press Ctrl-C to stop.",
        "",
    )


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
