"""`callboard jobs …` commands against the simulated clouds."""

import json
import os
import re
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from bot.store.redis.embedded import _socket as socket_of  # pyright: ignore[reportPrivateUsage]  # nothing may stay there
from sandbox.clouds.server import serving
from sandbox.clouds.world import World
from sandbox.demo import environment
from tests.scenarios.terminal import PROGRAM, Json, Terminal, beside, configuration

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"
JOB = [
    "ref",
    "account",
    "service",
    "id",
    "name",
    "kind",
    "state",
    "raw_state",
    "created_at",
    "started_at",
    "finished_at",
    "updated_at",
    "duration_s",
    "progress",
    "media",
    "input",
    "output",
    "error",
    "request_id",
    "console_url",
]
ERROR = ["account", "service", "code", "message", "retryable"]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def terminal(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Terminal]:
    began = time.time()
    world = World(jobs_per_service=40, arrival_s=0, clock=lambda: began)
    for name, value in environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.delenv("CALLBOARD_CONFIG", raising=False)
    with beside(serving(world)) as url:
        file = tmp_path / "callboard.toml"
        file.write_text(configuration(url))
        yield Terminal(file, world)


class TestAnswers:
    def test_a_table_of_jobs(self, terminal: Terminal):
        printed = terminal.types("jobs", "list", "limit:25")
        assert (printed.status, printed.err) == (0, "")
        for words in ("State", "Reason", "media-cn/video-ocr/", "media-cn/digital-human/", "1–25 of", "checked"):
            assert words in printed.out
        assert "*vod-sg/vod-ai*" not in printed.out
        assert "vod-sg/vod-ai doesn't support listing" in printed.out

    def test_nothing_is_the_same_as_list(self, terminal: Terminal):
        bare, listed = terminal.types("jobs", "--json"), terminal.types("jobs", "list", "--json")
        assert [job["ref"] for job in bare.json["jobs"]] == [job["ref"] for job in listed.json["jobs"]]

    def test_failed_jobs_have_a_reason(self, terminal: Terminal):
        jobs: list[Json] = terminal.types("jobs", "failed", "video-ocr", "since:30d", "--json").json["jobs"]
        assert jobs
        assert {job["state"] for job in jobs} == {"failed"}
        assert all(list(job["error"]) == ["code", "message"] for job in jobs)

    def test_details(self, terminal: Terminal):
        printed = terminal.types("jobs", "show", OCR)
        assert printed.status == 0
        for words in (f"media-cn/video-ocr/{OCR}", "Created", "Request id", "Region"):
            assert words in printed.out

    def test_find(self, terminal: Terminal):
        assert [job["id"] for job in terminal.types("jobs", "find", OCR[:8], "--json").json["jobs"]] == [OCR]

    def test_a_text_with_spaces_is_one_argument(self, terminal: Terminal):
        answer = terminal.types("jobs", "find", "no such name", "--json").json
        assert answer["jobs"] == []
        assert terminal.types("jobs", "list", "name:no such name", "--json").json["jobs"] == []

    def test_accounts(self, terminal: Terminal):
        printed = terminal.types("jobs", "accounts")
        assert printed.out.count("yes") == 5
        assert "cn-north-4" in printed.out

    def test_an_id_alone_is_shown(self, terminal: Terminal):
        assert terminal.types("jobs", OCR, "--json").json["jobs"][0]["id"] == OCR

    def test_help_names_every_command(self, terminal: Terminal):
        printed = terminal.types("jobs", "help")
        assert printed.status == 0
        for words in ("callboard jobs list [SCOPE] [FILTER…]", "callboard jobs find TEXT", "since:2h"):
            assert words in printed.out
        assert "callboard jobs show" not in terminal.types("jobs", "help", "list").out


