"""A question in two steps: the first words after a moment, then all of it.

No answer waits for a service that hangs.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.deps import answer_timeouts
from bot.deps.admission import AdmissionGate
from bot.deps.answer_timeouts import FULL_EVERY, MISSES, SHORT_S, AnswerTimeouts
from bot.deps.asyncio_tasks import Background
from bot.deps.deps import Deps
from bot.domain.answers import JobDetails, JobList, Late
from bot.domain.catalog import ServiceFilter
from bot.domain.identifiers import JobId
from bot.jobs import fan_out
from bot.jobs.account_health import check_accounts
from bot.jobs.collector import Collected
from bot.jobs.fan_out import Question
from bot.jobs.queries import Looked, list_jobs, show_jobs
from bot.store import Store
from providers.base import NO_KINDS
from providers.models import JobPage, JobQuery, JobRef, Lookup
from tests.bot.memory import CANNOT_LIST, InMemory, services
from tests.scenarios.person import until

SLOW = ("acme", "slow")


@dataclass
class Gated(InMemory):
    """Answers once its gate is open, from the `gated_from`-th call on."""

    service: str = "slow"
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    gated_from: int = 1

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        page = await super().page(query, cursor)
        await self._opened()
        return page

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        found = await super().lookup(ids, kinds)
        await self._opened()
        return found

    async def _opened(self) -> None:
        if len(self.asked) >= self.gated_from:
            await self.gate.wait()


@pytest.fixture
def slow() -> Gated:
    gated = Gated()
    gated.jobs = [gated.job(f"late-{index}", index) for index in range(3)]
    return gated


@pytest.fixture
def quick() -> InMemory:
    return InMemory(service="quick").filled(3, "soon")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "FIRST_WORDS_S", 0.3)
    monkeypatch.setattr(fan_out, "GRACE_S", 0.0)


def listed(parts: Deps, **page: int) -> Question[Collected, JobList]:
    return list_jobs(parts, ServiceFilter(), JobQuery(), **page)


def shown(parts: Deps, *ids: str) -> Question[Looked, JobDetails]:
    return show_jobs(parts, [JobId(each) for each in ids])


def ids(answer: JobList | JobDetails) -> list[str]:
    return [job.id for job in answer.jobs]


class TestFirstWords:
    async def test_they_hold_what_is_there_and_name_what_is_not(self, store: Store, slow: Gated, quick: InMemory):
        question = listed(services(store, slow, quick))
        first = await question.first()
        assert ids(first) == ["soon-0000", "soon-0001", "soon-0002"]
        assert (first.pending, first.late) == ((Late(account="acme", service="slow"),), ())
        assert (first.services, first.more) == (2, True)
        slow.gate.set()
        whole = await question.whole()
        assert set(ids(whole)) == {"late-0", "late-1", "late-2", "soon-0000", "soon-0001", "soon-0002"}
        assert (whole.pending, [each.address for each in whole.late], whole.more) == ((), [SLOW], False)
        assert (len(slow.asked), len(quick.asked)) == (1, 1)

    async def test_they_hold_nothing_of_a_service_that_has_answered_in_part(self, store: Store, quick: InMemory):
        partly = Gated(gated_from=2)
        partly.filled(150)
        question = listed(services(store, partly, quick), offset=100)
        first = await question.first()
        assert (ids(first), [each.service for each in first.pending]) == ([], ["slow"])
        partly.gate.set()
        assert len(ids(await question.whole())) == 10

    async def test_the_page_is_what_it_is_without_first_words(self, store: Store, slow: Gated, quick: InMemory):
        question = listed(services(store, slow, quick), limit=4)
        first = await question.first()
        slow.gate.set()
        whole = await question.whole()
        assert whole.jobs == (await listed(services(store, slow, quick), limit=4)).jobs
        late = whole.of(whole.late[0])
        assert not set(ids(first)) & set(ids(late))
        assert set(ids(whole)) <= {*ids(first), *ids(late)}

    async def test_nothing_is_split_when_the_rest_arrives_a_moment_later(
        self, store: Store, slow: Gated, quick: InMemory, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(fan_out, "FIRST_WORDS_S", 0.0)
        monkeypatch.setattr(fan_out, "GRACE_S", 9.0)
        first = asyncio.create_task(listed(services(store, slow, quick)).first())
        await until(lambda: _is(slow.asked))
        slow.gate.set()
        assert (await first).pending == ()

    async def test_they_do_not_wait_for_their_turn(self, store: Store, quick: InMemory):
        turn = asyncio.Event()

        class Busy(AdmissionGate):
            async def turn(self) -> None:
                await turn.wait()

        question = listed(replace(services(store, quick), admission=Busy()))
        first = await question.first()
        assert (ids(first), [each.service for each in first.pending], quick.asked) == ([], ["quick"], [])
        turn.set()
        assert len(ids(await question.whole())) == 3

    async def test_services_of_the_same_name_are_distinguished(self, store: Store, slow: Gated):
        first = await listed(services(store, slow, InMemory(account="other", service="slow"))).first()
        assert first.pending == (Late(account="acme", service="slow", alone=False),)

    async def test_a_job_may_be_known_to_a_service_that_is_still_asked(
        self, store: Store, slow: Gated, quick: InMemory
    ):
        parts = services(store, slow, quick)
        question = shown(parts, "late-0", "nowhere")
        assert ((await question.first()).missing, ids(await question.first())) == ((), [])
        slow.gate.set()
        whole = await question.whole()
        assert (ids(whole), [each.id for each in whole.missing]) == (["late-0"], ["nowhere"])

    async def test_a_job_of_another_service_is_missing_immediately(self, store: Store, slow: Gated, quick: InMemory):
        refs = [JobRef("acme", "slow", "late-0"), JobRef("acme", "quick", "nowhere")]
        first = await show_jobs(services(store, slow, quick), refs).first()
        assert [each.id for each in first.missing] == ["acme/quick/nowhere"]
        assert [each.service for each in first.pending] == ["slow"]

    async def test_accounts(self, store: Store, slow: Gated, quick: InMemory):
        question = check_accounts(services(store, slow, quick))
        first = await question.first()
        assert ([each.service for each in first.services], [each.service for each in first.pending]) == (
            ["quick"],
            ["slow"],
        )
        slow.gate.set()
        assert [each.service for each in (await question.whole()).services] == ["slow", "quick"]

    async def test_our_own_mistakes_are_raised_immediately(self, store: Store, slow: Gated):
        def bug(_: int) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await listed(services(store, slow, InMemory(trouble=bug))).first()


class TestPatience:
    SERVICE = ("acme", "video")

    def test_it_gets_short_after_two_missed_deadlines_in_a_row(self):
        known = AnswerTimeouts()
        known.missed(self.SERVICE)
        known.responded(self.SERVICE)
        known.missed(self.SERVICE)
        assert known.for_question(self.SERVICE, 10) == 10
        known.missed(self.SERVICE)
        assert known.for_question(self.SERVICE, 10) == SHORT_S
        assert known.for_question(("acme", "other"), 10) == 10

    def test_one_question_in_five_waits_the_full_time(self):
        known = AnswerTimeouts()
        for _ in range(MISSES):
            known.missed(self.SERVICE)
        waits = [known.for_question(self.SERVICE, 10) for _ in range(2 * FULL_EVERY)]
        assert waits == [*[SHORT_S] * 4, 10, *[SHORT_S] * 4, 10]

    def test_it_is_never_longer_than_the_full_time(self):
        known = AnswerTimeouts()
        for _ in range(MISSES):
            known.missed(self.SERVICE)
        assert known.for_question(self.SERVICE, 1) == 1

    def test_a_success_ends_it(self):
        known = AnswerTimeouts()
        for _ in range(MISSES + 3):
            known.missed(self.SERVICE)
        known.responded(self.SERVICE)
        assert known.for_question(self.SERVICE, 10) == 10

    async def test_missed_deadlines_are_learnt_from_answers(self, store: Store, slow: Gated, quick: InMemory):
        parts = services(store, slow, quick, answer_s=0.1)
        for _ in range(MISSES):
            assert [each.kind for each in (await listed(parts)).errors] == ["late"]
        assert parts.answer_timeouts.for_question(SLOW, 10) == SHORT_S
        assert parts.answer_timeouts.for_question(("acme", "quick"), 10) == 10

    async def test_records_only_say_nothing_about_it(self, store: Store):
        parts = services(store, Gated(capabilities=CANNOT_LIST))
        for _ in range(MISSES):
            parts.answer_timeouts.missed(SLOW)
        await listed(parts)
        assert parts.answer_timeouts.for_question(SLOW, 10) == SHORT_S


class TestGoingOn:
    @pytest.fixture
    def hasty(self, store: Store, slow: Gated, quick: InMemory, monkeypatch: pytest.MonkeyPatch) -> Deps:
        """Return dependencies that wait for the slow service only for a moment."""
        monkeypatch.setattr(answer_timeouts, "SHORT_S", 0.2)
        parts = services(store, slow, quick)
        for _ in range(MISSES):
            parts.answer_timeouts.missed(SLOW)
        return parts

    async def test_the_answer_goes_without_it(self, hasty: Deps):
        answer = await listed(hasty)
        [error] = answer.errors
        assert (error.kind, error.service, error.message) == ("late", "slow", "no answer within 0.2 s")
        assert ids(answer) == ["soon-0000", "soon-0001", "soon-0002"]

    async def test_its_success_counts_all_the_same(self, hasty: Deps, slow: Gated):
        await listed(hasty)
        slow.gate.set()

        async def well() -> bool:
            return (await hasty.store.health.read([SLOW]))[SLOW].last_ok_at is not None

        await until(well)
        assert hasty.answer_timeouts.for_question(SLOW, 10) == 10

    async def test_since_when_it_fails_is_said(self, hasty: Deps, store: Store, slow: Gated):
        failing = services(store, slow, answer_s=0.05)
        await listed(failing)
        [error] = (await listed(hasty)).errors
        assert error.failing_since == failing.clock()

    async def test_what_it_finds_is_remembered(self, hasty: Deps, slow: Gated):
        slow.capabilities = CANNOT_LIST
        assert [each.kind for each in (await shown(hasty, "late-1")).errors] == ["late"]
        slow.gate.set()
        await until(lambda: _remembered(hasty))

    async def test_what_it_finds_is_handed_on(self, hasty: Deps, slow: Gated):
        seen: list[str] = []

        async def see(_: object, jobs: Sequence[object], __: object) -> None:
            seen.extend(str(job) for job in jobs)

        await show_jobs(hasty, [JobId("late-1")], see)
        assert seen == []
        slow.gate.set()
        await until(lambda: _is(seen))

    async def test_the_first_question_may_stop_waiting(self, hasty: Deps, slow: Gated):
        asker = asyncio.create_task(listed(hasty).whole())
        await until(lambda: _is(slow.asked))
        asker.cancel()
        slow.gate.set()

        async def well() -> bool:
            return (await hasty.store.health.read([SLOW]))[SLOW].last_ok_at is not None

        await until(well)

    async def test_it_ends_with_the_bot(self, hasty: Deps, slow: Gated):
        await listed(hasty)
        await hasty.background.close()
        slow.gate.set()
        await asyncio.sleep(0)
        assert (await hasty.store.health.read([SLOW]))[SLOW].last_ok_at is None


async def test_work_in_the_background_is_over_once_it_is_closed():
    background, ended = Background(), list[str]()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    task = background.start(work())
    await asyncio.sleep(0)
    await background.close()
    assert (ended, task.cancelled()) == (["work"], True)


async def _is(what: object) -> bool:
    return bool(what)


async def _remembered(parts: Deps) -> bool:
    return [job.id for job in await parts.store.recent.recent(*SLOW)] == ["late-1"]
