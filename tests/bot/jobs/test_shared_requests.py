"""Equal questions share one request, while it is in progress and for a moment after its answer."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.jobs import shared_requests
from bot.jobs.shared_requests import KEPT_S, SharedRequests, steady
from providers.base import Provider
from providers.errors import ProviderError, Throttled
from providers.http.deadline import count_request, fresh, remaining, within, without_raw
from providers.models import JobPage, JobQuery, JobState, Lookup
from tests.bot.memory import InMemory

ANYTHING = JobQuery()


@dataclass
class Slow(InMemory):
    """Waits for `may_send` before it counts a request, and for `may_answer` after that."""

    may_send: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    cancelled: int = 0
    seen_s: float = 0.0

    async def _called(self, what: JobQuery | tuple[str, ...]) -> None:
        self.begun += 1
        try:
            await self.may_send.wait()
            count_request()
            await self.may_answer.wait()
            self.seen_s = remaining()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.asked.append(what)
        if error := self.trouble(len(self.asked)):
            raise error

    def goes_on(self) -> None:
        self.may_send.set()
        self.may_answer.set()


def slow() -> tuple[Slow, SharedRequests]:
    provider = Slow().filled(3)
    assert isinstance(provider, Slow)
    return provider, SharedRequests(provider)


async def begun(*calls: Awaitable[JobPage | Lookup]) -> list[asyncio.Task[JobPage | Lookup]]:
    """Start calls, and return once each of them waits."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def refreshed(provider: Provider, query: JobQuery = ANYTHING) -> JobPage:
    with fresh():
        return await provider.page(query)


def ids(pages: Iterable[JobPage | Lookup]) -> set[tuple[str, ...]]:
    return {tuple(job.id for job in (page.jobs if isinstance(page, JobPage) else page.found)) for page in pages}


