"""The sandbox as a person starts it: the workspace's page, the clouds, and for the demo the bot beside them."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG
from sandbox.clouds.server import PORT as CLOUDS_PORT
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from sandbox.slack.seed import seeded
from sandbox.slack.server import serving as serving_slack

CONFIGURATION = Path(__file__).with_name("callboard.toml")
MANIFEST = Path(__file__).parent.parent / "manifest.yml"


@asynccontextmanager
async def serving(port: int, clouds_port: int) -> AsyncGenerator[tuple[str, str]]:
    """Serve both; yields the workspace's and the clouds' base URL. Raises OSError when a port is taken."""
    async with serving_clouds(World(), clouds_port) as clouds, serving_slack(seeded(MANIFEST), port=port) as slack:
        yield slack, clouds


async def sandbox(port: int, clouds_port: int) -> None:
    """Serve the workspace and the clouds until interrupted, and say how to point a bot at them."""
    async with serving(port, clouds_port) as (slack, clouds):
        _say(f"Workspace   {slack}", f"Clouds      {clouds}/control", "", "Run a bot in it:")
        _say(*(f"  export {name}={value}" for name, value in environment(slack).items()))
        _say(f"  callboard run --config {CONFIGURATION.relative_to(Path.cwd())}")
        await asyncio.Event().wait()


async def demo(port: int, clouds_port: int) -> None:
    """Serve the same with the bot running in it, until interrupted or the bot ends."""
    with tempfile.TemporaryDirectory(prefix="callboard-demo-") as folder:
        async with serving(port, clouds_port) as (slack, clouds):
            configuration = Path(folder) / "callboard.toml"
            configuration.write_text(CONFIGURATION.read_text().replace(f"http://127.0.0.1:{CLOUDS_PORT}", clouds))
            _say(f"Open {slack} in a browser and type /jobs list", f"Make the clouds misbehave at {clouds}/control")
            variables = {**os.environ, **environment(slack), "XDG_DATA_HOME": folder}
            bot = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.cli", "run", "--config", str(configuration)), env=variables
            )
            try:
                await bot.wait()
            finally:
                if bot.returncode is None:
                    bot.terminate()
                    await bot.wait()


def environment(slack: str) -> dict[str, str]:
    """The variables that `callboard.toml` names, for this sandbox."""
    return {
        "SLACK_API_URL": f"{slack}/api/",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "MEDIA_CN_AK": MEDIA_CN.keys[0].access_key_id,
        "MEDIA_CN_SK": MEDIA_CN.keys[0].secret_access_key,
        "VOD_SG_AK": VOD_SG.keys[0].access_key_id,
        "VOD_SG_SK": VOD_SG.keys[0].secret_access_key,
    }


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
