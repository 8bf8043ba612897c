"""A separate clock for a process, which can be wrong and step (libfaketime).

Only the wall clock differs: the monotonic clock of a machine never steps. libfaketime 0.9.10 breaks `time.sleep`, which
the bot does not use.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

HOUR_S = 3600.0
SHARED = Path("/dev/shm")  # noqa: S108  # where glibc has shared memory and semaphores
FAKED = shutil.which("faketime") is not None
"""Whether processes can have separate clocks on this machine."""
NEEDED = pytest.mark.skipif(not FAKED, reason="needs faketime (apt-get install faketime)")
"""For each test that starts a process with a separate clock."""


class WallClock:
    """The clock of one process or several, in a file; correct until it is set."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, ahead_s: float) -> None:
        """Set the clock this many seconds ahead of the machine's (negative: behind)."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{ahead_s:+f}\n")
        os.replace(beside, self._file)  # noqa: PTH105  # libfaketime reads the file at any moment

    def variables(self, others: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process with this clock, based on another environment."""
        return {
            **{name: value for name, value in others.items() if not name.startswith("FAKETIME")},
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def forget(pid: int) -> None:
    """Delete what libfaketime shares under the id of a process; a killed process leaves it behind.

    A later process with the same id would not start.
    """
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (SHARED / name).unlink(missing_ok=True)


@cache
def _library() -> str:
    """Return the library that the command `faketime` preloads for a process with threads."""
    shown = subprocess.run(
        ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    return shown.stdout.strip()
