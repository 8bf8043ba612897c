"""Jobs, refs and queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.models import Filter, Job, JobError, JobQuery, JobRef, JobState

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def job(**more: Any) -> Job:
    known = {"account": "media-cn", "service": "video-ocr", "id": "F18", "state": JobState.RUNNING}
    return Job.model_validate(known | more)


def test_a_ref_is_read_as_it_is_written():
    ref = job(id="a/b").ref
    assert str(ref) == "media-cn/video-ocr/a/b"
    assert JobRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "a", "a/b", "a/b/", "/b/c", "a//c"])
def test_anything_else_is_no_ref(text: str):
    with pytest.raises(ValueError, match=r"."):
        JobRef.parse(text)


def test_only_three_states_are_an_end():
    assert {state for state in JobState if state.ended} == {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ({"created_at": AT, "finished_at": AT + HOUR}, 3600),
        ({"created_at": AT, "started_at": AT + HOUR / 2, "finished_at": AT + HOUR}, 1800),
        ({"created_at": AT + HOUR, "started_at": AT, "finished_at": AT + HOUR}, 3600),
        ({"created_at": AT + HOUR, "finished_at": AT}, None),
        ({"created_at": AT}, None),
        ({"finished_at": AT}, None),
    ],
)
def test_durations(times: dict[str, Any], seconds: float | None):
    assert job(**times).duration_s == seconds


WHOLE = job(name="One Day", kind="2D_VIDEO", media="m1", created_at=AT, error=JobError(code="ALG.002"))
BARE = job()


@pytest.mark.parametrize(
    ("values", "filters", "fits", "fits_bare"),
    [
        ({}, set[Filter](), True, True),
        ({"limit": 3}, set[Filter](), True, True),
        ({"states": frozenset({JobState.RUNNING})}, {Filter.STATE}, True, True),
        ({"states": frozenset({JobState.FAILED})}, {Filter.STATE}, False, False),
        ({"since": AT}, {Filter.SINCE}, True, False),
        ({"since": AT + HOUR}, {Filter.SINCE}, False, False),
        ({"until": AT}, {Filter.UNTIL}, True, False),
        ({"until": AT - HOUR}, {Filter.UNTIL}, False, False),
        ({"name": "one d"}, {Filter.NAME}, True, False),
        ({"name": "two"}, {Filter.NAME}, False, False),
        ({"kind": "2d"}, {Filter.KIND}, True, False),
        ({"media": "m1"}, {Filter.MEDIA}, True, False),
        ({"media": "m"}, {Filter.MEDIA}, False, False),
        ({"code": "alg.002"}, {Filter.CODE}, True, False),
        ({"code": "ALG.*"}, {Filter.CODE}, True, False),
        ({"code": "*"}, {Filter.CODE}, True, False),
        ({"code": "ALG"}, {Filter.CODE}, False, False),
        ({"code": "LG.*"}, {Filter.CODE}, False, False),
        ({"without": ((Filter.NAME, "one"),)}, {Filter.WITHOUT}, False, True),
        ({"without": ((Filter.NAME, "two"), (Filter.KIND, "2d"))}, {Filter.WITHOUT}, False, True),
        ({"without": ((Filter.MEDIA, "m"),)}, {Filter.WITHOUT}, True, True),
        ({"without": ((Filter.MEDIA, "m1"),)}, {Filter.WITHOUT}, False, True),
        ({"without": ((Filter.CODE, "ALG.*"),)}, {Filter.WITHOUT}, False, True),
        ({"code": "ALG.*", "without": ((Filter.CODE, "alg.002"),)}, {Filter.CODE, Filter.WITHOUT}, False, False),
        ({"id_part": "f1"}, {Filter.ID}, True, True),
        ({"id_part": "f2"}, {Filter.ID}, False, False),
        ({"id_part": "f1", "name": "two"}, {Filter.ID, Filter.NAME}, False, False),
    ],
)
def test_queries(values: dict[str, Any], filters: set[Filter], fits: bool, fits_bare: bool):  # noqa: FBT001  # a table
    query = JobQuery(**values)
    assert query.filters == filters
    assert (query.matches(WHOLE), query.matches(BARE)) == (fits, fits_bare)


def test_queries_that_match_the_same_jobs_are_one_when_normalized():
    one = JobQuery(code="ALG.*", without=((Filter.NAME, "Test"), (Filter.MEDIA, "M1"), (Filter.NAME, "test")))
    other = JobQuery(code="alg.*", without=((Filter.MEDIA, "M1"), (Filter.NAME, "TEST")))
    assert one.normalized == other.normalized
    assert one.normalized != JobQuery(code="alg.*", without=((Filter.MEDIA, "m1"), (Filter.NAME, "test"))).normalized


def test_a_job_does_not_print_what_the_provider_sent():
    assert "vendor" not in repr(job(raw={"vendor": "text"}))


def test_an_empty_reason_is_none():
    assert JobError.of(None, None) is None
    assert JobError.of("X", None) == JobError(code="X")


def test_a_reason_keeps_no_signature():
    assert JobError.of(None, "see https://a.example/b?Signature=SECRET") == JobError(message="see https://a.example/b")
