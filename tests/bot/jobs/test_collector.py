"""How much of a list is read: no extra requests, and nothing silently left out."""

from datetime import timedelta

import pytest

from bot.jobs.collector import REFRESH_MAX, SCAN_MAX, Collected, collect, read_pages
from bot.store import Store
from providers.base import Capabilities
from providers.errors import Unavailable
from providers.http.deadline import within
from providers.models import SHOWN_ALONE, Filter, JobError, JobQuery, JobState
from tests.bot.memory import CANNOT_LIST, NOW, InMemory, failing, services

ALL = JobQuery()
RUNNING = JobQuery(states=frozenset({JobState.RUNNING}))
FAILED = JobQuery(states=frozenset({JobState.FAILED}))
DOWN = Unavailable("no answer in time", code="timeout")


async def collected(store: Store, provider: InMemory, query: JobQuery = ALL, want: int = 10) -> Collected:
    into = Collected()
    await collect(services(store, provider), provider, query, want, into)
    return into


async def test_one_request_is_enough_for_a_first_page(store: Store):
    provider = InMemory().filled(300)
    read = await collected(store, provider)
    assert len(provider.asked) == 1
    assert (len(read.jobs), read.total, read.more, read.cut_short) == (10, 300, True, False)


async def test_a_short_list_is_read_whole(store: Store):
    read = await collected(store, InMemory(tells_total=False).filled(7))
    assert (len(read.jobs), read.total, read.more) == (7, 7, False)


async def test_what_the_service_cannot_filter_is_filtered_here_in_large_pages(store: Store):
    provider = InMemory().filled(250)
    provider.jobs = [*provider.jobs, provider.job("bad", 300, state=JobState.FAILED)]
    read = await collected(store, provider, FAILED)
    assert list(read.jobs) == ["bad"]
    assert (read.total, read.more, len(provider.asked)) == (1, False, 3)


async def test_the_total_of_a_list_that_is_filtered_here_is_unknown_until_its_end(store: Store):
    read = await collected(store, InMemory().filled(250), RUNNING)
    assert (len(read.jobs), read.total, read.more) == (100, None, True)


async def test_what_the_service_filters_is_counted_by_the_service(store: Store):
    able = Capabilities(lists=True, filters=frozenset({Filter.STATE}))
    provider = InMemory(capabilities=able).filled(250)
    read = await collected(store, provider, RUNNING)
    assert (len(read.jobs), read.total, len(provider.asked)) == (10, 250, 1)


async def test_a_list_without_a_match_is_read_only_so_far(store: Store):
    provider = InMemory().filled(SCAN_MAX + 500)
    read = await collected(store, provider, FAILED)
    assert (read.scanned, read.cut_short, read.total) == (SCAN_MAX, True, None)
    assert len(provider.asked) == SCAN_MAX / 100


async def test_what_was_read_before_a_failure_is_kept(store: Store):
    provider, into = InMemory(trouble=failing(DOWN, since=2)).filled(300), Collected()
    with pytest.raises(Unavailable):
        await read_pages(provider, JobQuery(), 150, into)
    assert len(into.jobs) == 100


async def test_jobs_of_a_media_are_listed_by_a_service_that_can(store: Store):
    provider = InMemory(capabilities=Capabilities(lists=False, lists_media=True, filters=frozenset({Filter.MEDIA})))
    provider.jobs = [provider.job("a", media="m"), provider.job("b", media="other")]
    assert list((await collected(store, provider, JobQuery(media="m"))).jobs) == ["a"]


async def test_a_list_without_codes_says_how_many_jobs_a_code_left_out(store: Store):
    provider = InMemory().filled(3, state=JobState.FAILED)
    unexplained, coded, silent = provider.jobs
    provider.jobs = [
        unexplained.model_copy(update={"unexplained": SHOWN_ALONE}),
        coded.model_copy(update={"error": JobError(code="ALG.002")}),
        silent,
    ]
    read = await collected(store, provider, JobQuery(code="ALG.*"))
    assert (list(read.jobs), read.uncoded, read.total) == ([coded.id], 1, 1)
    assert (await collected(store, provider, JobQuery(code="ALG.*", name="else"))).uncoded == 0


