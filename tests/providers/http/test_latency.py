"""A cloud's latency is measured on each HTTP call, without waits for our budget."""

from collections.abc import Generator

import httpx
import pytest

from providers.errors import Unavailable
from providers.http import deadline
from providers.http.deadline import Question, within
from providers.http.rate_limit import BudgetLeft
from providers.http.transport import Json, Transport


class Clock:
    """A clock that only a test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(deadline, "now", clock)
    return clock


class Unsigned(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        yield request


class Cloud:
    """Answers each call after some seconds; its budget delays each by `budget_s`."""

    def __init__(self, clock: Clock, *calls_s: float | Exception, budget_s: float = 0.0) -> None:
        self.clock, self.calls_s, self.budget_s = clock, list(calls_s), budget_s
        self.transport = Transport(
            client=httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            account="media-cn",
            service="video-ocr",
            auth=Unsigned(),
            classify=classify,
            budget=self,
            budget_key="media-cn/video-ocr",
            requests_per_second=5,
        )

    async def acquire(self, key: str, per_second: float) -> None:
        del key, per_second
        self.clock.now += self.budget_s

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        del key
        return BudgetLeft(1, int(per_second))

    async def ask(self, *, share: float = 1.0) -> Question:
        async with within(60, share=share) as question:
            await self.transport.send(httpx.Request("GET", "https://cloud.example/jobs"))
        return question

    def _answer(self, request: httpx.Request) -> httpx.Response:
        del request
        seconds = self.calls_s.pop(0)
        if isinstance(seconds, Exception):
            raise seconds
        self.clock.now += seconds
        return httpx.Response(200 if not self.calls_s else 503, json={})


def classify(response: httpx.Response, body: Json | None) -> Unavailable | None:
    del body
    return None if response.is_success else Unavailable("busy")


async def test_the_wait_for_our_own_budget_is_no_part_of_it(clock: Clock):
    question = await Cloud(clock, 0.25, budget_s=3).ask()
    assert (question.latency_s, question.waited_s, question.limit) == (0.25, 3, 5)


@pytest.mark.usefixtures("no_backoff")
async def test_each_try_is_measured_and_the_last_one_counts(clock: Clock):
    question = await Cloud(clock, 4, 0.25, budget_s=1).ask()
    assert (question.requests, question.latency_s, question.waited_s) == (2, 0.25, 2)


async def test_a_share_of_the_budget_is_waited_for_too(clock: Clock):
    question = await Cloud(clock, 0.25, budget_s=3).ask(share=0.5)
    assert (question.latency_s, question.waited_s, question.limit) == (0.25, 6, 5)


@pytest.mark.usefixtures("no_backoff")
async def test_a_call_that_breaks_is_measured(clock: Clock):
    with pytest.raises(Unavailable):
        await Cloud(clock, *[httpx.ConnectError("no")] * 3).ask()


async def test_a_call_without_an_answer_yet_counts_with_its_time_so_far(clock: Clock):
    async with within(60) as outer, within(60) as question:
        assert question.latency_s is None
        deadline.count_request()
        clock.now += 2
        assert (question.latency_s, outer.latency_s) == (2, 2)


async def test_waits_at_the_same_time_count_once(clock: Clock):
    async with within(60) as outer, within(60) as question:
        with deadline.own_limit(5):
            clock.now += 1
            with deadline.own_limit(5):
                clock.now += 1
            clock.now += 1
            assert question.waited_s == 3
        clock.now += 1
    assert (outer.waited_s, question.waited_s) == (3, 3)


async def test_outside_of_a_question_nothing_is_kept(clock: Clock):
    await Cloud(clock, 0.25).transport.send(httpx.Request("GET", "https://cloud.example/jobs"))
    assert deadline.asking().latency_s is None
    assert deadline.age().total_seconds() == 0
