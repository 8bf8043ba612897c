"""A person at a terminal: two simulated clouds, a configuration file, and the `callboard` command."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from callboard.cli import app
from sandbox.clouds.faults import Fault
from sandbox.clouds.server import PORT
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION

Json = dict[str, Any]
PROGRAM = (sys.executable, "-m", "callboard")
PATIENCE_S = 30


@dataclass(frozen=True)
class Printed:
    """The output of a command, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """A shell with a configuration file; `world` is the state of the clouds."""

    file: Path
    world: World

    def types(self, *words: str) -> Printed:
        """Run a command in this process, on this configuration."""
        return self.plainly(*words, "--config", str(self.file))

    def plainly(self, *words: str) -> Printed:
        """Run a command in this process without a change. An exception in it is raised here."""
        result = CliRunner().invoke(app, list(words), catch_exceptions=False)
        return Printed(result.exit_code, result.stdout, result.stderr)

    def starts(self, *words: str, out: int = subprocess.PIPE, err: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        """Start a command as a separate program."""
        command = (*PROGRAM, *words, "--config", str(self.file))
        return subprocess.Popen(command, stdout=out, stderr=err, text=True, env=os.environ)

    def runs(self, *words: str) -> Printed:
        """Run a command as a separate program until it exits."""
        with self.starts(*words) as program:
            out, err = program.communicate(timeout=PATIENCE_S)
        return Printed(program.returncode, out, err)

    def fault(self, service: str, fault: str, **details: Any) -> None:
        """Make a service misbehave."""
        account = "vod-sg" if service.startswith("vod") else "media-cn"
        fields = {"account": account, "service": service, "fault": fault, **details}
        self.world.faults.add(Fault.model_validate(fields), self.world.now())

    def configured(self, found: str, replaced: str) -> None:
        """Change the configuration file."""
        text = self.file.read_text()
        assert found in text
        self.file.write_text(text.replace(found, replaced))


@contextmanager
def beside(server: AbstractAsyncContextManager[str]) -> Generator[str]:
    """Serve in another thread, since a command has its own event loop. Yields the address."""
    address: list[str] = []
    serves, finished = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with server as url:
            address.append(url)
            serves.set()
            await finished.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert serves.wait(PATIENCE_S)
        yield address[0]
    finally:
        loop.call_soon_threadsafe(finished.set)
        thread.join()
        loop.close()


def configuration(clouds_url: str) -> str:
    """Return the sandbox's configuration, for clouds at another address."""
    return CONFIGURATION.read_text().replace(f"http://127.0.0.1:{PORT}", clouds_url)
