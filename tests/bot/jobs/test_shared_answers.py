"""What answers say of shared requests, and of waiting for our own budget."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.deps import answer_timeouts
from bot.deps.admission import AdmissionGate
from bot.deps.deps import TERMINAL, Deps
from bot.deps.question_queue import AT_ONCE, WAITING_MAX
from bot.domain.answers import OwnLimit
from bot.domain.cards import SubscriptionOptions
from bot.domain.catalog import ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.jobs import fan_out
from bot.jobs.account_health import check_accounts
from bot.jobs.fan_out import Known, Question, ServiceAnswer
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.jobs.shared_requests import SharedRequests
from bot.store import Store
from bot.subscriptions.pending_search import run_search
from providers.base import Provider
from providers.errors import Throttled, Unauthorized
from providers.http import deadline
from providers.http.deadline import own_limit
from providers.http.rate_limit import OWN_LIMIT
from providers.models import Job, JobQuery, JobRef, JobState
from tests.bot.memory import CANNOT_LIST, NOW, InMemory, failing, services

T = TypeVar("T")
EVERYWHERE, ANYTHING = ServiceFilter(), JobQuery()
VIDEO = ("acme", "video")


def shared(store: Store, *providers: InMemory, answer_s: float = 10.0) -> Deps:
    """Return the dependencies of use cases with shared requests, on a fixed clock."""
    around = [SharedRequests(each) for each in providers]
    return Deps(around, store, clock=lambda: NOW, answer_s=answer_s, admission=AtOnce())


class AtOnce(AdmissionGate):
    """Lets every answer start immediately."""

    async def turn(self) -> None: ...


async def pages(provider: Provider, result: list[str]) -> None:
    result.extend(job.id for job in (await provider.page(ANYTHING)).jobs)


async def asked(parts: Deps) -> ServiceAnswer[list[str]]:
    [answer] = (await Question(parts, parts.providers, pages, list[str], as_known, same="all")).asked
    return answer


async def as_known(known: Known[T]) -> Known[T]:
    return known


class TestShared:
    async def test_forty_equal_lists_are_one_request_a_service(self, store: Store):
        providers = [InMemory(service=name).filled(30, name) for name in ("a", "b", "c")]
        parts = shared(store, *providers)
        lists = await asyncio.gather(*(list_jobs(parts, EVERYWHERE, ANYTHING) for _ in range(40)))
        assert [len(each.asked) for each in providers] == [1, 1, 1]
        assert {tuple(job.id for job in each.jobs) for each in lists} == {tuple(job.id for job in lists[0].jobs)}
        assert not any(each.errors for each in lists)

    async def test_forty_equal_questions_about_one_id_are_one_request(self, store: Store):
        provider = InMemory(capabilities=CANNOT_LIST).filled(3)
        parts = shared(store, provider)
        ref = JobRef("acme", "video", "job-0001")
        answers = await asyncio.gather(*(show_jobs(parts, [ref]) for _ in range(40)))
        await show_jobs(parts, [ref])  # its kind is known by now
        assert {job.id for each in answers for job in each.jobs} == {"job-0001"}
        assert len(provider.asked) == 1

    async def test_an_answer_is_checked_when_its_request_was_sent(self, store: Store):
        parts = shared(store, InMemory(capabilities=CANNOT_LIST).filled(3))
        ref = JobRef("acme", "video", "job-0001")
        first, second = [await show_jobs(parts, [ref]) for _ in range(2)]
        assert first.checked_at == NOW
        assert second.checked_at < NOW
        lists = shared(store, InMemory().filled(3))
        listed, again = [await list_jobs(lists, EVERYWHERE, ANYTHING) for _ in range(2)]
        assert (listed.checked_at, again.checked_at < NOW) == (NOW, True)
        found, again = [await find_jobs(lists, "job-0001") for _ in range(2)]
        assert (found.checked_at, again.checked_at < NOW) == (NOW, True)

    async def test_what_is_remembered_is_no_newer_than_its_request(self, store: Store):
        """A newer state is not overwritten by an older answer that is shared later."""
        provider = InMemory(capabilities=CANNOT_LIST).filled(1)
        parts = shared(store, provider)
        ref = JobRef("acme", "video", "job-0000")
        await show_jobs(parts, [ref])
        [job] = provider.jobs
        newer = job.model_copy(update={"state": JobState.SUCCEEDED})
        await store.recent.remember([newer], NOW + timedelta(microseconds=1))
        for ask in (lambda: show_jobs(parts, [ref]), lambda: find_jobs(parts, "job-0000")):
            await ask()
            assert [each.state for each in await store.recent.recent(*VIDEO)] == [JobState.SUCCEEDED]
        assert len(provider.asked) == 1

    async def test_a_failure_that_is_shared_says_since_when_the_service_fails(self, store: Store):
        gate = asyncio.Event()
        provider = Gated(gate=gate, trouble=failing(Unauthorized("wrong key", code="APIGW.0301")))
        parts = shared(store, provider)
        tasks = [asyncio.create_task(asked(parts)) for _ in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*tasks)
        assert [each.requests for each in answers] == [1, 0, 0]
        assert [each.error.failing_since for each in answers if each.error] == [NOW] * 3
        assert len(provider.asked) == 1

    async def test_a_success_that_is_shared_is_not_the_services_health_a_second_time(self, store: Store):
        provider = InMemory().filled(1)
        parts = shared(store, provider)
        await asked(parts)
        later = Deps(parts.providers, store, clock=lambda: NOW + timedelta(seconds=1))
        again = await asked(later)
        assert (again.requests, again.error) == (0, None)
        assert (await store.health.read([VIDEO]))[VIDEO].last_ok_at == NOW

    async def test_the_accounts_are_asked_as_of_now(self, store: Store):
        provider = InMemory().filled(1)
        parts = shared(store, provider)
        for _ in range(2):
            [health] = (await check_accounts(parts)).services
            assert health.latency_s is not None
        assert len(provider.asked) == 2


@asynccontextmanager
async def busy(parts: Deps, requester: str) -> AsyncGenerator[None]:
    """Ask as many questions as a requester may."""
    over = asyncio.Event()

    async def ask(number: int) -> None:
        async with parts.questions.turn(requester, number):
            await over.wait()

    async with asyncio.TaskGroup() as group:
        for number in range(AT_ONCE + WAITING_MAX):
            group.create_task(ask(number))
        await asyncio.sleep(0)
        yield
        over.set()


@dataclass
class Gated(InMemory):
    """Answers when a test opens the gate."""

    gate: asyncio.Event | None = None

    async def _called(self, what: JobQuery | tuple[str, ...]) -> None:
        if self.gate:
            await self.gate.wait()
        await super()._called(what)


class TestLine:
    async def test_one_with_too_many_questions_is_refused_and_others_are_not(self, store: Store):
        gate = asyncio.Event()
        provider = Gated(gate=gate).filled(1)
        parts = services(store, provider)
        queries = [JobQuery(name=f"job-{number}") for number in range(60)]
        tasks = [asyncio.ensure_future(list_jobs(parts, EVERYWHERE, query).whole()) for query in queries]
        for task in tasks[12:]:
            with pytest.raises(UsageError) as caught:
                await task
            assert caught.value.problem is Problem.TOO_MANY_QUESTIONS
        gate.set()
        assert all(not answer.errors for answer in await asyncio.gather(*tasks[:12]))
        assert len(provider.asked) == 12

    async def test_a_search_is_put_off_while_its_person_has_too_many_questions(self, store: Store):
        parts = services(store, InMemory().filled(1))
        options = SubscriptionOptions(user="T1/U1", at=NOW)
        async with busy(parts, "T1/U1"):
            assert await run_search(parts, ["job-0000"], "T1/C1", options) == ["job-0000"]
        assert await run_search(parts, ["job-9999"], "T1/C1", options) == ["job-9999"]

    async def test_a_search_of_another_person_is_not(self, store: Store):
        provider = InMemory().filled(1)
        parts = services(store, provider)
        async with busy(parts, "T1/U2"):
            await run_search(parts, ["job-9999"], "T1/C1", SubscriptionOptions(user="T1/U1", at=NOW))
        assert provider.asked == [("job-9999",)]

    async def test_without_a_person_the_terminal_asks(self, store: Store):
        assert services(store).requester == TERMINAL

    async def test_the_time_of_an_answer_runs_from_its_turn(self, store: Store):
        provider = Gated(hangs_from=1)
        parts = services(store, provider, answer_s=0.1)
        queries = [JobQuery(name=f"job-{number}") for number in range(6)]
        answers = await asyncio.gather(*(list_jobs(parts, EVERYWHERE, query) for query in queries))
        assert [error.kind for answer in answers for error in answer.errors] == ["late"] * 6
        assert len(provider.asked) == 6


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Limited(InMemory):
    """Waits so many seconds for our own budget before each call. Each call takes 50 ms."""

    clock: Clock | None = None
    wait_s: float = 0.0
    refused: bool = False
    hangs: bool = False

    async def _called(self, what: JobQuery | tuple[str, ...]) -> None:
        assert self.clock
        with own_limit(5):
            self.clock.now += self.wait_s
            if self.refused:
                raise Throttled("used up", code=OWN_LIMIT)
            if self.hangs:
                await asyncio.Event().wait()
        await super()._called(what)
        self.clock.now += 0.05


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "now", clock)
    return clock


class TestOwnLimit:
    async def test_the_latency_is_the_services_and_the_wait_is_ours(self, store: Store, clock: Clock):
        parts = services(store, Limited(clock=clock, wait_s=2.0))
        [health] = (await check_accounts(parts)).services
        assert health.latency_s == pytest.approx(0.05)
        assert health.waited == OwnLimit(seconds=2, per_second=5)
        assert (await store.health.read([VIDEO]))[VIDEO].latency_s == pytest.approx(0.05)

    async def test_a_moment_is_not_named(self, store: Store, clock: Clock):
        [health] = (await check_accounts(services(store, Limited(clock=clock, wait_s=0.2)))).services
        assert health.waited is None

    async def test_questions_that_share_a_request_share_the_wait(self, store: Store, clock: Clock):
        parts = shared(store, Limited(clock=clock, wait_s=2.0))
        first, second = await asyncio.gather(asked(parts), asked(parts))
        assert first.waited == second.waited == OwnLimit(seconds=2, per_second=5)
        assert first.latency_s == second.latency_s

    async def test_a_service_late_for_our_own_limit_is_not_to_blame(self, store: Store, clock: Clock):
        parts = services(store, Limited(clock=clock, wait_s=6.0, hangs=True), answer_s=0.2)
        answer = await asked(parts)
        assert answer.error
        assert (answer.error.kind, answer.error.code) == ("throttled", OWN_LIMIT)
        assert answer.error.waited == OwnLimit(seconds=6, per_second=5)
        assert (await store.health.read([VIDEO]))[VIDEO].failing_since is None

    async def test_nor_is_one_of_which_part_was_read(self, store: Store, clock: Clock):
        provider = Limited(clock=clock).filled(150)
        assert isinstance(provider, Limited)

        async def two_pages(provider_: Provider, result: list[Job]) -> None:
            page = await provider_.page(JobQuery())
            result.extend(page.jobs)
            provider.refused = True
            await provider_.page(JobQuery(), page.cursor)

        parts = services(store, provider)
        [answer] = (await Question(parts, parts.providers, two_pages, list[Job], as_known)).asked
        assert (len(answer.result), answer.error and answer.error.code) == (100, OWN_LIMIT)
        assert (await store.health.read([VIDEO]))[VIDEO].failing_since is None

    async def test_one_that_is_slow_itself_is_late_and_our_part_is_named(self, store: Store, clock: Clock):
        provider = Limited(clock=clock, wait_s=2.0, hangs_from=1)
        answer = await asked(services(store, provider, answer_s=5))
        assert answer.error
        assert (answer.error.kind, answer.error.waited) == ("late", OwnLimit(seconds=2, per_second=5))

    async def test_what_came_after_the_first_words_says_what_of_it_was_ours(
        self, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(fan_out, "FIRST_WORDS_S", 0)
        monkeypatch.setattr(fan_out, "GRACE_S", 0)
        parts = services(store, Limited(clock=clock, wait_s=2.0))
        question = list_jobs(parts, EVERYWHERE, ANYTHING)
        assert [each.waited for each in (await question.first()).pending] == [None]
        assert [each.waited for each in (await question.whole()).late] == [OwnLimit(seconds=2, per_second=5)]

    async def test_a_question_that_waits_for_its_turn_has_first_words(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(fan_out, "FIRST_WORDS_S", 0)
        monkeypatch.setattr(fan_out, "GRACE_S", 0)
        gate = asyncio.Event()
        parts = services(store, Gated(gate=gate).filled(1))
        tasks = [asyncio.ensure_future(list_jobs(parts, EVERYWHERE, JobQuery(name=str(n))).whole()) for n in range(3)]
        third = list_jobs(parts, EVERYWHERE, ANYTHING)
        assert [each.service for each in (await third.first()).pending] == ["video"]
        gate.set()
        assert len((await third).jobs) == 1
        await asyncio.gather(*tasks)

    async def test_a_service_that_hangs_gives_the_turn_back_when_it_is_waited_for_no_longer(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(answer_timeouts, "SHORT_S", 0.05)
        parts = services(store, InMemory(hangs_from=1), answer_s=600)
        for _ in range(answer_timeouts.MISSES):
            parts.answer_timeouts.missed(VIDEO)
        for number in range(4):
            [error] = (await list_jobs(parts, EVERYWHERE, JobQuery(name=str(number)))).errors
            assert error.kind == "late"
        await parts.background.close()