class TestUnderWay:
    async def test_equal_questions_are_one_request(self):
        provider, shared = slow()
        tasks = await begun(*(shared.page(ANYTHING) for _ in range(40)))
        provider.goes_on()
        assert ids(await asyncio.gather(*tasks)) == {("job-0000", "job-0001", "job-0002")}
        assert provider.begun == 1

    @pytest.mark.parametrize(
        "other",
        [
            JobQuery(limit=10),
            JobQuery(states=frozenset({JobState.FAILED})),
            JobQuery(name="lecture"),
            JobQuery(media="lecture"),
            JobQuery(since=datetime(2026, 11, 20, tzinfo=UTC)),
            JobQuery(until=datetime(2026, 11, 20, tzinfo=UTC)),
        ],
        ids=lambda query: query.model_dump_json(exclude_defaults=True),
    )
    async def test_others_are_not(self, other: JobQuery):
        provider, shared = slow()
        tasks = await begun(shared.page(ANYTHING), shared.page(other), shared.page(ANYTHING, "1"))
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 3

    async def test_what_matches_without_regard_to_case_is_equal_so_spelled(self):
        provider, shared = slow()
        queries = [
            JobQuery(name="Lecture", kind="OCR", id_part="AB"),
            JobQuery(name="lecture", kind="ocr", id_part="ab"),
        ]
        tasks = await begun(*map(shared.page, queries))
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 1
        assert JobQuery(media="Lecture").normalized != JobQuery(media="lecture").normalized

    async def test_look_ups_of_the_same_ids_share_a_request_regardless_of_their_kinds(self):
        provider, shared = slow()
        tasks = await begun(
            shared.lookup(["job-0000", "job-0001"]),
            shared.lookup(["job-0001", "job-0000"], {"job-0000": "ocr"}),
            shared.lookup(["job-0001"]),
        )
        provider.goes_on()
        both, again, one = await asyncio.gather(*tasks)
        assert (both, ids([one])) == (again, {("job-0001",)})
        assert provider.begun == 2

    async def test_a_look_up_without_raw_json_answers_none_that_shows_it(self):
        provider, shared = slow()

        async def bare() -> Lookup:
            with without_raw():
                return await shared.lookup(["job-0000"])

        tasks = await begun(bare(), shared.lookup(["job-0000"]), bare())
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 2

    async def test_a_question_that_stops_waiting_leaves_the_others_their_answer(self):
        provider, shared = slow()
        first, second = await begun(shared.page(ANYTHING), shared.page(ANYTHING))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        provider.goes_on()
        assert ids([await second]) == {("job-0000", "job-0001", "job-0002")}
        assert (provider.begun, provider.cancelled) == (1, 0)

    async def test_when_all_stop_waiting_the_request_ends_and_the_next_starts_another(self):
        provider, shared = slow()
        tasks = await begun(shared.page(ANYTHING), shared.page(ANYTHING))
        for task in tasks:
            task.cancel()
        provider.goes_on()
        late = asyncio.ensure_future(shared.page(ANYTHING))
        await asyncio.gather(*tasks, return_exceptions=True)
        assert ids([await late]) == {("job-0000", "job-0001", "job-0002")}
        assert (provider.begun, provider.cancelled) == (2, 1)

    async def test_the_request_has_the_longest_deadline_of_its_askers(self):
        provider, shared = slow()

        async def asked(seconds: float) -> JobPage:
            async with within(seconds):
                return await shared.page(ANYTHING)

        hasty, patient = await begun(asked(0.05), asked(600))
        with pytest.raises(TimeoutError):
            await hasty
        provider.goes_on()
        assert len(ids([await patient])) == 1
        assert provider.begun == 1
        assert provider.seen_s > 60

    async def test_all_waiting_questions_get_its_failure_and_later_ones_do_not(self):
        provider, shared = slow()
        provider.trouble = lambda number: Throttled("slow down") if number == 1 else None
        tasks = await begun(shared.page(ANYTHING), shared.page(ANYTHING))
        provider.goes_on()
        failures = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in failures] == [Throttled, Throttled]
        assert len((await shared.page(ANYTHING)).jobs) == 3
        assert provider.begun == 2

    async def test_a_bug_is_raised_too(self):
        provider, shared = slow()

        def bug(_: int) -> ProviderError | None:
            raise ZeroDivisionError

        provider.trouble = bug
        provider.goes_on()
        with pytest.raises(ZeroDivisionError):
            await shared.page(ANYTHING)

    async def test_a_persons_question_does_not_wait_with_a_sweep_for_its_share_of_the_budget(self):
        provider, shared = slow()

        async def swept() -> JobPage:
            async with within(60, share=0.7):
                return await shared.page(ANYTHING)

        tasks = await begun(swept(), shared.page(ANYTHING), swept())
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 2


