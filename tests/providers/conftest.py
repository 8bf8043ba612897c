"""Retries without waits: tests check the retries, not the pauses."""

import pytest
from tenacity import wait_none


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.http.transport._backoff", wait_none())
