"""Fixtures for every test, by what they start."""

import gc
import logging
import os
from collections.abc import Generator
from functools import cache

import httpx
import pytest
import structlog
from hypothesis import settings
from redis.utils import get_lib_version

from providers.accounts import AlibabaAccount, HuaweiAccount

pytest_plugins = ("tests.fixtures_redis", "tests.ports", "tests.browser", "tests.desk")

# No test asserts a time, and a busy machine makes any example slow. Examples are the same each time, so that a passing
# commit passes again; `CALLBOARD_STORIES` asks for more, at random.
_STORIES = os.environ.get("CALLBOARD_STORIES")
settings.register_profile("callboard", deadline=None, derandomize=not _STORIES, max_examples=int(_STORIES or 100))
settings.load_profile("callboard")

HEAVY_MAX = 60
"""The number of tests that may be marked `heavy`: for measurements and faults, not for slow tests."""
AMPLE_A_SECOND = 1_000.0
ID_MAX = 200
"""Characters of a parameter in a test's id. Processes inherit the id, and an environment is limited."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a long text or body by its beginning and its length; other values keep pytest's ids."""
    if isinstance(val, str | bytes) and len(val) > ID_MAX:
        return f"{val[:20]!a} and more: {len(val)}"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Exclude collected tests from garbage collection, in each process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    heavy = [item for item in items if item.get_closest_marker("heavy")]
    for item in heavy:
        if not any(mark.args and str(mark.args[0]).strip() for mark in item.iter_markers("heavy")):
            raise pytest.UsageError(f'{item.nodeid}: say why it is heavy, as in pytest.mark.heavy("measures memory")')
    if len(heavy) > HEAVY_MAX:
        raise pytest.UsageError(f"{len(heavy)} tests are marked heavy, and {HEAVY_MAX} may be")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Generator[None]:
    """Cache what libraries read for each client and connection: certificates (30 ms) and a version (1 ms)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        patch.setattr("redis.utils.get_lib_version", cache(get_lib_version))
        yield


@pytest.fixture(autouse=True)
def logs_as_before() -> Generator[None]:
    """Restore the logging configuration after each test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture
def ample_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise Callboard's request budget so that no test waits; configured rates stay."""

    def rate(account: HuaweiAccount | AlibabaAccount, service: str, default: float) -> float:
        return account.requests_per_second.get(service, AMPLE_A_SECOND)

    for account in (HuaweiAccount, AlibabaAccount):
        monkeypatch.setattr(account, "rate", rate)


@pytest.fixture
def whole_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send complete answers on any machine: no first words after a second."""
    monkeypatch.setattr("bot.jobs.fan_out.FIRST_WORDS_S", 30.0)