class TestAnswered:
    async def test_an_answer_is_shared_for_a_moment(self):
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        for _ in range(3):
            await shared.page(ANYTHING)
            await shared.lookup(["job-0000"])
        assert len(provider.asked) == 2

    async def test_and_then_dropped(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(shared_requests, "KEPT_S", 0)
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        await shared.page(ANYTHING)
        await begun()
        await shared.page(ANYTHING)
        assert len(provider.asked) == 2

    async def test_so_many_are_kept_and_the_oldest_goes_first(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(shared_requests, "KEPT_MAX", 2)
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        for limit in (1, 2, 3, 3, 2, 1):
            await shared.page(JobQuery(limit=limit))
        assert [query.limit for query in provider.asked if isinstance(query, JobQuery)] == [1, 2, 3, 1]

    async def test_what_a_sweep_reads_is_not_kept(self):
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        async with within(60, share=0.7):
            await shared.page(ANYTHING)
        await shared.page(ANYTHING)
        assert len(provider.asked) == 2


class TestFresh:
    async def test_it_never_takes_an_answer_that_is_there(self):
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        await shared.page(ANYTHING)
        await refreshed(shared)
        assert len(provider.asked) == 2

    async def test_nothing_older_than_its_answer_is_shared_any_longer(self):
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        before = await shared.lookup(["job-0000"])
        async with within(60, share=0.7):
            await refreshed(shared)  # like a sweep, which finds that the job has failed
        provider.jobs = [provider.job("job-0000", state=JobState.FAILED)]
        after = await shared.lookup(["job-0000"])
        assert [job.state for answer in (before, after) for job in answer.found] == [JobState.RUNNING, JobState.FAILED]

    async def test_nor_joined(self):
        provider, shared = slow()
        provider.may_send.set()
        tasks = await begun(shared.page(ANYTHING))
        tasks += await begun(refreshed(shared, JobQuery(limit=1)))
        provider.goes_on()
        await tasks[1]
        tasks += await begun(shared.page(ANYTHING))
        await asyncio.gather(*tasks)
        assert provider.begun == 3

    async def test_others_take_its_answer(self):
        provider = InMemory().filled(3)
        shared = SharedRequests(provider)
        await refreshed(shared)
        await shared.page(ANYTHING)
        assert len(provider.asked) == 1

    async def test_it_joins_a_request_that_is_not_sent_yet(self):
        provider, shared = slow()
        tasks = await begun(shared.page(ANYTHING), refreshed(shared))
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 1

    async def test_it_joins_none_that_was_sent_before(self):
        provider, shared = slow()
        provider.may_send.set()
        tasks = await begun(shared.page(ANYTHING))
        tasks += await begun(refreshed(shared))
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 2

    async def test_it_joins_one_that_was_sent_after_it_was_asked(self):
        provider, shared = slow()
        provider.may_send.set()
        with fresh():
            tasks = await begun(shared.page(ANYTHING))
            tasks += await begun(shared.page(ANYTHING))
        provider.goes_on()
        await asyncio.gather(*tasks)
        assert provider.begun == 1


class TestAccount:
    """What a question says of the requests behind its answer."""

    async def test_a_request_is_counted_for_the_question_that_began_it(self):
        provider, shared = slow()

        async def asked() -> tuple[int, bool, float | None]:
            async with within(10) as question:
                await shared.page(ANYTHING)
                return question.requests, question.joined, question.latency_s

        tasks = [asyncio.ensure_future(asked()) for _ in range(2)]
        await begun()
        provider.goes_on()
        (requests, joined, latency), (of_others, shares, same) = await asyncio.gather(*tasks)
        assert (requests, joined, of_others, shares) == (1, False, 0, True)
        assert latency
        assert same

    async def test_a_request_is_counted_also_when_its_question_ran_out_of_time(self):
        provider, shared = slow()
        provider.may_send.set()
        counted: list[int] = []

        async def asked() -> None:
            async with within(0.05) as question:
                try:
                    await shared.page(ANYTHING)
                finally:
                    counted.append(question.requests)

        with pytest.raises(TimeoutError):
            await asked()
        await begun()
        assert (counted, provider.cancelled) == ([1], 1)

    async def test_an_answer_is_as_old_as_its_request(self):
        shared = SharedRequests(InMemory().filled(3))
        ages: list[float] = []
        for _ in range(3):
            async with within(10) as question:
                await shared.page(ANYTHING)
                ages.append(question.age_s)
        assert ages[0] == 0
        assert all(earlier < later for earlier, later in pairwise(ages))

    async def test_a_question_that_joins_before_it_is_sent_has_an_answer_of_now(self):
        provider, shared = slow()

        async def age() -> float:
            async with within(10) as question:
                await shared.page(ANYTHING)
                return question.age_s

        tasks = [asyncio.ensure_future(age()) for _ in range(2)]
        await begun()
        provider.goes_on()
        assert await asyncio.gather(*tasks) == [0, 0]


def test_times_counted_back_within_a_moment_are_equal():
    now = datetime(2026, 11, 20, 12, 0, 4, 123457, tzinfo=UTC)
    moments = [now + timedelta(microseconds=step) for step in range(0, 1_876_543, 9973)]
    assert {steady(moment) for moment in moments} == {datetime(2026, 11, 20, 12, 0, 4, tzinfo=UTC)}
    assert steady(now + timedelta(seconds=KEPT_S)) == datetime(2026, 11, 20, 12, 0, 6, tzinfo=UTC)
