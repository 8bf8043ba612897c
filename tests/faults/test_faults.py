"""A short run with faults. `make soak` does a long one; `make soak ARGS="--seed 7 --kills 6"` repeats this one."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.driver import Run, drive


@pytest.mark.heavy("kills processes for a minute, which takes the whole machine")
async def test_no_kill_loses_or_doubles_a_notification():
    folder = Path(tempfile.mkdtemp(prefix="callboard-faults-"))  # short: a socket's path has 104 bytes at most
    run = Run(seed=7, kills=6, jobs=60, every_s=0.7, quiet_s=90)
    report = await drive(run, folder)
    assert report.good, f"\n{report}\n\nlogs in {folder}"
    assert report.kills.total() >= run.kills
    shutil.rmtree(folder)
