"""The sandbox as a person starts it: the workspaces' pages, the clouds, and for the demo the bot beside them.

What takes long to import is imported when the ports are open and the bot is on its way: all three start at once.
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
"""At the top of a checkout, beside the code that prints it in an installed wheel. It is a file of the bot, not code."""
EVENTS = "/slack/events"
"""Where a bot in HTTP mode is called."""
ENCRYPTION_KEY = base64.b64encode(b"sandbox-encryption-key-not-real!").decode()
"""A key for the tokens of workspaces that install a bot: in earnest it comes from `openssl rand -base64 32`."""
ONE_WORKSPACE = 'bot_token = "env:SLACK_BOT_TOKEN"'
SEVERAL_WORKSPACES = f"""\
client_id = "{CLIENT_ID}"
client_secret = "env:SLACK_CLIENT_SECRET"
encryption_keys = ["env:CALLBOARD_KEY"]"""
"""What stands in a configuration in place of `ONE_WORKSPACE` where workspaces install the bot by themselves."""


class Listeners(NamedTuple):
    """The sockets on which the workspace and the clouds are served."""

    slack: socket.socket
    clouds: socket.socket


async def sandbox(port: int, clouds_port: int, request_url: str = "") -> None:
    """Serve the workspaces and the clouds until SIGINT, SIGTERM or SIGHUP, and say how to point a bot at them.

    The workspaces call the bot at `request_url`, if there is one; else the bot connects to them. Raises OSError when a
    port is taken.
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
    """How to run a bot, in the first workspace, and where it has an address in all of them."""
    run = f"  {_program()} run --config"
    lines = ["Run a bot in it:", *(f"  export {name}={value}" for name, value in environment(slack).items())]
    lines.append(f"{run} {file}")
    if request_url:
        install = request_url.removesuffix(EVENTS) + "/slack/install"
        lines += ["", f"Or one for several workspaces, which install it at {install}:", f"{run} {_installed(file)}"]
    return lines


def _program() -> str:
    """The command as it was typed: `make` has it off the PATH."""
    return sys.argv[0] if Path(sys.argv[0]).name == "callboard" else "callboard"


def _installed(file: Path) -> Path:
    """Write a configuration's sibling, for a bot that workspaces install by themselves."""
    sibling = file.with_name("installed.toml")
    from sandbox.slack.workspace.model import Team
    from sandbox.slack.workspace.more_workspaces import HARBOR, NORTHWIND

    names = ", ".join(f'"{name}"' for name in (Team().id, NORTHWIND.id, HARBOR.id))
    several = f"{SEVERAL_WORKSPACES}\nworkspaces = [{names}]"
    sibling.write_text(file.read_text().replace(ONE_WORKSPACE, several))
    return sibling


async def demo(port: int, clouds_port: int) -> int:
    """Serve the same with the bot running in it, until SIGINT, SIGTERM or SIGHUP, or until the bot ends.

    Returns the bot's exit status. Raises OSError when a port is taken.
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
    """The variables that the configurations name, for this sandbox."""
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
    """The configuration for these clouds: our own where they are at their usual address, else a copy.

    With a `request_url` it is for a bot that is called there.
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
    """Start the bot with an embedded Redis that lives as long as the demo, whatever Redis its user has.

    The bot gets a session of its own, so that Ctrl-C reaches it through us: it may not be listening to signals yet.
    """
    folder = _folder(stack)
    variables = {**os.environ, **environment(slack), "XDG_DATA_HOME": str(folder)}
    variables.pop("REDIS_URL", None)
    command = (sys.executable, "-m", "callboard", "run", "--config", str(_configuration(folder, clouds)))
    return await asyncio.create_subprocess_exec(*command, env=variables, start_new_session=True)


async def _ended(bot: Process) -> int:
    """Tell the bot to end unless it has, and return its exit status."""
    if bot.returncode is None:
        bot.terminate()
    return await bot.wait()


def _stop_signals() -> asyncio.Event:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def _either(*waits: Coroutine[Any, Any, Any]) -> None:
    """Return as soon as one of them does."""
    tasks = [asyncio.create_task(each) for each in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def _welcome(slack: str, clouds: str) -> tuple[str, ...]:
    return (
        "",
        f"  Open {slack} in a browser and type /jobs list",
        f"  Make the clouds misbehave at {clouds}/control",
        "  Ctrl-C ends it.",
        "",
    )


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
