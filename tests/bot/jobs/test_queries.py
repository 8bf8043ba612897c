"""The questions list, find and show, asked of small services that a test controls."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.answers import JobList
from bot.domain.catalog import ServiceFilter
from bot.domain.identifiers import JobId, MediaId
from bot.jobs.collector import SCAN_MAX
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.store import Store
from bot.store.redis.connection import RedisLink
from providers.base import Capabilities
from providers.errors import Forbidden, Throttled, Unavailable
from providers.models import Filter, JobQuery, JobRef, JobState
from tests.bot.memory import CANNOT_LIST, NOW, InMemory, failing, services

ALL = JobQuery()
FAILED = JobQuery(states=frozenset({JobState.FAILED}))
DOWN = Unavailable("no answer in time", code="timeout")
ANYWHERE = ServiceFilter()
ID = "f18320e61e4c4dc685aa2dfc22a28dc5"


def ids(answer: JobList) -> list[str]:
    return [job.id for job in answer.jobs]


class TestList:
    async def test_jobs_of_all_services_are_newest_first(self, store: Store):
        a, b = InMemory(service="a"), InMemory(service="b")
        a.jobs = [a.job("a1", 1), a.job("a5", 5)]
        b.jobs = [b.job("b0", 0), b.job("b3", 3)]
        answer = await list_jobs(services(store, a, b), ANYWHERE, ALL)
        assert ids(answer) == ["b0", "a1", "b3", "a5"]
        assert (answer.total, answer.more, answer.services, answer.checked_at) == (4, False, 2, NOW)

    async def test_only_services_in_scope_are_asked(self, store: Store):
        a, b = InMemory(service="a").filled(2), InMemory(service="b").filled(2)
        answer = await list_jobs(services(store, a, b), ServiceFilter(service="b"), ALL)
        assert (answer.services, a.asked) == (1, [])

    async def test_an_offset_beyond_the_last_job_is_an_empty_page(self, store: Store):
        answer = await list_jobs(services(store, InMemory().filled(5)), ANYWHERE, ALL, offset=10**30)
        assert (answer.jobs, answer.total, answer.more) == ((), 5, False)

    async def test_the_same_id_in_two_accounts_is_two_jobs(self, store: Store):
        one, two = InMemory(account="one").filled(3), InMemory(account="two").filled(3)
        answer = await list_jobs(services(store, one, two), ANYWHERE, ALL)
        assert len({job.ref for job in answer.jobs}) == 6

    async def test_a_job_without_a_date_comes_after_its_neighbor(self, store: Store):
        a, b = InMemory(service="a"), InMemory(service="b")
        a.jobs = [a.job("a1", 1), a.job("undated", None), a.job("a9", 9)]
        b.jobs = [b.job("b5", 5)]
        assert ids(await list_jobs(services(store, a, b), ANYWHERE, ALL)) == ["a1", "undated", "b5", "a9"]

    async def test_a_service_that_fails_costs_one_line_and_promises_nothing(self, store: Store):
        well, broken = InMemory(service="well").filled(3), InMemory(service="broken", trouble=failing(DOWN))
        answer = await list_jobs(services(store, well, broken), ANYWHERE, ALL)
        assert [(error.service, error.code) for error in answer.errors] == [("broken", "timeout")]
        assert (len(answer.jobs), answer.total, answer.more) == (3, 3, False)

    async def test_a_total_that_leaves_jobs_out_is_not_shown(self, store: Store):
        """A service that fails half-way has jobs on the page, but its number of matches is unknown."""
        partly = InMemory(service="partly", trouble=failing(DOWN, since=2)).filled(300, state=JobState.FAILED)
        well = InMemory(service="well").filled(2, state=JobState.FAILED)
        answer = await list_jobs(services(store, partly, well), ANYWHERE, FAILED, offset=100, limit=10)
        assert (len(answer.jobs), answer.total, answer.more) == (2, None, False)
        assert len(answer.errors) == 1

    async def test_what_a_late_service_returned_in_time_is_shown(self, store: Store):
        slow = InMemory(hangs_from=2).filled(300)
        answer = await list_jobs(services(store, slow, answer_s=0.2), ANYWHERE, ALL, offset=95, limit=10)
        assert (len(answer.jobs), answer.errors[0].kind) == (5, "late")

    async def test_a_list_that_was_cut_short_says_so_and_has_no_next_page(self, store: Store):
        answer = await list_jobs(services(store, InMemory().filled(SCAN_MAX + 1)), ANYWHERE, FAILED)
        assert [part.scanned for part in answer.incomplete] == [SCAN_MAX]
        assert (answer.total, answer.more) == (None, False)

    async def test_unreadable_jobs_are_counted(self, store: Store):
        class Malformed(InMemory):
            async def page(self, query: JobQuery, cursor: str | None = None):
                return (await super().page(query, cursor))._replace(malformed=2)

        answer = await list_jobs(services(store, Malformed().filled(3)), ANYWHERE, ALL)
        assert [(part.malformed, part.scanned) for part in answer.incomplete] == [(2, None)]

    async def test_a_service_that_cannot_list_shows_remembered_jobs(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(4)
        parts = services(store, provider)
        assert (await list_jobs(parts, ANYWHERE, ALL)).remembered[0].known == 0
        await show_jobs(parts, [JobId("job-0001"), JobId("job-0003")])
        answer = await list_jobs(parts, ANYWHERE, ALL)
        assert (ids(answer), answer.remembered[0].known) == (["job-0001", "job-0003"], 2)

    async def test_remembered_jobs_without_an_answer_have_a_reason(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(2)
        parts = services(store, provider)
        await show_jobs(parts, [JobId("job-0000"), JobId("job-0001")])
        provider.unanswered = {"job-0000": DOWN}
        answer = await list_jobs(parts, ANYWHERE, ALL)
        assert (len(answer.jobs), [error.code for error in answer.errors]) == (2, ["timeout"])
        provider.trouble = failing(DOWN)
        answer = await list_jobs(parts, ANYWHERE, ALL)
        assert (len(answer.jobs), [error.code for error in answer.errors]) == (2, ["timeout"])

    async def test_without_redis_the_others_answer(self, nowhere: RedisLink):
        lists = InMemory(service="lists").filled(3)
        knows = InMemory(service="knows", capabilities=CANNOT_LIST).filled(3)
        answer = await list_jobs(services(Store.over(nowhere), lists, knows), ANYWHERE, ALL)
        assert (len(answer.jobs), answer.total) == (3, 3)
        assert [(error.service, error.kind) for error in answer.errors] == [("knows", "memory")]


class TestPages:
    @given(
        st.lists(st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=14), min_size=1, max_size=3),
        st.integers(1, 7),
        st.sampled_from([ALL, FAILED]),
    )
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    async def test_pages_are_the_whole_list_in_pieces(
        self, store: Store, lists: list[list[int | None]], limit: int, query: JobQuery
    ):
        """Jobs of the same second, without a date or out of order: no job twice, none lost."""
        parts = services(store, *(self.provider(index, created) for index, created in enumerate(lists)))
        expected = sorted(
            str(job.ref) for each in parts.providers if isinstance(each, InMemory) for job in each.jobs if query is ALL
        )
        seen: list[str] = []
        offset, more = 0, True
        while more:
            page = await list_jobs(parts, ANYWHERE, query, offset=offset, limit=limit)
            assert page.total == len(expected)
            seen += [str(job.ref) for job in page.jobs]
            offset, more = offset + limit, page.more
            assert not more or len(page.jobs) == limit
        assert sorted(seen) == expected

    @staticmethod
    def provider(index: int, created: list[int | None]) -> InMemory:
        provider = InMemory(service=f"s{index}", capabilities=Capabilities(lists=True, page_max=3))
        # Ids run against the order of the list, as if the cloud broke ties by another rule than ours.
        provider.jobs = [provider.job(f"{len(created) - at:02}", minutes) for at, minutes in enumerate(created)]
        return provider


class TestFind:
    async def test_by_part_of_an_id_and_by_part_of_a_name_in_one_answer(self, store: Store):
        provider = InMemory()
        provider.jobs = [
            provider.job("xx-lecture", 1),
            provider.job("b", 2, name="My LECTURE"),
            provider.job("c", 3, name="film"),
        ]
        answer = await find_jobs(services(store, provider), "lecture")
        assert (ids(answer), answer.total) == (["xx-lecture", "b"], 2)

    async def test_an_id_is_looked_up_and_searched_for_and_shown_once(self, store: Store):
        provider = InMemory()
        provider.jobs = [provider.job("new", 1, name=f"copy of {ID}"), provider.job(ID, 5)]
        answer = await find_jobs(services(store, provider), ID)
        assert (ids(answer), answer.total, answer.more) == (["new", ID], 2, False)

    async def test_a_job_too_old_to_be_listed_is_found_by_its_id(self, store: Store):
        provider = InMemory().filled(SCAN_MAX + 10)
        provider.jobs = [*provider.jobs, provider.job(ID, 9999)]
        answer = await find_jobs(services(store, provider), ID)
        assert ids(answer) == [ID]
        assert answer.incomplete

    async def test_pages_go_on_for_as_long_as_there_are_matches(self, store: Store):
        parts = services(store, InMemory().filled(250))
        page = await find_jobs(parts, "job", offset=240, limit=10)
        assert (len(page.jobs), page.total, page.more) == (10, 250, False)
        beyond = await find_jobs(parts, "job", offset=250, limit=10)
        assert (beyond.jobs, beyond.more) == ((), False)

    async def test_a_word_is_not_looked_up_as_an_id(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST)
        await find_jobs(services(store, provider), "lecture")
        assert provider.asked == []

    async def test_what_was_found_by_id_is_remembered(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST)
        provider.jobs = [provider.job(ID)]
        parts = services(store, provider)
        assert ids(await find_jobs(parts, ID)) == [ID]
        assert ids(await list_jobs(parts, ANYWHERE, ALL)) == [ID]

    async def test_remembered_jobs_are_shown_as_they_are_now(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(2)
        parts = services(store, provider)
        await show_jobs(parts, [JobId("job-0000")])
        provider.filled(2, state=JobState.SUCCEEDED)
        [job] = (await find_jobs(parts, "job-00")).jobs
        assert job.state is JobState.SUCCEEDED

    async def test_without_redis_an_id_is_still_found(self, nowhere: RedisLink):
        provider = InMemory(capabilities=CANNOT_LIST)
        provider.jobs = [provider.job(ID)]
        answer = await find_jobs(services(Store.over(nowhere), provider), ID)
        assert (ids(answer), [error.kind for error in answer.errors]) == ([ID], ["memory"])


class TestShow:
    async def test_a_bare_id_is_looked_up_everywhere(self, store: Store):
        one, two, other = InMemory(account="one"), InMemory(account="two"), InMemory(account="three")
        one.jobs, two.jobs = [one.job(ID)], [two.job(ID)]
        answer = await show_jobs(services(store, one, two, other), [JobId(ID)])
        assert [job.account for job in answer.jobs] == ["one", "two"]
        assert (answer.missing, answer.services) == ((), 3)

    async def test_a_ref_is_looked_up_only_in_its_service(self, store: Store):
        one, two = InMemory(account="one").filled(1), InMemory(account="two").filled(1)
        answer = await show_jobs(services(store, one, two), [JobRef("two", "video", "job-0000")])
        assert [job.account for job in answer.jobs] == ["two"]
        assert (one.asked, answer.services) == ([], 1)

    async def test_jobs_are_in_the_order_of_the_request_and_once(self, store: Store):
        named = [JobId("job-0002"), JobId("job-0000"), JobRef("acme", "video", "job-0002"), JobId("job-0000")]
        provider = InMemory().filled(3)
        answer = await show_jobs(services(store, provider), named)
        assert [job.id for job in answer.jobs] == ["job-0002", "job-0000"]
        assert provider.asked == [("job-0002", "job-0000")]

    async def test_an_unknown_id_is_missing_once(self, store: Store):
        answer = await show_jobs(services(store, InMemory()), [JobId(ID), JobId(ID)])
        assert [(each.id, each.looked_in) for each in answer.missing] == [(ID, ("acme/video",))]

    async def test_missing_says_where_it_was_looked_for_and_errors_where_not(self, store: Store):
        well, broken = InMemory(service="well"), InMemory(service="broken", trouble=failing(Forbidden()))
        answer = await show_jobs(services(store, well, broken), [JobId(ID)])
        assert [each.looked_in for each in answer.missing] == [("acme/well",)]
        assert [error.service for error in answer.errors] == ["broken"]

    async def test_an_id_that_no_service_could_be_asked_about_is_not_missing(self, store: Store):
        answer = await show_jobs(services(store, InMemory(trouble=failing(DOWN))), [JobId(ID)])
        assert (answer.missing, len(answer.errors)) == ((), 1)

    async def test_ids_that_were_not_answered_have_one_line_a_reason(self, store: Store):
        busy = Throttled("later", code="Throttling")
        provider = InMemory(unanswered={"job-0000": busy, "job-0001": busy}).filled(3)
        answer = await show_jobs(services(store, provider), [JobId(f"job-000{index}") for index in range(4)])
        assert [job.id for job in answer.jobs] == ["job-0002"]
        assert [each.id for each in answer.missing] == ["job-0003"]
        assert [error.code for error in answer.errors] == ["Throttling"]

    async def test_a_media_means_its_jobs(self, store: Store):
        lists_media = Capabilities(lists=False, lists_media=True, filters=frozenset({Filter.MEDIA}))
        vod, other = InMemory(service="vod", capabilities=lists_media), InMemory(service="other").filled(1)
        vod.jobs = [vod.job("a", media="m"), vod.job("b", media="m"), vod.job("c", media="n")]
        answer = await show_jobs(services(store, vod, other), [MediaId("m"), MediaId("nothing")])
        assert [job.id for job in answer.jobs] == ["a", "b"]
        assert [(each.id, each.looked_in) for each in answer.missing] == [("media:nothing", ("acme/vod",))]
        assert other.asked == []

    async def test_without_redis_jobs_are_shown(self, nowhere: RedisLink):
        provider = InMemory(capabilities=CANNOT_LIST).filled(1)
        answer = await show_jobs(services(Store.over(nowhere), provider), [JobId("job-0000")])
        assert (len(answer.jobs), answer.errors) == (1, ())

    @pytest.mark.parametrize("capabilities", [CANNOT_LIST, Capabilities(lists=True)])
    async def test_only_services_that_cannot_list_are_remembered(self, store: Store, capabilities: Capabilities):
        provider = InMemory(capabilities=capabilities).filled(1)
        await show_jobs(services(store, provider), [JobId("job-0000")])
        remembered = await store.recent.recent("acme", "video")
        assert bool(remembered) is not capabilities.lists


async def test_an_id_is_missing_for_certain_only_when_all_services_answered(store: Store):
    silent = InMemory(service="silent", trouble=failing(Unavailable("down")))
    parts = services(store, InMemory(service="well"), silent)
    [missing] = (await show_jobs(parts, [JobId("nobody-knows-1")])).missing
    assert missing.looked_in == ("acme/well",)
    assert not missing.everywhere


async def test_remembered_jobs_say_when_their_states_are_old(store: Store):
    provider = InMemory(capabilities=CANNOT_LIST, trouble=failing(Unavailable("down")))
    await store.recent.remember([provider.job("a")], NOW - timedelta(hours=1))
    [remembered] = (await list_jobs(services(store, provider), ServiceFilter(), JobQuery())).remembered
    assert not remembered.current


class TestFindAmong:
    @pytest.mark.parametrize("filters", [frozenset[Filter](), frozenset({Filter.ID, Filter.NAME})])
    async def test_only_what_fits_the_filters_too(self, store: Store, filters: frozenset[Filter]):
        a = InMemory(service="a", capabilities=Capabilities(lists=True, filters=filters))
        a.jobs = [a.job("lecture-1", 1, state=JobState.FAILED), a.job("lecture-2", 2), a.job(ID, 3, name="lecture 3")]
        b = InMemory(service="b").filled(3, "lecture")
        answer = await find_jobs(services(store, a, b), "lecture", ServiceFilter(service="a"), FAILED)
        assert (ids(answer), answer.services, b.asked) == (["lecture-1"], 1, [])

    async def test_a_remembered_job_that_failed_since(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(1)
        parts = services(store, provider)
        await show_jobs(parts, [JobId("job-0000")])
        provider.filled(1, state=JobState.FAILED)
        assert ids(await find_jobs(parts, "job-00", ANYWHERE, FAILED)) == ["job-0000"]

    async def test_an_id_that_does_not_fit_the_filters_is_not_found(self, store: Store):
        provider = InMemory()
        provider.jobs = [provider.job(ID)]
        assert ids(await find_jobs(services(store, provider), ID, ANYWHERE, FAILED)) == []
        assert ids(await find_jobs(services(store, provider), ID)) == [ID]
