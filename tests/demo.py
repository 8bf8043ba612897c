"""`callboard demo` as users start it: the program itself, on free ports."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ENDS_WITHIN_S = 30
"""The time limit for stopping, for busy machines."""


@dataclass(frozen=True)
class Demo:
    """A running demo; its files are in `folder`."""

    program: "subprocess.Popen[str]"
    slack: str
    clouds: str
    folder: Path

    def stop(self, how: signal.Signals) -> int:
        self.program.send_signal(how)
        self.program.communicate(timeout=ENDS_WITHIN_S)
        return self.program.returncode

    def leftovers(self) -> list[str]:
        """Return the processes, files and sockets that outlived the demo."""
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        left = [line for line in processes.splitlines() if str(self.folder) in line]
        left += [str(path) for path in self.folder.rglob("*")]
        return left + [url for url in (self.slack, self.clouds) if _listens(url)]


@contextmanager
def running() -> Generator[Demo]:
    """Run the demo on free ports, with a temporary folder for its sockets (short path)."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        command = (sys.executable, "-m", "callboard", "demo", "--port", "0", "--clouds-port", "0")
        environment = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as program:
            assert program.stdout
            try:
                said = "".join(program.stdout.readline() for _ in range(5))
                slack, clouds = re.findall(r"http://[\d.:]+", said)
                yield Demo(program, slack, clouds, Path(folder))
            finally:
                program.terminate()
                program.wait(ENDS_WITHIN_S)


def _listens(url: str) -> bool:
    place = urlsplit(url)
    with socket.socket() as caller:
        return caller.connect_ex((place.hostname, place.port)) == 0
