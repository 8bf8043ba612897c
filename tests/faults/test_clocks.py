"""Separate clocks of processes leave nothing behind."""

from pathlib import Path

import pytest

from tests.faults import clocks


def test_what_a_killed_process_shared_is_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(clocks, "SHARED", tmp_path)
    for name in ("faketime_shm_7", "sem.faketime_sem_7", "faketime_shm_70"):
        (tmp_path / name).touch()
    clocks.forget(7)
    clocks.forget(8)
    assert [each.name for each in tmp_path.iterdir()] == ["faketime_shm_70"]
