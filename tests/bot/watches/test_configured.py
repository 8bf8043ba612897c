"""Configured watches: created, changed and removed by the process that started last."""

import pytest

from bot.deps.configured_watches import ConfiguredWatches
from bot.deps.deps import Deps
from bot.domain.errors import UsageError
from bot.domain.watches import ConfiguredWatch, Rules, WatchSpec
from bot.store import Store
from bot.watches.configured import apply, claim
from bot.watches.unwatch import unwatch
from bot.watches.watch import edit, watch
from tests.bot.watching import DANA, HERE, WatchingWorld

VIDEO, ACME = WatchSpec(service="video"), WatchSpec(account="acme")


@pytest.fixture
def world(store: Store) -> WatchingWorld:
    return WatchingWorld(store)


def configured(world: WatchingWorld, *specs: WatchSpec, channel: str = HERE) -> Deps:
    from dataclasses import replace

    return replace(world.deps, configured=ConfiguredWatches([ConfiguredWatch(channel, spec) for spec in specs]))


def words(rules: Rules) -> dict[str, str]:
    return {each.id: each.spec.words() for each in rules.active}


async def test_they_follow_the_configuration_of_each_start(world: WatchingWorld):
    await watch(world.deps, WatchSpec(name="mine"), HERE, DANA)
    await claim(configured(world, VIDEO))
    await claim(configured(world, VIDEO))
    assert words(await world.of()) == {"w1": "name:mine", "w2": "video"}, "again is not twice"
    assert set((await world.copied())["other/video"]) == set((await world.copied())["acme/video"])
    await claim(configured(world, ACME))
    assert words(await world.of()) == {"w1": "name:mine", "w2": "acme"}, "changed words keep the id"
    await claim(configured(world))
    assert words(await world.of()) == {"w1": "name:mine"}
    assert [len(each) for each in (await world.copied()).values()] == [1, 1, 1]


async def test_an_older_configuration_does_nothing_unless_the_database_lost_both(world: WatchingWorld):
    old, new = configured(world, VIDEO), configured(world, ACME)
    await claim(old)
    await claim(new)
    await claim(old)  # it has started already
    await apply(old, {HERE})
    assert words(await world.of()) == {"w1": "acme"}
    await world.store.link.execute("FLUSHALL")
    await apply(new, ())
    assert words(await world.of()) == {"w1": "acme"}


async def test_they_are_not_changed_in_slack(world: WatchingWorld):
    await claim(configured(world, VIDEO))
    result = await unwatch(world.deps, None, HERE, DANA)
    assert ([each.id for each in result.configured], result.removed) == (["w1"], [])
    with pytest.raises(UsageError, match="CONFIGURED_WATCH"):
        await edit(world.deps, "w1", ACME, HERE, DANA)


async def test_a_workspace_without_the_app_waits(world: WatchingWorld):
    await claim(configured(world, VIDEO, channel="T9/C1"))
    assert not await world.store.outbox.destinations()
