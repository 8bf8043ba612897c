"""The app behind its HTTP endpoint, and Slack's payloads from a walk through the workspace.

Hypothesis tests are plain functions here. They run what they draw in a separate loop.
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
    """A booth and its loop; `corpus` is what Slack sent to the app on a walk.

    Not a dataclass: Hypothesis would print all of it beside an example.
    """

    def __init__(self, booth: Booth, runner: asyncio.Runner, corpus: Corpus | None = None) -> None:
        self.booth = booth
        self.runner = runner
        self.corpus = corpus or []

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)


@pytest.fixture(autouse=True)
def first_words(whole_answers: None) -> None:
    """Disable first words."""


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
    """Return the door after the walk. Acknowledgements of hand-made payloads have no effect to wait for."""
    corpus = door.run(walk(door.booth))
    monkeypatch.setattr("bot.slack_app.modals.PAUSES_S", [0.0] * len(modals.PAUSES_S))
    return Door(door.booth, door.runner, corpus)
