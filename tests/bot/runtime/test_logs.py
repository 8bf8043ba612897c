"""Log lines, and the secrets that are removed from them."""

import json
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import StringIO

import pytest
import structlog
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.deps import limited_log
from bot.domain import log_limit
from bot.runtime import logs

SECRET = "hunter2hunter2"
TOKEN = f"xoxb-{1234567890}-abcdefghij"
QUOTED = f"GET https://vod.aliyuncs.com/?AccessKeyId=a&Signature={SECRET} with {TOKEN} failed"
LOST = RedisConnectionError("Error 111 connecting to redis:6379")
RESPONSE_URL = f"https://hooks.slack.com/commands/T1/2/{SECRET}"


class Screen(StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def configured(output: StringIO) -> Generator[StringIO]:
    """Send logs to an output, and restore the configuration after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    logs.configure(output)
    try:
        yield output
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(params=[StringIO, Screen])
def output(request: pytest.FixtureRequest) -> Generator[StringIO]:
    with configured(request.param()) as output:
        yield output


def fail(text: str = "no such thing") -> None:
    secret_access_key = SECRET
    assert secret_access_key
    raise LookupError(text)


def logged_by_us() -> None:
    structlog.get_logger("callboard").error("unexpected", reference="abcd1234", exc_info=True)


def logged_by_a_library() -> None:
    logging.getLogger("slack_bolt").exception("unexpected abcd1234")  # noqa: LOG004  # called in an except block


@pytest.mark.parametrize("log", [logged_by_us, logged_by_a_library])
def test_a_traceback_has_no_local_variables(output: StringIO, log: Callable[[], None]):
    try:
        fail()
    except LookupError:
        log()
    text = output.getvalue()
    assert "LookupError: no such thing" in text
    assert "in fail" in text
    assert "abcd1234" in text
    assert SECRET not in text


@pytest.mark.parametrize("log", [logged_by_us, logged_by_a_library])
@pytest.mark.parametrize("quoted", [QUOTED, RESPONSE_URL])
def test_an_exceptions_text_has_no_secrets(output: StringIO, log: Callable[[], None], quoted: str):
    try:
        fail(quoted)
    except LookupError:
        log()
    text = output.getvalue()
    assert "LookupError" in text
    assert SECRET not in text
    assert TOKEN not in text


def test_messages_of_libraries_have_no_secrets(output: StringIO):
    logging.getLogger("slack_sdk").error("Failed to connect to %s", "wss://slack.com/link?ticket=" + SECRET)
    assert "Failed to connect to wss://slack.com/link" in output.getvalue()
    assert SECRET not in output.getvalue()


def test_other_outputs_get_json():
    with configured(StringIO()) as output:
        structlog.get_logger("callboard").info("ready", services=5, names=["é"])
        logging.getLogger("some.library").warning("hello")
    ready, hello = map(json.loads, output.getvalue().splitlines())
    assert (ready["event"], ready["level"], ready["services"], ready["names"]) == ("ready", "info", 5, ["é"])
    assert (hello["event"], hello["level"]) == ("hello", "warning")
    assert ready["timestamp"].endswith("Z")


def test_libraries_do_not_log_each_request(output: StringIO):
    logging.getLogger("httpx").info("GET / 200")
    structlog.get_logger("callboard").debug("nothing")
    assert output.getvalue() == ""


def test_pydocket_logs_an_outage_of_redis_once():
    with configured(StringIO()) as output:
        pydocket = logging.getLogger("docket.worker")
        for _ in range(100):
            pydocket.warning("Redis is unavailable, retrying in %s...", "0:00:01", exc_info=LOST)
            pydocket.error("Error in scheduler loop", exc_info=LOST)
        (line,) = output.getvalue().splitlines()
    assert json.loads(line)["event"] == "Redis is unavailable, retrying in 0:00:01..."
    assert "Error 111" not in line


def test_pydocket_logs_the_error_of_every_task():
    with configured(StringIO()) as output:
        for number in range(3):
            logging.getLogger("docket.worker").error("↩ [%s] %s", "1ms", f"deliver({number})", exc_info=LOST)
        lines = output.getvalue().splitlines()
    assert [f"deliver({number})" in line and "Error 111" in line for number, line in enumerate(lines)] == [True] * 3


def test_events_that_strangers_cause_are_logged_once_a_minute(output: StringIO, monkeypatch: pytest.MonkeyPatch):
    """Out of file descriptors, asyncio logs each refused connection, thousands of times a second."""
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)  # the sandbox's servers turn it off
    for _ in range(1_000):
        error = OSError(24, "Too many open files")
        logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: x", exc_info=error)
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    text = output.getvalue()
    assert text.count("socket.accept() out of system resource") == 1
    assert text.count("Invalid HTTP request received.") == 1
    assert "Traceback" not in text


def test_other_messages_of_the_same_libraries_are_logged(output: StringIO):
    for number in range(3):
        logging.getLogger("asyncio").error("Task %d was destroyed but it is pending!", number)
    assert output.getvalue().count("was destroyed") == 3


def test_it_is_logged_again_a_minute_later():
    limit = log_limit.LogLimit()
    assert [limit.allows(now) for now in (0.0, 1.0, 59.9, 60.0, 61.0)] == [True, False, False, True, False]


def test_a_clock_that_is_set_back_suppresses_no_messages():
    limit = log_limit.LogLimit()
    assert [limit.allows(now) for now in (7_200.0, 3_600.0, 3_601.0)] == [True, True, False]


def test_each_warning_has_its_own_minute(output: StringIO):
    said = limited_log.LimitedLog(structlog.get_logger("callboard"))
    for _ in range(3):
        said.warning("one thing")
        said.warning("another", reason="x")
    assert (output.getvalue().count("one thing"), output.getvalue().count("another")) == (1, 1)