class TestJson:
    def test_a_list(self, terminal: Terminal):
        printed = terminal.types("jobs", "list", "--json", "limit:100", "since:30d")
        answer = printed.json
        assert list(answer) == ["jobs", "errors", "checked_at"]
        assert answer["errors"] == []
        assert INSTANT.fullmatch(answer["checked_at"])
        for job in answer["jobs"]:
            assert list(job) == JOB
            assert job["ref"] == f"{job['account']}/{job['service']}/{job['id']}"
            times = [job[key] for key in JOB if key.endswith("_at") and job[key] is not None]
            assert times
            assert all(INSTANT.fullmatch(time) for time in times)
        running = [job for job in answer["jobs"] if job["state"] == "running"]
        assert running
        assert all(job["finished_at"] is None and job["duration_s"] is None for job in running)
        assert all(job["error"] is None for job in answer["jobs"] if job["state"] == "succeeded")

    def test_details_and_what_is_missing(self, terminal: Terminal):
        answer = terminal.types("jobs", "show", OCR, "a" * 32, "--json").json
        assert list(answer) == ["jobs", "missing", "errors"]
        assert (len(answer["jobs"]), answer["missing"], answer["errors"]) == (1, ["a" * 32], [])

    def test_an_error(self, terminal: Terminal):
        terminal.fault("video-ocr", "error", status=503)
        [error] = terminal.types("jobs", "list", "--json").json["errors"]
        assert list(error) == ERROR
        assert (error["account"], error["service"], error["retryable"]) == ("media-cn", "video-ocr", True)


