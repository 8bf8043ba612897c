"""The benchmark of equal lists, short: what is shared costs one request a service."""

from pathlib import Path

import pytest

from bench import lists


@pytest.mark.heavy("measures answers that wait for budgets")
async def test_equal_lists_share_their_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(lists, "ROUNDS", 1)
    monkeypatch.setattr(lists, "PEOPLE", 4)
    monkeypatch.setattr(lists, "PAUSE_S", 0)
    alone, shared = (await lists.measure(tmp_path)).values()
    assert (alone.requests, shared.requests) == (4, 1)
    assert (alone.failing, shared.failing) == (0, 0)
    assert len(shared.row("shared")) == len(lists.COLUMNS)
