"""Copies of watches beside the jobs of their service: each change has a version, and nothing else has."""

from datetime import timedelta

from bot.store import Store
from bot.store.redis.keys import DISCOVERY
from bot.store.routes import Route, Routes
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, SLOT

HERE = Route("T1/C1", "w7")


async def test_each_change_of_a_copy_is_a_version(store: Store):
    assert (await store.routes.read([SERVICE]))[SERVICE] == Routes("0", {})
    assert await store.routes.put(SERVICE, *HERE, "one", NOW) == "1"
    assert await store.routes.put(SERVICE, *HERE, "one", NOW) == "1", "nothing changed"
    assert await store.routes.put_all(SERVICE, [(HERE, "two"), (Route("T1/C2", "w8"), "three")], NOW) == "2"
    expected = Routes("2", {HERE: "two", Route("T1/C2", "w8"): "three"})
    assert (await store.routes.read([SERVICE]))[SERVICE] == expected
    assert await store.routes.watched([SERVICE, ("acme", "other")]) == {SERVICE: 2, ("acme", "other"): 0}


async def test_the_time_of_the_last_copy_is_kept_until_there_is_one_again(store: Store):
    await store.routes.put(SERVICE, *HERE, "one", NOW)
    assert await store.routes.put(SERVICE, *HERE, None, NOW + timedelta(seconds=1)) == "2"
    left = await store.link.execute("HGET", DISCOVERY.of(SLOT), "left_at")
    assert left == str(int(NOW.timestamp() * 1000) + 1000)
    await store.routes.put(SERVICE, *HERE, "one", NOW)
    assert not await store.link.execute("EXISTS", DISCOVERY.of(SLOT))
