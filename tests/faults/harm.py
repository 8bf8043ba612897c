"""The faults of a run: processes killed, paused and stopped, sockets lost, answers spoiled.

The sandbox is the judge and keeps its records in its memory, so it is not killed. Instead its answers fail, hang and
are cut off, before and after it acts on the request, and its sockets break, close or stop answering.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.faults.clocks import HOUR_S, WallClock
from tests.faults.people import Clouds, People
from tests.faults.processes import PARTS, Cast
from tests.faults.quick import SLACK_S, TIMEOUT_S
from tests.faults.world import CHANNELS

Json = dict[str, Any]
METHODS = {
    "chat.postMessage": 10,
    "chat.update": 4,
    "conversations.history": 1,
    "conversations.replies": 1,
    "conversations.open": 1,
    "chat.delete": 1,
    "response_url": 2,
}
"""Calls with spoiled answers, each with its relative frequency."""
ANSWERS: tuple[Json, ...] = (
    {"error": "ratelimited", "retry_after": 1},
    {"error": "ratelimited", "retry_after": 3},
    {"status": 500},
    {"status": 503, "after": True},
    {"error": "internal_error"},
    {"error": "fatal_error", "after": True},
    {"error": "internal_error", "error_status": 500},
    {"error": "internal_error", "error_status": 500, "after": True},
    {"drop": True},
    {"drop": True, "after": True},
    {"hang_s": SLACK_S / 2},
    {"hang_s": SLACK_S * 2},
    {"hang_s": SLACK_S / 2, "after": True},
    {"hang_s": SLACK_S * 2, "after": True},
)
CLOUD_FAULTS: tuple[Json, ...] = (
    {"fault": "throttle", "seconds": 1},
    {"fault": "down"},
    {"fault": "slow", "seconds": 1},
    {"fault": "slow", "seconds": 5},
    {"fault": "hang"},
    {"fault": "cut"},
    {"fault": "malformed"},
)
MISDIRECTED = "cloud: no such API for a minute"
MISDIRECTED_S = 60.0
"""How long a gateway answers that there is no such API or resource.

Ten times the absence that makes a job lost here.
"""
KILLS_A_MINUTE_OF_IT = 50
EMPTIED = "Redis emptied"
KILLS_TO_EMPTY = 25
"""Only runs with more kills empty Redis: shorter ones would have few other subscriptions."""
KILLED = ("serve-1", "serve-2", "worker-1", "worker-1", "worker-2", "worker-2", "redis")
"""Processes to kill with -9: workers, which post, more often than the others."""
BACK = (0.0, 0.0, 0.5, 3.0)
"""Seconds until a killed process starts again."""
FROZEN_S = (0.5, 1.5, 3.0, TIMEOUT_S + 3)
"""Seconds of a freeze. After the longest, the process posts late, and another has posted the same by then."""
STEPS: tuple[tuple[str, float, float], ...] = (
    ("an hour ahead", HOUR_S, 12.0),
    ("an hour behind", -HOUR_S, 12.0),
    ("5 minutes ahead", 300.0, 60.0),
    ("5 minutes behind", -300.0, 60.0),
)
"""A process's wrong clock: the offset and the duration, in seconds."""
KILLS_A_STEP = 10
"""Kills between two wrong clocks; each of `STEPS` has its turn."""
SPARED_S = 5.0
"""How long a late process has to delete its duplicate post.

Only it has the post's id, so neither it nor Redis is killed during that time. Otherwise the duplicate stays, which is
the one known gap.
"""


