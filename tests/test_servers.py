"""The store, delivery and tracking on each Redis server that Callboard may run: PATH's and the wheel's."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store.redis.redis_server import wheel_servers

ROOT = Path(__file__).parent.parent
TESTS = (
    "tests/bot/store",
    "tests/bot/delivery",
    "tests/bot/polling",
    "tests/bot/subscriptions",
    "tests/bot/task_queue",
    "tests/bot/test_delivery.py",
    "tests/bot/test_exactly_once.py",
    "tests/bot/test_sweep_requests.py",
    "tests/bench/test_tracking.py::test_a_look_takes_the_fewest_requests_and_little_memory",
)


def on_path() -> list[Path]:
    """Return the installed `redis-server`; a wheel may put another among this Python's scripts."""
    folders = [each for each in os.environ["PATH"].split(os.pathsep) if each != sysconfig.get_path("scripts")]
    found = shutil.which("redis-server", path=os.pathsep.join(folders))
    return [Path(found)] if found else []


@pytest.mark.heavy("runs the tests of the store, delivery and tracking once for each server")
@pytest.mark.parametrize("servers", [on_path, wheel_servers])
def test_both_servers_pass_the_same_tests(
    servers: Callable[[], list[Path]], tmp_path: Path, request: pytest.FixtureRequest
):
    if not (found := servers()):
        pytest.skip(f"no server here: {servers.__name__}")
    binary = found[0]
    (tmp_path / "redis-server").symlink_to(binary)  # the first on PATH is the one that all code finds
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
    print(binary, done.stdout)  # noqa: T201  # shown by a failure
    assert done.returncode == 0, f"with {binary}"