class TestRemembered:
    """A service that cannot list."""

    async def known(self, store: Store, provider: InMemory, *, seen_as: JobState = JobState.RUNNING) -> None:
        """Look up every job of a service."""
        await store.recent.remember([job.model_copy(update={"state": seen_as}) for job in provider.jobs], NOW)

    async def test_the_present_state_counts(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(3, state=JobState.FAILED)
        await self.known(store, provider)
        assert len((await collected(store, provider, FAILED)).jobs) == 3
        assert (await collected(store, provider, RUNNING)).jobs == {}

    async def test_a_finished_job_is_not_looked_up_again(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(3, state=JobState.FAILED)
        await self.known(store, provider)
        await collected(store, provider)
        asked = len(provider.asked)
        read = await collected(store, provider)
        assert len(provider.asked) == asked == 1
        assert (read.remembered, read.total, len(read.jobs)) == (3, 3, 3)

    async def test_only_what_can_match_is_asked(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST)
        provider.jobs = [provider.job("a", name="lecture"), provider.job("b", name="film")]
        await self.known(store, provider)
        read = await collected(store, provider, JobQuery(name="film"))
        assert provider.asked == [("b",)]
        assert (list(read.jobs), read.remembered) == (["b"], 2)

    async def test_a_job_that_may_have_failed_since_can_match_a_code(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(1)
        await self.known(store, provider)
        failed = {"state": JobState.FAILED, "error": JobError(code="ALG.002")}
        provider.jobs = [provider.jobs[0].model_copy(update=failed)]
        assert list((await collected(store, provider, JobQuery(code="alg.*"))).jobs) == ["job-0000"]
        without = JobQuery(without=((Filter.CODE, "alg.*"),))
        assert list((await collected(store, provider, without)).jobs) == []

    async def test_a_list_makes_only_as_many_requests_as_it_may(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(50)
        await self.known(store, provider)
        assert len((await collected(store, provider)).jobs) == 50
        [ids] = provider.asked
        assert isinstance(ids, tuple)
        assert len(ids) == REFRESH_MAX * CANNOT_LIST.batch_max
        assert ids[0] == "job-0000"

    async def test_a_known_kind_spares_requests(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(1, kind="Transcode")
        await self.known(store, provider)
        await collected(store, provider)
        assert provider.kinds == {"job-0000": "Transcode"}

    async def test_a_deleted_job_is_left_out(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(2)
        await self.known(store, provider)
        provider.jobs = provider.jobs[:1]
        read = await collected(store, provider)
        assert (list(read.jobs), read.total) == (["job-0000"], 1)

    async def test_what_is_remembered_is_shown_when_the_service_fails(self, store: Store):
        provider, into = InMemory(capabilities=CANNOT_LIST, trouble=failing(DOWN)).filled(2), Collected()
        await self.known(store, provider)
        with pytest.raises(Unavailable):
            await collect(services(store, provider), provider, JobQuery(), 10, into)
        assert (len(into.jobs), into.remembered) == (2, 2)

    async def test_a_job_that_was_not_answered_is_shown_as_remembered(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST, unanswered={"job-0000": DOWN}).filled(2)
        await self.known(store, provider)
        read = await collected(store, provider)
        assert list(read.jobs) == ["job-0000", "job-0001"]
        assert [each.id for each in read.unanswered] == ["job-0000"]

    async def test_the_newest_come_first(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST)
        provider.jobs = [provider.job("old", 9), provider.job("undated", None), provider.job("new", 1)]
        await self.known(store, provider)
        assert list((await collected(store, provider)).jobs) == ["new", "old", "undated"]

    async def test_it_was_not_asked_when_nothing_was_open(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST)
        async with within(5) as question:
            await collected(store, provider)
            assert question.requests == 0
            await store.recent.remember([provider.job("a")], NOW - timedelta(hours=1))
            await collected(store, provider)
            assert question.requests == 1
