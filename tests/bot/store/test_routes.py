"""Copies of watches beside the jobs of their service: only a change increments the version."""

from bot.store import Store
from bot.store.routes import Route, Routes
from tests.bot.samples import SERVICE

HERE = Route("T1/C1", "w7")


async def test_each_change_of_a_copy_is_a_version(store: Store):
    assert (await store.routes.read([SERVICE]))[SERVICE] == Routes("0", {})
    assert await store.routes.put(SERVICE, *HERE, "one") == "1"
    assert await store.routes.put(SERVICE, *HERE, "one") == "1", "nothing changed"
    assert await store.routes.put_all(SERVICE, [(HERE, "two"), (Route("T1/C2", "w8"), "three")]) == "2"
    expected = Routes("2", {HERE: "two", Route("T1/C2", "w8"): "three"})
    assert (await store.routes.read([SERVICE]))[SERVICE] == expected
    assert await store.routes.watched([SERVICE, ("acme", "other")]) == {SERVICE: 2, ("acme", "other"): 0}
    await store.routes.put(SERVICE, *HERE, None)
    assert await store.routes.put(SERVICE, "T1/C2", "w8", None) == "4"
    assert await store.routes.active([SERVICE]) == set()
