"""The recent jobs of a service: bounded, never replaced by older data, and without secrets."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import Recent, Store
from bot.store.recent_jobs import KEPT
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import RECENT, RECENT_JOBS
from providers.models import Job, JobError, JobState

NOW = datetime.now(UTC).replace(microsecond=0)


def job(job_id: str, service: str = "vod-ai", **fields: object) -> Job:
    return Job.model_validate({"account": "vod", "service": service, "id": job_id, "state": "running", **fields})


@pytest.fixture
def recent(store: Store) -> Recent:
    return store.recent


async def test_a_job_comes_back_as_it_was(recent: Recent):
    whole = job(
        "a",
        name="größe <!channel>",
        kind="AIMediaAudit",
        created_at=NOW,
        error=JobError(code="E1", message="no"),
        attributes={"Template": "x"},
        notes=("note",),
        progress=0,
    )
    await recent.remember([whole], NOW)
    assert await recent.recent("vod", "vod-ai") == [whole]


async def test_jobs_of_many_services_are_kept_apart(recent: Recent):
    jobs = [job("a", "vod-jobs"), job("b", "vod-ai"), job("c", "vod-jobs")]
    await recent.remember(jobs, NOW)
    assert {each.id for each in await recent.recent("vod", "vod-jobs")} == {"a", "c"}
    assert await recent.recent("vod", "vod-ai") == [jobs[1]]
    assert await recent.recent("other", "vod-ai") == []


async def test_nothing_to_remember_is_fine(recent: Recent):
    await recent.remember([], NOW)
    assert await recent.kinds("vod", "vod-ai", []) == {}


async def test_the_newest_are_first(recent: Recent):
    ages = {"old": timedelta(days=2), "new": timedelta(0), "middle": timedelta(hours=1)}
    await recent.remember([job(name, created_at=NOW - age) for name, age in ages.items()], NOW)
    await recent.remember([job("undated")], NOW)
    assert [each.id for each in await recent.recent("vod", "vod-ai")] == ["new", "middle", "old", "undated"]


async def test_an_older_observation_never_overwrites_a_newer_one(recent: Recent):
    await recent.remember([job("a", state=JobState.SUCCEEDED)], NOW)
    await recent.remember([job("a", state=JobState.RUNNING)], NOW - timedelta(milliseconds=1))
    assert (await recent.recent("vod", "vod-ai"))[0].state == JobState.SUCCEEDED


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)))
async def test_in_any_order_of_arrival_the_latest_request_wins(link: RedisLink, order: list[int]):
    await link.execute("FLUSHALL")
    for n in order:
        await Recent(link).remember([job("a", progress=n)], NOW + timedelta(milliseconds=n))
    assert [each.progress for each in await Recent(link).recent("vod", "vod-ai")] == [5]


UNEXPLAINED = {
    "state": JobState.FAILED,
    "unexplained": "the provider gives no reason: it could not be asked (Forbidden.RAM)",
}


async def test_a_failed_look_up_keeps_the_known_reason(recent: Recent):
    known = job("a", state=JobState.FAILED, error=JobError(code="E1", message='größe "/"'), notes=("old",))
    asked_again = job("a", name="new", notes=("new",), progress=7, attributes={"x": "y"}, **UNEXPLAINED)
    await recent.remember([known, job("b", state=JobState.RUNNING)], NOW)
    await recent.remember([asked_again, job("b", **UNEXPLAINED), job("c", **UNEXPLAINED)], NOW + timedelta(seconds=1))
    kept = {each.id: each for each in await recent.recent("vod", "vod-ai")}
    assert kept["a"] == asked_again.model_copy(update={"error": known.error, "unexplained": None})
    assert kept["b"] == job("b", **UNEXPLAINED)
    assert kept["c"] == job("c", **UNEXPLAINED)


async def test_a_reason_that_the_provider_withdraws_is_removed(recent: Recent):
    await recent.remember([job("a", state=JobState.FAILED, error=JobError(code="E1"))], NOW)
    await recent.remember([job("a", state=JobState.FAILED)], NOW)
    assert (await recent.recent("vod", "vod-ai"))[0].error is None


async def test_a_reason_replaces_any_earlier_value(recent: Recent, link: RedisLink):
    for odd in ("", "{", "[]", "7", "null", '{"error": null}', '{"error": 7}'):
        await link.execute("HSET", RECENT_JOBS.of("vod", "vod-ai"), "a", odd)
        await recent.remember([job("a", **UNEXPLAINED)], NOW)
        assert await recent.recent("vod", "vod-ai") == [job("a", **UNEXPLAINED)]


async def test_only_the_latest_requested_jobs_are_kept(recent: Recent, link: RedisLink):
    await recent.remember([job(f"old{n}") for n in range(10)], NOW - timedelta(minutes=1))
    await recent.remember([job(f"new{n}") for n in range(KEPT - 5)], NOW)
    kept = {each.id for each in await recent.recent("vod", "vod-ai")}
    assert len(kept) == KEPT
    assert {name for name in kept if name.startswith("new")} == {f"new{n}" for n in range(KEPT - 5)}
    assert await link.execute("HLEN", RECENT_JOBS.of("vod", "vod-ai")) == KEPT


async def test_old_jobs_expire(recent: Recent, link: RedisLink):
    await recent.remember([job("old")], NOW - timedelta(seconds=RECENT.seconds + 1))
    assert await recent.recent("vod", "vod-ai") == []
    await recent.remember([job("new")], NOW)
    assert await link.execute("HKEYS", RECENT_JOBS.of("vod", "vod-ai")) == ["new"]


async def test_kinds_of_known_jobs(recent: Recent):
    await recent.remember([job("a", kind="Transcode"), job("b")], NOW)
    assert await recent.kinds("vod", "vod-ai", ["a", "b", "unknown"]) == {"a": "Transcode"}


async def test_an_unreadable_record_hides_no_other(recent: Recent, link: RedisLink):
    await recent.remember([job("a"), job("b")], NOW)
    await link.execute("HSET", RECENT_JOBS.of("vod", "vod-ai"), "a", "{}")
    assert [each.id for each in await recent.recent("vod", "vod-ai")] == ["b"]


async def test_raw_json_never_reaches_redis(recent: Recent, link: RedisLink):
    await recent.remember([job("a", raw={"Password": "hunter2", "deep": ["hunter2"]})], NOW)
    assert (await recent.recent("vod", "vod-ai"))[0].raw is None
    for name in await link.execute("KEYS", "*"):
        assert "hunter2" not in str(await _content(link, name))


async def _content(link: RedisLink, name: str) -> object:
    if await link.execute("TYPE", name) == "hash":
        return await link.execute("HGETALL", name)
    return await link.execute("ZRANGE", name, 0, -1)
