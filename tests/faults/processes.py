"""The processes of a run: started, killed, restarted, and each ended by its own id."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.demo import CONFIGURATION, environment
from tests import releases
from tests.faults.clocks import WallClock, forget
from tests.redis_server import Server
from tests.releases import ROOT

USUAL_CLOUDS = "http://127.0.0.1:9100"
"""The URL of the clouds in the demo's configuration."""
PARTS = ("serve-1", "serve-2", "worker-1", "worker-2")
BESIDE = ("serve-2", "worker-2")
"""The parts that run another commit in a mixed fleet."""
BACK_IN_S = 0.5
"""The delay before a process that exited is restarted, as a supervisor would do."""
ENDS_WITHIN_S = 15.0


async def _start(
    module: str, *words: str, out: int, err: int, root: Path = ROOT, variables: Mapping[str, str] | None = None
) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, cwd=root, env=variables, stdin=PIPE, stdout=out, stderr=err
    )


async def _end(process: Process, how: signal.Signals = signal.SIGKILL) -> None:
    if process.returncode is None:
        process.send_signal(how)
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    forget(process.pid)
    if process.stdin:
        process.stdin.close()


@dataclass
class Part:
    """One process of the bot, kept running from the checkout at `root`; it logs to a file."""

    name: str
    root: Path
    configuration: Path
    variables: Mapping[str, str]
    log: Path
    ended_by_itself: list[int] = field(default_factory=list[int])
    _process: Process | None = None
    _told: Process | None = None
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Run it, and restart it whenever it exits while it is wanted."""
        while True:
            await self._wanted.wait()
            with self.log.open("ab") as log:
                command = ("tests.faults.quick", self.name.partition("-")[0], "--config", str(self.configuration))
                process = await _start(
                    *command, out=log.fileno(), err=log.fileno(), root=self.root, variables=self.variables
                )
            self._process = process
            try:
                status = await process.wait()
                if self._told is not process:
                    self.ended_by_itself.append(status)
                    await asyncio.sleep(BACK_IN_S)
            finally:
                await _end(process)

    def start(self) -> None:
        """Start it, and keep it running."""
        self._wanted.set()

    async def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it until the next start."""
        self._wanted.clear()
        if self._process is not None:
            self._told = self._process
            await _end(self._process, how)

    def freeze(self) -> None:
        """Pause it, like a machine under load or a paused container."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume it."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    def logged(self, words: str) -> int:
        """Return how often it logged these words."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0


@dataclass
class Cast:
    """All processes: the sandbox's URLs, Redis, and the parts of the bot by name."""

    folder: Path
    slack: str
    clouds: str
    redis: Server
    parts: dict[str, Part]

    def logged(self, words: str) -> int:
        """Return how often any part logged these words."""
        return sum(part.logged(words) for part in self.parts.values())


@asynccontextmanager
async def cast(
    folder: Path,
    names: Sequence[str] = PARTS,
    clocks: Mapping[str, WallClock] | None = None,
    roots: Mapping[str, Path] | None = None,
) -> AsyncGenerator[Cast]:
    """Run all processes during the block; logs and Redis's data are in `folder`.

    Parts that `clocks` names have a separate clock. Parts that `roots` names run another checkout.
    """
    with (folder / "world.log").open("ab") as log:
        world = await _start("tests.faults.world", out=PIPE, err=log.fileno())
    redis: Server | None = None
    keepers: list[asyncio.Task[None]] = []
    try:
        assert world.stdout
        async with asyncio.timeout(30):
            slack, clouds = (await world.stdout.readline()).decode().split()
        redis = await asyncio.to_thread(Server, folder)
        configuration = folder / "callboard.toml"
        configuration.write_text(CONFIGURATION.read_text().replace(USUAL_CLOUDS, clouds))
        parts: dict[str, Part] = {}
        for name in names:
            root = (roots or {}).get(name, ROOT)
            variables = releases.environment(root, {**os.environ, **environment(slack), "REDIS_URL": redis.url})
            if clocks and name in clocks:
                variables = clocks[name].variables(variables)
            parts[name] = Part(name, root, configuration, variables, folder / f"{name}.log")
        for part in parts.values():
            part.start()
            keepers.append(asyncio.create_task(part.keep(), name=part.name))
        yield Cast(folder, slack, clouds, redis, parts)
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        if redis is not None:
            await asyncio.to_thread(redis.dies)
        await _end(world)
