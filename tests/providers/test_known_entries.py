"""Cached entries of a list: when the same job is returned again."""

from typing import Any

import pytest

from providers.http.deadline import without_raw
from providers.json_fields import Unreadable, identity
from providers.known_entries import KnownEntries
from providers.models import Job, JobState

ENDED = {"id": "1", "state": "failed", "at": "2026-11-18T08:00:00Z"}
RUNS = {"id": "2", "state": "running", "at": "2026-11-18T08:00:00Z"}


def read(item: Any, request_id: str | None) -> Job:
    state = JobState(item["state"])
    return Job(account="a", service="s", id=identity(item.get("id")), state=state, request_id=request_id)


@pytest.fixture
def known() -> KnownEntries:
    return KnownEntries(read, "id", "state", "at", size=2)


def test_a_sweep_gets_the_same_job_until_it_changes(known: KnownEntries):
    with without_raw():
        for entry in (ENDED, RUNS):
            first = known.job(entry, "r1")
            assert known.job({**entry}, "r2") is first
        assert known.job({**ENDED, "state": "running"}, "r2").state is JobState.RUNNING
        runs = known.job(RUNS, "r1")
        assert known.job({**RUNS, "progress": 5}, "r2") is not runs
        ended = known.job(ENDED, "r3")
        assert known.job({**ENDED, "at": "2026-11-18T08:00:01Z"}, "r4") is not ended


def test_people_get_the_newest_answer(known: KnownEntries):
    with without_raw():
        known.job(ENDED, "r1")
    assert known.job(ENDED, "r2").request_id == "r2"


def test_the_cache_is_bounded(known: KnownEntries):
    with without_raw():
        first = known.job(ENDED, "r1")
        for number in range(2):
            known.job({**RUNS, "id": f"more-{number}"}, "r1")
        assert known.job(ENDED, "r2") is not first


def test_an_entry_without_an_id_is_not_cached(known: KnownEntries):
    with without_raw(), pytest.raises(Unreadable):
        known.job({"state": "failed", "id": None}, "r1")
