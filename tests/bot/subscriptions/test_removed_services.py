"""A service removed from the configuration: its cards say so, and its data leaves Redis."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.background.reconcile import reconcile_destinations
from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.deps.deps import Deps
from bot.polling.recorder import observe
from bot.store import Store
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.removed_services import GRACE
from bot.subscriptions.subscribe import subscribe
from providers.models import JobState
from tests.bot.memory import NOW, InMemory
from tests.bot.samples import ANY, DESTINATION, TERMS
from tests.bot.slack import MemorySlack, in_one


@dataclass
class Fleet:
    """Workers whose configurations differ, on one Redis, at a fixed time."""

    store: Store
    now: datetime = NOW
    slack: MemorySlack = field(init=False)

    def __post_init__(self) -> None:
        self.slack = MemorySlack(now=self.unix)
        self.kept = InMemory(service="kept").filled(2, "kept")
        self.gone = InMemory(service="gone").filled(2, "gone")
        self.before, self.after = self.with_only([self.kept, self.gone]), self.with_only([self.kept])

    def unix(self) -> float:
        return self.now.timestamp()

    def with_only(self, providers: Sequence[InMemory]) -> Deps:
        return Deps(providers, self.store, clock=lambda: self.now, workspaces=in_one(self.slack))

    async def told(self, deps: Deps) -> list[str]:
        """Visit everything as a worker does until nothing waits. Return what the channel shows."""
        await reconcile_destinations(deps)
        while (wait := await deliver(deps, DESTINATION)) is not None:
            self.now += timedelta(seconds=wait)
        while (wait := await edit_cards(deps, DESTINATION)) is not None:
            self.now += timedelta(seconds=wait)
        return [said.text for said in self.slack.said]

    async def keys(self, service: str) -> list[str]:
        """Return the keys of a service that stay until a person deletes them."""
        names = await self.store.link.execute("KEYS", f"callboard:{{acme/{service}}}:*")
        return [name for name in names if await self.store.link.execute("TTL", name) == -1]


@pytest.fixture
def fleet(store: Store, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return Fleet(store)


async def test_its_cards_end_and_its_keys_go(fleet: Fleet):
    for provider in (fleet.gone, fleet.kept):
        await subscribe(fleet.before, [provider.jobs[0].ref], DESTINATION, TERMS)
    await fleet.told(fleet.before)
    fleet.now += GRACE
    card, other = await fleet.told(fleet.after)
    assert card.startswith("🔌 No longer followed: gone-0000")
    assert "kept-0000" in other
    assert "No longer" not in other
    left = await subscriptions(fleet.after, here=DESTINATION)
    assert [list(each.card.jobs) for each in left] == [["acme/kept/kept-0000"]]
    assert not await fleet.keys("gone")
    assert await fleet.keys("kept")
    assert (await fleet.told(fleet.after))[:1] == [card]


async def test_while_any_worker_has_it_nothing_ends(fleet: Fleet):
    await subscribe(fleet.before, [fleet.gone.jobs[0].ref], DESTINATION, TERMS)
    for _ in range(3):
        await fleet.told(fleet.before)
        fleet.now += GRACE / 2
        assert "No longer" not in (await fleet.told(fleet.after))[0]
        fleet.now += GRACE / 3
    fleet.gone.jobs = [fleet.gone.jobs[0].model_copy(update={"state": JobState.FAILED})]
    await observe(fleet.before, fleet.gone, fleet.gone.jobs, fleet.now)
    assert len(await fleet.told(fleet.before)) == 2


async def test_unposted_news_are_deleted_too(fleet: Fleet):
    await subscribe(fleet.before, [fleet.gone.jobs[0].ref], DESTINATION, ANY)
    await fleet.told(fleet.before)
    fleet.gone.jobs = [fleet.gone.jobs[0].model_copy(update={"state": JobState.FAILED})]
    fleet.now += timedelta(seconds=1)
    await observe(fleet.before, fleet.gone, fleet.gone.jobs, fleet.now)
    fleet.now += GRACE
    [card] = await fleet.told(fleet.after)
    assert card.startswith("🔌")
    fleet.now += timedelta(minutes=1)
    await fleet.told(fleet.after)
    assert await fleet.store.outbox.destinations() == set()


async def test_a_batch_still_says_how_its_other_jobs_finished(fleet: Fleet):
    refs = [fleet.gone.jobs[0].ref, fleet.kept.jobs[0].ref]
    await subscribe(fleet.before, refs, DESTINATION, TERMS)
    await fleet.told(fleet.before)
    fleet.kept.jobs = [fleet.kept.jobs[0].model_copy(update={"state": JobState.FAILED})]
    fleet.now += timedelta(seconds=1)
    await observe(fleet.before, fleet.kept, fleet.kept.jobs, fleet.now)
    _, head = await fleet.told(fleet.before)
    assert "1 of 2 jobs failed" in head
    fleet.now += GRACE
    _, _, final = await fleet.told(fleet.after)
    assert "1 failed" in final
    assert "1 unconfigured" in final