class TestStatus:
    def test_some_services_failed(self, terminal: Terminal):
        terminal.fault("video-ocr", "unauthorized")
        printed = terminal.types("jobs", "list")
        assert printed.status == 3
        assert "media-cn/video-ocr rejected our credentials" in printed.out
        assert "media-cn/digital-human/" in printed.out

    def test_no_service_answered(self, terminal: Terminal):
        terminal.fault("video-ocr", "unauthorized")
        printed = terminal.types("jobs", "list", "video-ocr")
        assert printed.status == 1
        assert "No service responded" in printed.out

    def test_no_service_that_can_be_asked_answered(self, terminal: Terminal):
        for service in ("video-ocr", "image-moderation", "digital-human"):
            terminal.fault(service, "error", status=503)
        printed = terminal.types("jobs", "list")
        assert printed.status == 1
        assert "No service responded" in printed.out

    def test_an_account_that_does_not_answer(self, terminal: Terminal):
        terminal.fault("vod-ai", "forbidden")
        assert terminal.types("jobs", "accounts").status == 3

    def test_an_unknown_job_is_an_answer(self, terminal: Terminal):
        printed = terminal.types("jobs", "show", "a" * 32)
        assert printed.status == 0
        assert "was not found in" in printed.out

    def test_a_missing_secret_keeps_the_other_account(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("MEDIA_CN_SK")
        printed = terminal.types("jobs", "accounts", "--json")
        assert printed.status == 3
        assert {error["account"] for error in printed.json["errors"]} == {"media-cn"}
        assert "MEDIA_CN_SK" in printed.json["errors"][0]["message"]

    def test_redis_out_of_reach(self, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody.sock")
        printed = terminal.types("jobs", "list", "--json")
        assert printed.status == 3
        assert {error["service"] for error in printed.json["errors"]} == {"vod-ai", "vod-jobs"}
        assert {error["code"] for error in printed.json["errors"]} == {"memory"}
        assert printed.json["jobs"]
        assert terminal.types("jobs", "show", OCR).status == 0

    def test_options_stand_anywhere(self, terminal: Terminal):
        file = str(terminal.file)
        for command in (
            ("--config", file, "jobs", "list", "--json", "state:failed"),
            ("jobs", "-c", file, "--json", "list", "state:failed"),
            ("jobs", "list", "state:failed", "--json", "--config", file),
        ):
            jobs = terminal.plainly(*command).json["jobs"]
            assert {job["state"] for job in jobs} == {"failed"}

    def test_the_environment_names_the_file(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("CALLBOARD_CONFIG", str(terminal.file))
        assert terminal.plainly("jobs", "list", "video-ocr").status == 0
        monkeypatch.setenv("CALLBOARD_CONFIG", "nonsense.toml")
        assert terminal.types("jobs", "list", "video-ocr").status == 0


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("lst",), "Did you mean: callboard jobs list\n"),
            (("list", "vido-ocr"), "Did you mean: callboard jobs list video-ocr\n"),
            (("list", "state:faild"), "Did you mean: callboard jobs list state:failed\n"),
            (("show",), "Type callboard jobs show JOB"),
            (("list", "limit:0"), "1 to 100"),
            (("--jsn",), "--json"),
        ],
    )
    def test_what_to_type_instead(self, terminal: Terminal, words: tuple[str, ...], said: str):
        printed = terminal.types("jobs", *words)
        assert (printed.status, printed.out) == (2, "")
        assert said in printed.err
        assert not terminal.world.requests

    def test_a_file_that_is_not_there(self, terminal: Terminal, tmp_path: Path):
        printed = terminal.plainly("jobs", "list", "--config", str(tmp_path / "none.toml"))
        assert (printed.status, printed.out) == (2, "")
        assert "none.toml: no such file" in printed.err

    @pytest.mark.parametrize("command", [("jobs", "list"), ("check",), ("run",)])
    def test_a_wrong_file(self, terminal: Terminal, command: tuple[str, ...]):
        terminal.configured('cloud = "huawei"', 'cloud = "aws"')
        printed = terminal.types(*command)
        assert (printed.status, printed.out) == (2, "")
        assert re.search(r'callboard.toml:\d+: accounts\[0\]\.cloud: found "aws", expected "huawei"', printed.err)

    def test_redis_by_a_wrong_url(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("REDIS_URL", "http://:hunter2@host")
        printed = terminal.types("jobs", "list")
        assert printed.status == 2
        assert "redis.url: expected a redis://" in printed.err
        assert "hunter2" not in printed.err


class TestProgram:
    def test_a_real_process(self, terminal: Terminal):
        printed = terminal.runs("jobs", "list", "video-ocr", "--json")
        assert (printed.status, printed.err) == (0, "")
        assert len(printed.json["jobs"]) == 10

    def test_a_reader_that_has_had_enough(self, terminal: Terminal):
        with terminal.starts("jobs", "list", "limit:100") as program:
            assert program.stdout
            program.stdout.close()
            assert program.stderr
            assert program.stderr.read() == ""
        assert program.returncode == 0

    def test_a_terminal_that_cannot_show_everything(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        printed = terminal.runs("jobs", "list", "video-ocr")
        assert (printed.status, printed.err) == (0, "")
        assert "media-cn/video-ocr/" in printed.out

    def test_an_embedded_redis_is_gone_with_the_command(
        self, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delenv("REDIS_URL")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        known = terminal.world.store("vod-sg", "vod-ai").select(terminal.world.now())[-1].id
        assert terminal.runs("jobs", "show", known).status == 0
        assert [job["id"] for job in terminal.runs("jobs", "list", "vod-ai", "--json").json["jobs"]] == [known]
        data = tmp_path / "callboard" / "redis"
        assert data.is_dir()
        assert not socket_of(data).parent.exists()
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert str(socket_of(data)) not in processes

    def test_what_a_terminal_does_without_is_not_imported(self):
        program = "import sys, handlers.terminal; print([name for name in sys.modules if name.startswith('slack_')])"
        printed = subprocess.run(
            [PROGRAM[0], "-c", program], capture_output=True, text=True, check=True, env=os.environ
        )
        assert json.loads(printed.stdout.replace("'", '"')) == []

    def test_help_does_without_nearly_everything(self):
        program = "import sys, callboard.cli; print(sorted({name.partition('.')[0] for name in sys.modules}))"
        printed = subprocess.run(
            [PROGRAM[0], "-c", program], capture_output=True, text=True, check=True, env=os.environ
        )
        imported = set(json.loads(printed.stdout.replace("'", '"')))
        assert not imported & {"pydantic", "rich", "redis", "httpx", "aiohttp", "slack_bolt", "structlog"}
