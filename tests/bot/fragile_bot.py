"""A bot whose process may die at any step in Redis or Slack: real Redis, a cloud, Slack and the clock in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from bot.delivery import sender
from bot.deps.deps import Deps
from bot.store import Store
from bot.store.redis.connection import RedisLink, connect
from providers.base import Provider
from tests.bot.crashes import Fragile, Fuse, Turns
from tests.bot.memory import CANNOT_LIST, NOW, InMemory
from tests.bot.samples import SERVICE
from tests.bot.slack import MemorySlack, in_one


class FragileBot(RuleBasedStateMachine):
    """The world of a story. The rules are the story's."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.now: datetime = NOW
        self.fuse = Fuse()
        self.turns = Turns()
        self.run(self._open())

    def run(self, work: Awaitable[Any]) -> Any:
        async def doing() -> Any:
            return await work

        return self.runner.run(doing())

    async def _open(self) -> None:
        self.redis = connect(self.url)
        self.link = RedisLink(self.redis)
        await self.link.execute("FLUSHALL")
        self.store = Store.over(Fragile(self.link, self._step))
        self.provider = InMemory(*SERVICE, capabilities=CANNOT_LIST)
        self.witness = self.provider.job("witness")
        self.slack = MemorySlack(now=self._unix, before=self._before, after=self._after, slowly=self._slowly)
        self.services = self._deps(self.provider)

    def _deps(self, *providers: Provider) -> Deps:
        return Deps(providers, self.store, clock=lambda: self.now, workspaces=in_one(self.slack))

    async def _step(self, *, after: bool) -> None:
        self.now += timedelta(milliseconds=1)
        if not after:
            await self.turns.gate()
        self.fuse.step(after=after)

    def _unix(self) -> float:
        return self.now.timestamp()

    async def _before(self) -> None:
        await self._step(after=False)

    async def _after(self) -> None:
        await self._step(after=True)

    async def _slowly(self) -> None:
        self.now += timedelta(seconds=sender.IN_FLIGHT_TIMEOUT_S + 1)
        for _ in range(30):
            await self.turns.gate()

    def survived(self, work: Awaitable[Any], crash: tuple[int, bool] | None = None) -> bool:
        """Do something during which the process may die. Return whether it finished."""
        self.fuse = Fuse(*crash) if crash else Fuse()
        try:
            self.run(work)
        except BaseException:
            if not self.fuse.blown:
                raise
            return False
        finally:
            self.fuse = Fuse()
        return True

    def until_done(self, work: Callable[[], Awaitable[Any]], crash: tuple[int, bool] | None) -> None:
        """Do something. Repeat it if the process died."""
        if not self.survived(work(), crash):
            self.now += timedelta(seconds=1)
            self.survived(work())