@dataclass
class Harm:
    """Causes faults at random, until enough kills are done; `after` is the time between two faults, in seconds."""

    cast: Cast
    people: People
    clouds: Clouds
    random: Random
    every_s: float
    empty_redis: Callable[[], Awaitable[None]]
    clocks: Mapping[str, WallClock]
    kills: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    kills_wanted: int = 0
    archived: set[str] = field(default_factory=set[str])
    _spared: set[str] = field(default_factory=set[str])
    _comebacks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _redis_is_up: bool = True

    async def go_on(self, kills: int) -> None:
        """Cause faults until there were enough kills with -9; then restart everything."""
        self.kills_wanted = kills
        deeds: dict[Callable[[], Awaitable[None]], int] = {
            self._kill: 10,
            self._ask_to_stop: 1,
            self._freeze: 2,
            self._spoil_slack: 10,
            self._lose_sockets: 2,
            self._spoil_clouds: 2,
            self._misdirect: 1,
            self._archive: 1,
            self._cut_the_power: 1,
            self._empty: 2,
            self._step_a_clock: 2,
        }
        while self.kills.total() < kills:
            await asyncio.sleep(self.random.uniform(0.2, 1.8) * self.every_s)
            [deed] = self.random.choices(list(deeds), list(deeds.values()))
            self._note(deed.__name__.strip("_"))
            await deed()
        await asyncio.gather(*self._comebacks)
        await self.people.calm()
        await self.clouds.calm()

    async def _kill(self) -> None:
        """Kill a process, often at the worst moment: while a post's answer is in transit."""
        name, back = self.random.choice(KILLED), self.random.choice(BACK)
        if self.random.random() < 0.5:
            fault: Json = {"method": "chat.postMessage", "hang_s": 1, "after": self.random.random() < 0.7, "times": 2}
            await self.people.order("fault", **fault)
            await asyncio.sleep(self.random.uniform(0, 1))
        if name in self._spared:
            return
        self._note(f"kill {name}, back in {back} s")
        if name == "redis":
            if self._redis_is_up and not self._spared:
                self._redis_is_up = False
                self.kills["redis"] += 1
                await asyncio.to_thread(self.cast.redis.dies)
                self._later(back, self._redis_starts)
            return
        self.kills[name.partition("-")[0]] += 1
        await self.cast.parts[name].stop()
        self._later(back, self._starts(name))

    async def _redis_starts(self) -> None:
        await asyncio.to_thread(self.cast.redis.start)
        self._note("redis is back")
        self._redis_is_up = True

    def _starts(self, name: str) -> Callable[[], Awaitable[None]]:
        async def start() -> None:
            self._note(f"start {name}")
            self.cast.parts[name].start()

        return start

    async def _ask_to_stop(self) -> None:
        name = self.random.choice(PARTS)
        if name in self._spared:
            return
        self.faults["told to stop"] += 1

        async def stop() -> None:
            await self.cast.parts[name].stop(signal.SIGTERM)
            self.cast.parts[name].start()

        self._later(0, stop)

    async def _freeze(self) -> None:
        name, seconds = self.random.choice(PARTS), self.random.choice(FROZEN_S)
        if self._spared or not self._redis_is_up:
            return
        self.faults["frozen"] += 1
        self._note(f"freeze {name} for {seconds} s")
        part = self.cast.parts[name]
        part.freeze()
        if seconds > TIMEOUT_S:
            self._spared.add(name)

        async def thaw() -> None:
            part.thaw()
            await asyncio.sleep(SPARED_S)
            self._spared.discard(name)

        self._later(seconds, thaw)

    async def _spoil_slack(self) -> None:
        [method] = self.random.choices(list(METHODS), list(METHODS.values()))
        answer, times = self.random.choice(ANSWERS), self.random.choice((1, 1, 1, 3))
        self.faults[_name(answer)] += times
        await self.people.order("fault", method=method, times=times, **answer)

    async def _lose_sockets(self) -> None:
        how = self.random.choice(("drop", "disconnect", "deafen"))
        self.faults[f"sockets: {how}"] += 1
        await self.people.order(how, **({"seconds": self.random.uniform(2, 8)} if how == "deafen" else {}))

    async def _archive(self) -> None:
        """Archive a channel for a while: its notifications are held until a person presses Restore."""
        channel, seconds = self.random.choice(CHANNELS).id, self.random.uniform(1, 5)
        if channel in self.archived:
            return
        self.faults["channel archived"] += 1
        self.archived.add(channel)
        await self.people.order("channel", channel=channel, archived=True)

        async def unarchive() -> None:
            await self.people.order("channel", channel=channel, archived=False)
            self.archived.discard(channel)

        self._later(seconds, unarchive)

    async def _cut_the_power(self) -> None:
        """Kill everything in the same moment."""
        if self._spared or not self._redis_is_up:
            return
        self.faults["all processes killed"] += 1
        self.kills += Counter(["redis", *(name.partition("-")[0] for name in PARTS)])
        self._redis_is_up = False
        await asyncio.gather(asyncio.to_thread(self.cast.redis.dies), *(self.cast.parts[name].stop() for name in PARTS))
        self._later(0, self._redis_starts)
        for name in PARTS:
            self._later(self.random.choice(BACK), self._starts(name))

    async def _spoil_clouds(self) -> None:
        fault, account = self.random.choice(CLOUD_FAULTS), self.random.choice(("*", "media-cn", "vod-sg"))
        self.faults[f"cloud: {fault['fault']}"] += 1
        await self.clouds.fault(account=account, duration_s=self.random.uniform(1, 5), **fault)

    async def _misdirect(self) -> None:
        """Let every gateway answer as one at a wrong address, as if no job existed."""
        if self.faults[MISDIRECTED] < self.kills.total() // KILLS_A_MINUTE_OF_IT:
            self.faults[MISDIRECTED] += 1
            await self.clouds.fault(account="*", duration_s=MISDIRECTED_S, fault="not_found_api")

    async def _empty(self) -> None:
        """Delete everything in Redis, once, in the second half of a long run."""
        late = self.kills.total() >= max(KILLS_TO_EMPTY, self.kills_wanted / 2)
        if late and self._redis_is_up and not self._spared and not self.faults[EMPTIED]:
            self.faults[EMPTIED] += 1
            self._note("empty redis")
            await self.empty_redis()

    async def _step_a_clock(self) -> None:
        """Set a process's clock wrong for a while: a worker's a little, or any by an hour."""
        steps = sum(self.faults[f"clock {how}"] for how, *_ in STEPS)
        if not self.clocks or self.kills.total() < steps * KILLS_A_STEP:
            return
        how, ahead_s, seconds = STEPS[steps % len(STEPS)]
        name = self.random.choice([each for each in PARTS if each.startswith("worker") or abs(ahead_s) >= HOUR_S])
        self.faults[f"clock {how}"] += 1
        self._note(f"the clock of {name} is {how} for {seconds} s")
        clock = self.clocks[name]
        clock.set(ahead_s)

        async def right() -> None:
            clock.set(0)

        self._later(seconds, right)

    def _note(self, deed: str) -> None:
        """Log the time of a fault, beside the logs of the affected processes."""
        with (self.cast.folder / "harm.log").open("a") as log:
            log.write(f"{datetime.now(UTC):%H:%M:%S.%f} {deed}\n")

    def _later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        async def come_back() -> None:
            await asyncio.sleep(seconds)
            await act()

        task = asyncio.create_task(come_back())
        self._comebacks.add(task)


def _name(answer: Json) -> str:
    """Return the name of a spoiled answer in the figures."""
    kind = answer.get("error") or next((key for key in ("status", "drop", "hang_s") if key in answer), "")
    words = {"ratelimited": "429", "status": "5xx", "hang_s": "late", "drop": "cut off"}.get(kind, "Slack's own error")
    return f"{words}, carried out" if answer.get("after") else words
