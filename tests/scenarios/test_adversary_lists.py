"""Lists with all permitted oddities: the bot notifies of each failed job once, with few requests."""

from collections import Counter
from math import ceil
from random import Random

import pytest

from bot.polling import discovery
from tests.oracle.onlooker import Onlooker
from tests.scenarios.conftest import Scene
from tests.scenarios.person import until
from tests.scenarios.test_oracle import brisk, onlooker, watched

__all__ = ["brisk"]
pytestmark = pytest.mark.usefixtures("quick", "brisk")
SERVICES = ("video-ocr", "digital-human", "image-moderation")
LIST = {
    "video-ocr": "ListTasksDetails",
    "digital-human": "ListDigitalHumanVideo",
    "image-moderation": "RunCheckTaskJobs",
}
LOOK_UPS_ARE_LISTS = {"digital-human", "image-moderation"}
PAGE = 100
CUTS = ("error", "malformed", "cut", "throttle")


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the walks that ended, by service."""
    ended, end_walk = Counter[str](), discovery.end_walk

    async def counted(*arguments: object) -> None:
        await end_walk(*arguments)  # type: ignore[arg-type]
        ended[arguments[0].service[1]] += 1  # type: ignore[attr-defined]

    monkeypatch.setattr(discovery, "end_walk", counted)
    return ended


async def trouble(oracle: Onlooker, random: Random, services: tuple[str, ...]) -> None:
    """Make lists move, lie and break, and clocks jump."""
    for service in services:
        for at, fault in enumerate(random.sample(CUTS, 3)):
            await oracle.fault(fault, service, operation="list", after=at + random.randrange(3), count=1, seconds=0.1)
        if service not in LOOK_UPS_ARE_LISTS or random.random() < 0.5:
            await oracle.fault("delete", service, entries=random.randrange(1, 4), count=2, after=random.randrange(3))
        await oracle.fault("wrong_total", service, operation="list", off_by=random.choice((-50, 70)), count=6)
        for ahead in (300, -300, 0):
            order = {"account": "media-cn", "service": service, "ahead_s": ahead, "in_s": random.uniform(0, 3)}
            (await oracle.clouds.post("/control/clock/shift", json=order)).raise_for_status()


async def few_requests(oracle: Onlooker, walks: Counter[str], services: tuple[str, ...]) -> None:
    """Check the requests of walks that find nothing new: the overlap in pages, which share a job.

    If look-ups read the list, those for deleted jobs would count as well.
    """
    rows = (await oracle.transitions())["jobs"]
    jobs = Counter(each["service"] for each in rows if not each["deleted"])
    sought = {each["service"] for each in rows if each["deleted"]} & LOOK_UPS_ARE_LISTS
    for service in sorted({*services} - sought):
        walks.clear()
        (await oracle.clouds.delete("/control/requests")).raise_for_status()

        async def walked(of: str = service) -> bool:
            return walks[of] >= 3

        await until(walked)
        rows = (await oracle.clouds.get("/control/requests")).json()["requests"]
        made = sum(each["count"] for each in rows if each["operation"] == LIST[service])
        assert made <= (walks[service] + 1) * ceil((jobs[service] - 1) / (PAGE - 1)), service


async def story(scene: Scene, walks: Counter[str], seed: int, services: tuple[str, ...] = SERVICES) -> None:
    """Run two storms while lists fail, then count the requests while nothing happens."""
    random, oracle = Random(seed), onlooker(scene)
    async with scene.bot() as bot:
        await oracle.calm()
        for service in services:
            await oracle.watch(service, "C0ONCALL")
        await watched(bot, services)
        await oracle.begin()
        first = {"same_time": True, "listed_after_s": 3.5, "late_share": 0.5}
        await oracle.storm(services, 120 * len(services), within_s=1, causes=2, **first)
        await trouble(oracle, random, services)
        await oracle.storm(services, 30 * len(services), within_s=3, causes=2, listed_after_s=1, late_share=0.3)
        await oracle.judge(why=False)
        (await oracle.clouds.delete("/control/fault")).raise_for_status()
        await few_requests(oracle, walks, services)


async def test_a_list_that_moves_and_breaks(scene: Scene, walks: Counter[str]):
    await story(scene, walks, 1, ("video-ocr",))


@pytest.mark.heavy("long stories with three services")
@pytest.mark.parametrize("seed", range(2, 4))
async def test_lists_that_move_and_break(scene: Scene, walks: Counter[str], seed: int):
    await story(scene, walks, seed)
