"""A long list without an order, request by request.

For failures only, the lists of failed and running jobs are read.
"""

from collections import Counter
from math import ceil
from typing import cast

import pytest

from bot.deps.deps import Deps
from bot.polling.sweep import sweep
from bot.store import Store
from providers.base import Provider
from tests.bot.polling.listing import Clock, entries, events
from tests.bot.polling.watching import watch
from tests.providers.huawei.test_image_moderation import JOBS, moderation, record

SERVICE = ("media-cn", "image-moderation")
SLOT = "/".join(SERVICE)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWEI_TEST_AK", "key")
    monkeypatch.setenv("HUAWEI_TEST_SK", "secret")


@pytest.mark.parametrize(
    ("on", "lists"),
    [("failed", {"failed": 2, "running": 2}), ("failed,stuck,down", {"failed": 2, "running": 2}), ("done", {"all": 6})],
)
async def test_what_a_sweep_asks_for(store: Store, on: str, lists: dict[str, int]):
    states = ["finish"] * 250 + ["failed"] * 119 + ["running"] * 130
    records = [record(number, state) for number, state in enumerate(states)]
    cloud, clock = moderation(records), Clock()
    provider = cast("Provider", cloud.image_moderation())
    deps = Deps([provider], store, clock=clock)
    await watch(store, {"on": on}, service=SERVICE)
    await sweep(deps, provider)
    records += [record(1000, "failed"), record(1001)]
    clock.forward(70)
    cloud.requests.clear()
    await sweep(deps, provider)
    asked = Counter(
        str(each.url.params.get("status", "all")) for each in cloud.requests if each.url.path.endswith(JOBS)
    )
    assert asked == lists
    assert asked.total() <= ceil(len(records) / 100)
    noticed = events(await entries(store, [SLOT]))
    wanted = ["job-1000#1/failed"] + (["job-1001#1/succeeded"] if on == "done" else [])
    assert sorted(each.removeprefix(f"{SLOT}/") for each in noticed) == wanted
