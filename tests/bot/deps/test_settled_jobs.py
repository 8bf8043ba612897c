"""The cache of ended jobs on lists: which jobs it skips, and for how long."""

from datetime import timedelta

from bot.deps.settled_jobs import SETTLED_FOR, SettledJobs
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, job

ENDED = [job(name).model_copy(update={"state": JobState.FAILED}) for name in ("a", "b")]


def unsettled(settled: SettledJobs, after: timedelta = timedelta(), since: timedelta = timedelta()) -> set[str]:
    return settled.unsettled(SERVICE, NOW + since, ENDED, NOW + after)


def test_the_same_job_is_settled_until_the_cache_expires():
    settled = SettledJobs()
    assert unsettled(settled) == {"a", "b"}
    settled.add(SERVICE, NOW, ENDED[:1], NOW)
    assert unsettled(settled) == {"b"}
    changed = ENDED[0].model_copy(update={"state": JobState.RUNNING})
    assert settled.unsettled(SERVICE, NOW, [changed], NOW) == {"a"}
    assert unsettled(settled, SETTLED_FOR - timedelta(seconds=1)) == {"b"}
    assert unsettled(settled, SETTLED_FOR) == {"a", "b"}


def test_a_service_that_is_watched_again_has_none():
    settled = SettledJobs()
    settled.add(SERVICE, NOW, ENDED, NOW)
    assert settled.unsettled(("other", "video"), NOW, ENDED, NOW) == {"a", "b"}
    assert unsettled(settled, since=timedelta(seconds=1)) == {"a", "b"}
