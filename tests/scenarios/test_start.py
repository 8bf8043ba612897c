"""`callboard run`, `check`, `sandbox` and `demo` at the start: they describe every problem in words."""

import json
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from io import StringIO
from pathlib import Path

import httpx
import pytest

from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import MANIFEST, environment
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.bot.runtime.test_logs import configured
from tests.redis_server import Server
from tests.scenarios.terminal import PATIENCE_S, Printed, Terminal, beside, configuration


@pytest.fixture
def workspace() -> Workspace:
    return seeded(MANIFEST)


@pytest.fixture
def terminal(
    tmp_path: Path, workspace: Workspace, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Generator[Terminal]:
    world = World(jobs_per_service=5, arrival_s=0)
    with (
        configured(StringIO()),
        beside(serving_clouds(world)) as clouds,
        beside(serving_slack(workspace)) as slack,
    ):
        for name, value in {**environment(slack), "REDIS_URL": redis_url}.items():
            monkeypatch.setenv(name, value)
        file = tmp_path / "callboard.toml"
        file.write_text(configuration(clouds))
        yield Terminal(file, world)


@pytest.fixture
def taken() -> Generator[int]:
    """Return a port on which another process listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def later() -> Generator[Server]:
    """Return a Redis server that is not started yet."""
    with tempfile.TemporaryDirectory(prefix="callboard-test-") as folder:
        server = Server(Path(folder))
        server.dies()
        yield server
        server.dies()


def refused(printed: Printed, status: int, said: str) -> None:
    assert (printed.status, printed.out) == (status, ""), printed
    assert said in printed.err
    assert "Traceback" not in printed.err


class TestRun:
    def test_it_says_when_it_is_ready_and_stops_when_it_is_told_to(
        self, terminal: Terminal, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delenv("REDIS_URL")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        with terminal.starts("run") as program:
            assert program.stderr
            ready = json.loads(program.stderr.readline())
            assert (ready["event"], ready["accounts"], ready["services"]) == ("ready", 2, 5)
            assert httpx.get(f"http://{ready['http']}/healthz").text == "ok\n"
            assert any(call.method == "apps.connections.open" for call in workspace.calls)
            program.send_signal(signal.SIGTERM)
            out, err = program.communicate(timeout=PATIENCE_S)
        assert (program.returncode, out) == (0, "")
        assert [json.loads(line)["event"] for line in err.splitlines()] == ["stopped"]
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert str(tmp_path) not in processes

    @pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
    def test_a_missing_token(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str):
        monkeypatch.delenv(name)
        refused(terminal.types("run"), 2, f"a token for Slack is missing: the environment variable {name} is not set")

    @pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
    def test_a_wrong_token(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str):
        monkeypatch.setenv(name, "xoxb-hunter2" if "BOT" in name else "xapp-hunter2")
        printed = terminal.types("run")
        refused(printed, 1, "Slack doesn't recognize this token: copy it again")
        assert "hunter2" not in printed.err

    def test_no_workspace(self, terminal: Terminal):
        text = terminal.file.read_text()
        terminal.file.write_text(text[text.index("[[accounts]]") :])
        refused(terminal.types("run"), 2, "has no [slack] table")

    def test_slack_out_of_reach(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api/")
        refused(terminal.types("run"), 1, "Can't reach Slack")

    @pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
    @pytest.mark.parametrize("details", [{"status": 502}, {"error": "fatal_error"}, {"error": "ratelimited"}])
    def test_slack_in_trouble(self, terminal: Terminal, workspace: Workspace, method: str, details: dict[str, object]):
        workspace.faults.order(Fault.model_validate({"method": method, "times": 5, **details}))
        refused(terminal.types("run"), 1, "Slack")

    def test_redis_out_of_reach(self, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody.sock")
        monkeypatch.setattr("bot.runtime.bootstrap.STARTUP_TIMEOUT_S", 0)
        refused(terminal.types("run"), 1, "Start Redis, or remove redis.url")

    @pytest.mark.parametrize("command", ["run", "serve", "worker"])
    def test_redis_may_start_later(
        self, terminal: Terminal, later: Server, command: str, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("REDIS_URL", later.url)
        with terminal.starts(command) as program:
            (waits,) = first(program, 1)
            later.start()
            (ready,) = first(program, 1)
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=PATIENCE_S)
        assert (waits["event"], ready["event"], program.returncode) == ("waiting for Redis", "ready", 0)

    def test_who_waits_for_redis_can_be_stopped(
        self, terminal: Terminal, later: Server, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("REDIS_URL", later.url)
        with terminal.starts("run") as program:
            first(program, 1)
            program.send_signal(signal.SIGTERM)
            _, err = program.communicate(timeout=PATIENCE_S)
        assert ([json.loads(line)["event"] for line in err.splitlines()], program.returncode) == (["stopped"], 0)

    def test_no_folder_for_the_embedded_redis(
        self, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delenv("REDIS_URL")
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
        refused(terminal.types("run"), 1, "set redis.dir")

    def test_a_taken_port(self, terminal: Terminal, taken: int):
        terminal.configured('mode = "socket"', 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"')
        terminal.configured("port = 0 ", f"port = {taken} ")
        refused(terminal.types("run"), 2, f"http: cannot listen on 127.0.0.1, port {taken}: Address already in use")

    def test_a_port_for_probes_alone_may_be_taken(self, terminal: Terminal, taken: int):
        terminal.configured("port = 0 ", f"port = {taken} ")
        with terminal.starts("run") as program:
            said = first(program, 2)
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=PATIENCE_S)
        assert [line["event"] for line in said] == ["no /healthz, /readyz and /metrics", "ready"]
        assert "Address already in use" in said[0]["reason"]
        assert program.returncode == 0


def first(program: "subprocess.Popen[str]", lines: int) -> list[dict[str, str]]:
    """Return the first lines of a program's log."""
    assert program.stderr
    return [json.loads(program.stderr.readline()) for _ in range(lines)]


class TestHalves:
    """`callboard serve` and `callboard worker`."""

    @pytest.mark.parametrize("command", ["serve", "worker"])
    @pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
    def test_each_starts_and_stops(self, terminal: Terminal, command: str, told: signal.Signals):
        with terminal.starts(command) as program:
            (ready,) = first(program, 1)
            program.send_signal(told)
            out, err = program.communicate(timeout=PATIENCE_S)
        assert (ready["event"], program.returncode, out) == ("ready", 0, "")
        assert [json.loads(line)["event"] for line in err.splitlines()] == ["stopped"]

    def test_a_worker_opens_no_socket_and_needs_no_app_token(
        self, terminal: Terminal, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delenv("SLACK_APP_TOKEN")
        with terminal.starts("worker") as program:
            (ready,) = first(program, 1)
            program.send_signal(signal.SIGTERM)
            program.communicate(timeout=PATIENCE_S)
        assert (ready["event"], program.returncode) == ("ready", 0)
        assert [call.method for call in workspace.calls] == ["auth.test"]

    def test_a_worker_without_the_bots_token(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("SLACK_BOT_TOKEN")
        refused(terminal.types("worker"), 2, "a token for Slack is missing: the environment variable SLACK_BOT_TOKEN")

    def test_a_worker_with_a_wrong_token(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hunter2")
        refused(terminal.types("worker"), 1, "Slack doesn't recognize this token: copy it again")


class TestCheck:
    def test_everything_works(self, terminal: Terminal):
        printed = terminal.types("check")
        assert (printed.status, printed.err) == (0, "")
        assert printed.out.count("✅ ok") == 11
        assert printed.out.endswith("\nEverything works.\n")

    def test_something_to_mend(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("MEDIA_CN_SK")
        printed = terminal.types("check")
        assert printed.status == 1
        assert re.search(r"❌ fail +media-cn/video-ocr", printed.out)
        assert "→ set MEDIA_CN_SK" in printed.out
        assert printed.out.endswith("\n3 problems.\n")


class TestSandbox:
    @pytest.mark.parametrize("command", ["sandbox", "demo"])
    def test_a_taken_port(self, terminal: Terminal, taken: int, command: str):
        refused(terminal.plainly(command, "--port", "0", "--clouds-port", str(taken)), 1, "--clouds-port")


class TestWithoutUsersRead:
    """Guests cannot be distinguished from members."""

    @pytest.fixture
    def workspace(self) -> Workspace:
        workspace = seeded(MANIFEST)
        assert workspace.installation
        scopes = workspace.installation.scopes
        workspace.installation.scopes = tuple(each for each in scopes if each != "users:read")
        return workspace

    @pytest.mark.parametrize("command", ["run", "worker"])
    def test_a_file_that_speaks_of_guests_is_refused(self, terminal: Terminal, command: str):
        rule = '\n[[access]]\naccounts = ["*"]\nusers = ["*"]\nguests = false\n'
        terminal.file.write_text(terminal.file.read_text() + rule)
        said = "a table says guests = …, but slack.bot_token lacks the scope users:read"
        refused(terminal.types(command), 2, said)
