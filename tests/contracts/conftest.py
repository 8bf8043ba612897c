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
    """Nothing here is about how long a retry waits; a cloud's own "retry after" is still obeyed."""
    monkeypatch.setattr("providers.http.transport._backoff", wait_none())
