"""Jobs recorded by the version before: once this version has checked them, that version leaves them unchanged."""

from datetime import timedelta

import pytest

from bot.domain.changes import fingerprint
from bot.domain.record_formats import FORMATS, Kind
from bot.domain.tracked_jobs import Seen, record
from bot.store import Store
from bot.store.redis.keys import JOBS
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, SLOT, job


@pytest.mark.parametrize("number", ['"v":1,', ""])
async def test_a_job_that_is_as_it_was_gets_the_number_of_this_version(store: Store, number: str):
    followed, later = job("a", name="lecture"), NOW + timedelta(seconds=10)
    about, _, text = record(followed, NOW).partition("\n")
    rest = text.removeprefix(f'{{"v":{FORMATS[Kind.JOB]},')
    await store.link.execute("HSET", JOBS.of(SLOT), "a", f"{about}\n{{{number}{rest}")
    assert await store.tracked.observe(SERVICE, later, [Seen("a", fingerprint(followed), later)]) == {}
    assert await store.link.execute("HGET", JOBS.of(SLOT), "a") == record(followed, later)
