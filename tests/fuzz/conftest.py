"""The app at its door, and what Slack told it on a walk through the workspace.

Hypothesis' tests are plain functions here, which run what they draw in a loop of their own.
"""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from bot.slack_app import modals
from bot.store import Store
from bot.store.redis.connection import RedisLink, connect
from sandbox.slack.delivery.delivery import Kind
from tests.fuzz.booth import Booth, booth
from tests.fuzz.tour import walk

T = TypeVar("T")
Corpus = list[tuple[Kind, dict[str, Any]]]


class Door:
    """A booth, and the loop in which it is; `corpus` is what Slack told the app on a walk.

    No dataclass: Hypothesis would print all of it beside an example.
    """

    def __init__(self, booth: Booth, runner: asyncio.Runner, corpus: Corpus | None = None) -> None:
        self.booth = booth
        self.runner = runner
        self.corpus = corpus or []

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)


@pytest.fixture(autouse=True)
def first_words(whole_answers: None) -> None:
    """There are none."""


@pytest.fixture
def door(redis_url: str) -> Generator[Door]:
    stack = AsyncExitStack()

    async def opened() -> Booth:
        redis = await stack.enter_async_context(connect(redis_url))
        return await stack.enter_async_context(booth(Store.over(RedisLink(redis))))

    with asyncio.Runner() as runner:
        yield Door(runner.run(opened()), runner)
        runner.run(stack.aclose())


@pytest.fixture
def walked(door: Door, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The same after the walk. Acknowledgements of payloads by hand are not carried out, so none is waited for."""
    corpus = door.run(walk(door.booth))
    monkeypatch.setattr("bot.slack_app.modals.PAUSES_S", [0.0] * len(modals.PAUSES_S))
    return Door(door.booth, door.runner, corpus)
