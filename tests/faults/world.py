"""The judge: the sandbox in a separate process, with only the driver's data.

`python -m tests.faults.world` prints the URLs of the workspace and of the clouds. It stops when its standard input is
closed.
"""

import asyncio
import sys

from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.model import Channel
from sandbox.slack.workspace.seed import seeded
from tests.faults.quick import end_with_parent

CHANNELS = tuple(Channel(f"C0FAULT{number}", f"fault-{number}", private=number == 0) for number in range(6))
"""Channels of the subscriptions, in addition to direct messages; the first is private."""


async def main() -> None:
    """Serve until cancelled."""
    workspace = seeded(MANIFEST)
    workspace.channels.update({each.id: each for each in CHANNELS})
    async with (
        serving_slack(workspace) as slack,
        serving_clouds(World(jobs_per_service=30, arrival_s=0)) as clouds,
    ):
        sys.stdout.write(f"{slack} {clouds}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(main())
