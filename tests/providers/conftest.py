"""Retries that do not wait: what is tried again is tested, not how long the pause was."""

import pytest
from tenacity import wait_none


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.http.transport._backoff", wait_none())
