"""A question's deadline, as its requests see it."""

import asyncio

import pytest

from providers.http.deadline import DEFAULT_S, count_request, remaining, share, within


async def test_outside_of_a_question_the_default_applies():
    assert remaining() == DEFAULT_S


async def test_inside_the_rest_of_the_time_applies():
    async with within(3):
        assert 0 < remaining() <= 3
    assert remaining() == DEFAULT_S


async def test_an_inner_deadline_never_outlives_the_outer():
    async with within(1):
        async with within(60):
            assert remaining() <= 1
        async with within(0.5):
            assert remaining() <= 0.5
        assert remaining() > 0.5


async def test_tasks_of_the_question_see_it():
    async with within(3):
        assert await asyncio.create_task(seen()) <= 3


async def seen() -> float:
    return remaining()


async def test_its_deadline_is_a_timeout():
    with pytest.raises(TimeoutError):
        async with within(0.01):
            await asyncio.Event().wait()
    assert remaining() == DEFAULT_S


async def test_requests_are_counted_for_the_question_and_for_those_around_it():
    count_request()  # outside of any question: nothing to count for
    async with within(3) as outer:
        count_request()
        async with within(1) as inner:
            count_request()
            await asyncio.create_task(one_more())
    assert (outer.requests, inner.requests) == (3, 2)


async def one_more() -> None:
    count_request()


async def test_a_question_within_another_has_at_most_its_share():
    assert share() == 1
    async with within(3, share=0.7):
        async with within(1):
            assert share() == 0.7
        async with within(1, share=0.5):
            assert share() == 0.5
