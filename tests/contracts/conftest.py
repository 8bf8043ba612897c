"""Keys for every case, and retries that do not wait."""

import pytest
from tenacity import wait_none

from tests.contracts.case import LEAK


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_AK", f"{LEAK}-ak")
    monkeypatch.setenv("CONTRACT_SK", f"{LEAK}-sk")


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the retry waits, which no test here measures. A cloud's own "retry after" still applies."""
    monkeypatch.setattr("providers.http.transport._backoff", wait_none())
