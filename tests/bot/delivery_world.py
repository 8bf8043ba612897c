"""A destination that is notified of a job, for the tests of deliveries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.deps.deps import Deps
from bot.domain.cards import On, SubscriptionOptions
from bot.domain.failure_groups import CLOSES_AFTER, KEPT_AFTER_CLOSING
from bot.domain.outbox import OutboxSnapshot
from bot.polling.recorder import observe
from bot.store import Store
from bot.subscriptions.subscribe import subscribe
from providers.models import JobState
from tests.bot.memory import NOW, InMemory
from tests.bot.samples import DESTINATION, SLOT, TERMS
from tests.bot.slack import MemorySlack, in_one

ANY = SubscriptionOptions(user="U1", at=NOW, on=frozenset({On.ANY}))


@dataclass
class World:
    """A destination, a job that is followed there, and a Slack in memory."""

    store: Store
    now: datetime = NOW
    deps: Deps = field(init=False)

    def __post_init__(self) -> None:
        self.provider = InMemory().filled(1, state=JobState.PENDING)
        self.slack = MemorySlack(now=self.unix)
        self.deps = Deps([self.provider], self.store, clock=self.tick, workspaces=in_one(self.slack))

    def unix(self) -> float:
        return self.now.timestamp()

    def tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def follow(self, options: SubscriptionOptions = TERMS) -> None:
        await subscribe(self.deps, [self.provider.jobs[0].ref], DESTINATION, options)

    async def becomes(self, **details: object) -> None:
        self.provider.jobs = [self.provider.jobs[0].model_copy(update=details)]
        await observe(self.deps, self.provider, self.provider.jobs, self.now)

    async def told(self, destination: str = DESTINATION) -> int:
        """Deliver until nothing waits. Return how many messages there are."""
        while (wait := await deliver(self.deps, destination)) is not None:
            self.now += timedelta(seconds=wait)
        return len([said for said in self.slack.said if said.there])

    async def forgotten(self) -> OutboxSnapshot:
        """Advance the clock past the edits of a head, and the lists of its jobs. Return what is left."""
        for kept in (CLOSES_AFTER, KEPT_AFTER_CLOSING):
            self.now += kept
            await self.told()
            assert await edit_cards(self.deps, DESTINATION) is None
        await self.told()
        return await self.snapshot()

    async def snapshot(self, destination: str = DESTINATION) -> OutboxSnapshot:
        return await self.store.outbox.read(destination, [SLOT])
