"""The queue of questions: two of a requester run at a time, ten wait, more are refused."""

import asyncio
from collections.abc import Hashable

import pytest

from bot.deps.question_queue import AT_ONCE, WAITING_MAX, Questions
from bot.domain.errors import Problem, UsageError

DANA, LEE = "T1/U1", "T1/U2"


class Line:
    """Questions that run until they are answered."""

    def __init__(self) -> None:
        self.questions = Questions()
        self.asked: list[Hashable] = []
        self.answers: dict[Hashable, asyncio.Event] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, requester: str, *questions: Hashable) -> None:
        for question in questions:
            self.answers.setdefault(question, asyncio.Event())
            self.tasks.append(asyncio.create_task(self._ask(requester, question)))
        await self.settled()

    async def _ask(self, requester: str, question: Hashable) -> None:
        async with self.questions.turn(requester, question):
            self.asked.append(question)
            await self.answers[question].wait()

    async def answer(self, question: Hashable) -> None:
        self.answers[question].set()
        await self.settled()

    async def settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self) -> None:
        for answer in self.answers.values():
            answer.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_two_run_at_a_time_and_the_others_in_order():
    line = Line()
    await line.ask(DANA, "a", "b", "c", "d")
    assert line.asked == ["a", "b"]
    await line.answer("b")
    assert line.asked == ["a", "b", "c"]
    await line.answer("a")
    assert line.asked == ["a", "b", "c", "d"]
    await line.end()


async def test_each_requester_has_a_separate_queue():
    line = Line()
    await line.ask(DANA, *range(5))
    await line.ask(LEE, "a")
    assert line.asked == [0, 1, "a"]
    await line.end()


async def test_one_too_many_is_refused_and_runs_once_there_is_room():
    line = Line()
    await line.ask(DANA, *range(AT_ONCE + WAITING_MAX))
    with pytest.raises(UsageError) as caught:
        await line.questions.turn(DANA, "one more").__aenter__()
    assert (caught.value.problem, caught.value.found) == (Problem.TOO_MANY_QUESTIONS, "12")
    await line.answer(0)
    await line.ask(DANA, "one more")
    for question in range(1, AT_ONCE + WAITING_MAX):
        await line.answer(question)
    assert line.asked[-1] == "one more"
    await line.end()


async def test_equal_questions_share_a_turn():
    line = Line()
    await line.ask(DANA, "a", "b", "a", "c", "a", "c", *range(WAITING_MAX - 1))
    await line.ask(DANA, *["a"] * 40)
    assert line.asked.count("a") == 43
    assert line.asked.count("c") == 0
    await line.answer("a")
    assert line.asked.count("c") == 2
    await line.end()


async def test_a_cancelled_question_loses_its_turn():
    line = Line()
    await line.ask(DANA, "a", "b", "c", "d")
    line.tasks[2].cancel()
    await line.answer("a")
    assert line.asked == ["a", "b", "d"]
    await line.end()


async def test_no_data_stays_after_the_answers():
    line = Line()
    await line.ask(DANA, *range(5))
    await line.end()
    await line.ask(DANA, *range(AT_ONCE + WAITING_MAX))
    assert all(not task.done() or task.exception() is None for task in line.tasks)
    await line.end()
