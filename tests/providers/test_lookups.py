"""Looking up ids: the requests, and the outcome of each answer."""

import asyncio

import pytest

from providers.errors import Malformed, ProviderError, Throttled, Unauthorized, Unavailable
from providers.json_fields import Unreadable
from providers.lookups import Outcome, ask_each, batches, each, lookup, silence, sort_ids
from providers.models import Job, JobState, Lookup


def job(job_id: str) -> Job:
    return Job(account="media", service="video-ocr", id=job_id, state=JobState.RUNNING)


def answer(outcomes: dict[str, Outcome], *impossible: str) -> Lookup:
    return lookup(outcomes, impossible, "media", "video-ocr")


def test_ids_are_stripped_and_requested_once():
    question = sort_ids([" a ", "a", "", "b\n", "no/job", "x" * 65, "5c9dff****67f5"])
    assert question.ids == ["a", "b"]
    assert question.impossible == ["no/job", "x" * 65, "5c9dff****67f5"]


def test_batches_are_as_few_as_can_be():
    assert [len(batch) for batch in batches([str(n) for n in range(21)], 10)] == [10, 10, 1]
    assert batches([], 10) == []


def test_each_id_is_in_one_part():
    throttled = Throttled()
    found = answer({"a": job("a"), "b": None, "c": throttled, "d": Unreadable("no id")}, "e/")
    assert [one.id for one in found.found] == ["a"]
    assert found.missing == ("b", "e/")
    (late, unread) = found.unanswered
    assert (late.id, late.error) == ("c", throttled)
    assert (unread.id, type(unread.error), unread.error.message) == ("d", Malformed, "no id")
    assert (unread.error.account, unread.error.service) == ("media", "video-ocr")


def test_nothing_answered_raises_the_first_reason():
    with pytest.raises(Throttled):
        answer({"a": Throttled(), "b": Unavailable()})


@pytest.mark.parametrize("other", [None, Unreadable("no id"), job("b")], ids=["missing", "unreadable", "found"])
def test_anything_answered_raises_nothing(other: Outcome):
    assert "a" in {one.id for one in answer({"a": Throttled(), "b": other}).unanswered}
    assert answer({"a": Throttled()}, "no/job").missing == ("no/job",)


def test_no_ids_are_an_empty_answer():
    assert answer({}) == Lookup()
    assert answer({}, "no/job") == Lookup(missing=("no/job",))


def test_silence_means_missing_unless_something_could_not_be_read():
    assert silence(0) is None
    assert isinstance(silence(1), Unreadable)


async def test_an_error_takes_the_place_of_a_result():
    refused, unreadable = Throttled(), Unreadable("no id")

    async def ask(job_id: str) -> Outcome:
        match job_id:
            case "late":
                raise refused
            case "odd":
                raise unreadable
            case _:
                return job(job_id)

    assert await ask_each(ask, ["a", "late", "odd"]) == {"a": job("a"), "late": refused, "odd": unreadable}


async def test_a_mistake_of_ours_is_no_answer():
    async def ask(item: int) -> None:
        raise ZeroDivisionError(item)

    with pytest.RaisesGroup(ZeroDivisionError):
        await each(ask, [1])


async def test_a_few_run_in_parallel():
    under_way = most = 0
    gone_on = asyncio.Event()

    async def ask(item: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 4:
            gone_on.set()
        await gone_on.wait()
        under_way -= 1
        return item

    results: list[int | ProviderError] = await each(ask, range(12))
    assert results == list(range(12))
    assert most == 4


async def test_rejected_credentials_end_the_question():
    asked = list[int]()
    refused = Unauthorized("The key is locked.", retry_after=300)

    async def ask(item: int) -> int:
        asked.append(item)
        await asyncio.sleep(0)
        if item == 2:
            raise refused
        return item

    results: list[int | ProviderError] = await each(ask, range(12))
    assert results[:4] == [0, 1, refused, 3]
    assert set(results[6:]) == {refused}
    assert len(asked) < 8
