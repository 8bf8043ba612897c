"""The shipped Redis, started by its own commands, has a password."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.config.settings import load
from bot.store import Store
from tests.deploy.files import ROOT, compose, container, pods

PASSWORD = "3f9c0d5e8b7a4612"
MOUNTED = "/run/secrets/redis_password"
PATIENCE_S = 20.0
LIMIT_BYTES = 512 * 2**20

pytestmark = pytest.mark.skipif(
    not (shutil.which("redis-server") and shutil.which("redis-cli")), reason="redis-server and redis-cli are not here"
)


def _compose() -> tuple[list[str], list[str]]:
    service = compose()["services"]["redis"]
    kind, script = service["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    return [_interpolated(word) for word in service["command"]], ["sh", "-c", _interpolated(script)]


def _interpolated(text: str) -> str:
    """Return a text as Compose reads it: `$$` is a dollar sign, and there are no variables."""
    assert "$" not in text.replace("$$", "")
    return text.replace("$$", "$")


def _kubernetes() -> tuple[list[str], list[str]]:
    run = container(pods()["redis"])
    assert run["startupProbe"]["exec"] == run["readinessProbe"]["exec"]
    return [*run["command"], *run["args"]], run["readinessProbe"]["exec"]["command"]


WAYS = pytest.mark.parametrize("way", [_compose, _kubernetes])
Way = Callable[[], tuple[list[str], list[str]]]


def _here(command: list[str], folder: Path) -> list[str]:
    """Return the command with this folder's secret and socket instead of the container's."""
    return [
        word.replace(MOUNTED, f"{folder}/redis_password").replace("redis-cli", f"redis-cli -s {folder}/redis.sock")
        for word in command
    ]


@contextmanager
def started(command: list[str], folder: Path) -> Generator[subprocess.Popen[bytes]]:
    options = ["--port", "0", "--unixsocket", f"{folder}/redis.sock", "--dir", str(folder)]
    with subprocess.Popen([*_here(command, folder), *options], stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def cli(folder: Path, *words: str, password: str = "") -> str:
    environment = {**os.environ, "REDISCLI_AUTH": password} if password else None
    asked = ["redis-cli", "-s", f"{folder}/redis.sock", *words]
    return subprocess.run(asked, env=environment, capture_output=True, text=True, check=False).stdout


def ready(probe: list[str], folder: Path) -> bool:
    return subprocess.run(_here(probe, folder), capture_output=True, check=False).returncode == 0


def wait_until_ready(probe: list[str], folder: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not ready(probe, folder):
        assert time.monotonic() < ends, "Redis does not answer"


@WAYS
@pytest.mark.parametrize("end", ["", "\n"])
def test_redis_asks_for_the_password_of_the_secret(way: Way, end: str, tmp_path: Path):
    command, probe = way()
    (tmp_path / "redis_password").write_text(PASSWORD + end)
    with started(command, tmp_path):
        wait_until_ready(probe, tmp_path)
        assert "NOAUTH" in cli(tmp_path, "GET", "anything")
        assert cli(tmp_path, "PING", password=PASSWORD) == "PONG\n"
        (tmp_path / "redis_password").write_text("another")
        assert not ready(probe, tmp_path)


@WAYS
def test_redis_keeps_everything_it_answered_within_its_memory(way: Way, tmp_path: Path):
    command, probe = way()
    (tmp_path / "redis_password").write_text(PASSWORD)
    with started(command, tmp_path):
        wait_until_ready(probe, tmp_path)
        names = ("appendonly", "appendfsync", "maxmemory-policy", "maxmemory")
        *durable, most = (cli(tmp_path, "CONFIG", "GET", name, password=PASSWORD).split()[1] for name in names)
    assert durable == ["yes", "always", "noeviction"]
    assert int(most) == LIMIT_BYTES / 2  # a rewrite of the append-only file may take as much again
    assert compose()["services"]["redis"]["mem_limit"] == "512m"
    assert container(pods()["redis"])["resources"]["limits"]["memory"] == "512Mi"


@WAYS
def test_the_list_of_processes_does_not_show_the_password(way: Way, tmp_path: Path):
    command, probe = way()
    (tmp_path / "redis_password").write_text(PASSWORD)
    with started(command, tmp_path) as process:
        wait_until_ready(probe, tmp_path)
        shown = [Path(f"/proc/{process.pid}/{name}") for name in ("cmdline", "environ")]
        assert all(PASSWORD.encode() not in file.read_bytes() for file in shown if file.exists())


@WAYS
@pytest.mark.parametrize("secret", ["", "\n", None])
def test_redis_does_not_start_without_a_password(way: Way, secret: str | None, tmp_path: Path):
    if secret is not None:
        (tmp_path / "redis_password").write_text(secret)
    with started(way()[0], tmp_path) as process:
        assert process.wait(PATIENCE_S) == 1


def test_any_answer_counts_as_life(tmp_path: Path):
    (tmp_path / "redis_password").write_text(PASSWORD)
    alive = container(pods()["redis"])["livenessProbe"]["exec"]["command"]
    asked = ["redis-cli", "-s", f"{tmp_path}/redis.sock", *alive[1:]]
    with started(_kubernetes()[0], tmp_path):
        wait_until_ready(_kubernetes()[1], tmp_path)
        assert subprocess.run(asked, capture_output=True, check=False).returncode == 0
    assert subprocess.run(asked, capture_output=True, check=False).returncode != 0


def test_compose_keeps_redis_to_itself():
    file = compose()
    assert file["networks"]["redis"]["internal"]
    reaching = {name for name, each in file["services"].items() if "redis" in each["networks"]}
    assert reaching == {"redis", "serve", "worker"}
    redis = file["services"]["redis"]
    assert redis["networks"] == ["redis"]
    assert "ports" not in redis
    for each in file["services"].values():
        assert each["read_only"]
        assert each["cap_drop"] == ["ALL"]
        assert each["mem_limit"] == "512m"
        for port in each.get("ports", []):
            assert port.startswith("127.0.0.1:")


async def test_callboard_reaches_it_with_the_shipped_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "redis_password").write_text(PASSWORD)
    (tmp_path / "callboard.toml").write_text(
        (ROOT / "deploy/callboard.toml").read_text().replace(MOUNTED, f"{tmp_path}/redis_password")
    )
    settings = load(tmp_path / "callboard.toml").redis
    assert settings.address() is None  # without REDIS_URL the embedded server, which is reached by a socket
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/redis.sock")
    command, probe = _compose()
    with started(command, tmp_path):
        wait_until_ready(probe, tmp_path)
        async with Store.open(settings.address(), settings.data) as store:
            await store.ping()
