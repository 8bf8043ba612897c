"""A story of a team on guard: watches, followed jobs, a batch, a storm, an undo.

The bot may lose Redis at any command.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.delivery import card_editor, dispatcher
from bot.deps.deps import Deps
from bot.domain.cards import On, SubscriptionOptions
from bot.domain.errors import StoreUnavailable
from bot.domain.failure_groups import FailureGroup
from bot.domain.walks import PACE_MAX_S
from bot.domain.watches import Threshold, WatchSpec
from bot.polling.sweep import sweep
from bot.store import Store
from bot.store.group_jobs import Slice
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.keys import JOBS, ROUTES, SEEN, SUBSCRIPTIONS
from bot.subscriptions.subscribe import subscribe
from bot.watches.copies import repair_copies
from bot.watches.unwatch import rewatch, unwatch
from bot.watches.watch import watch
from providers.errors import Unavailable
from providers.models import JobError, JobRef, JobState
from tests.bot.cut_connections import Proxy
from tests.bot.memory import NOW
from tests.bot.polling.listing import Clock, Listing
from tests.bot.samples import SERVICE, SLOT
from tests.bot.slack import MemorySlack, Said, in_one

ALL, SOME = "C1", "C2"
"""The channels: one watches every failure, the other from the third on."""
DANA = "U1"
AFTER = Threshold(count=3, window_s=600)
VOLATILE = re.compile(r"<!date[^>]*>|\b\d+ (s|min|h)\b|\b\d+ (second|minute|hour)s?\b|[\d.]{10,}|\d\d?:\d\d|w\d+|g\d+")
"""What differs between runs in the words of messages: times, and numbers that a crash may skip."""


@dataclass
class RestartingBot:
    """The process that runs the bot, and its successors. The clock, the cloud and Slack outlive them.

    The first connects through the proxy, the others without it.
    """

    proxy: Proxy
    direct_url: str
    clock: Clock = field(default_factory=Clock)
    deaths: int = 0
    deps: Deps = field(init=False)
    _link: RedisLink | None = None

    def __post_init__(self) -> None:
        self.cloud = Listing(*SERVICE, clock=self.clock)
        self.slack = MemorySlack(now=self._unix, before=self.proxy.slack_is_called)

    async def start(self, url: str) -> None:
        """Start a process with new connections."""
        await self.stop()
        self.proxy.dead = False
        self._link = RedisLink(connect(url))
        store = Store.over(self._link)
        self.deps = Deps([self.cloud], store, clock=self._tick, workspaces=in_one(self.slack))

    async def stop(self) -> None:
        if self._link:
            await self._link.redis.aclose()

    def copy(self) -> tuple[Any, ...]:
        """Return what outlives a process, except Redis."""
        return self.clock.now, dict(self.cloud.store), [replace(each) for each in self.slack.said]

    def restore(self, copied: tuple[Any, ...]) -> None:
        """Restore what `copy` returned."""
        self.clock.now, self.cloud.store = copied[0], dict(copied[1])
        self.slack.said = [replace(each) for each in copied[2]]
        self.cloud.listed()

    def _unix(self) -> float:
        return self.clock.now.timestamp()

    def _tick(self) -> datetime:
        self.clock.forward(0.001)
        return self.clock.now

    async def do(self, work: Callable[[Deps], Awaitable[object]]) -> None:
        """Do something. If the process dies of it, the next one repeats it."""
        while True:
            try:
                await work(self.deps)
            except StoreUnavailable:
                if not self.proxy.dead:
                    raise
            if not self.proxy.dead:
                return
            self.deaths += 1
            self.clock.forward(1)
            await self.start(self.direct_url)

    async def goes_on(self, until_s: float) -> None:
        """Let the workers finish, and once more at so many seconds after the start."""
        self.clock.forward(PACE_MAX_S + 1)
        await self._work()
        self.clock.now = max(self.clock.now, NOW + timedelta(seconds=until_s))
        await self._work()

    async def _work(self) -> None:
        await self.do(lambda deps: sweep(deps, self.cloud))
        await self.do(self._reconcile)
        for destination in (ALL, SOME):
            await self.do(lambda deps, to=destination: self._deliver(deps, to))

    async def _reconcile(self, deps: Deps) -> None:
        [(_, _, pending)] = await deps.store.tracked.state([SERVICE])
        destinations = await deps.store.outbox.destinations()
        assert pending | destinations <= {ALL, SOME}
        await repair_copies(deps, destinations)

    async def _deliver(self, deps: Deps, destination: str) -> None:
        while (wait := await dispatcher.deliver(deps, destination)) is not None:
            self.clock.forward(wait)
        while (wait := await card_editor.edit_cards(deps, destination)) is not None:
            self.clock.forward(wait)


class Story:
    """The events, act by act, at the same seconds each time. An act ends when all its effects are done."""

    def __init__(self, bot: RestartingBot) -> None:
        self.bot = bot
        self.acts = (
            self.watches, self.follows, self.followed, self.first, self.more, self.batch_ends, self.storm,
            self.storm_grows, self.thresholds_end, self.gap, self.undo, self.after_undo, self.down, self.up,
            self.groups_close, self.next_head,
        )  # fmt: skip

    def _fails(self, job_id: str, code: str) -> None:
        cloud = self.bot.cloud
        if job_id not in cloud.store:
            cloud.add(job_id, ago_s=5, name=f"{job_id}.mp4")
        cloud.move(job_id, JobState.FAILED, error=JobError(code=code, message="it broke"))

    async def watches(self) -> None:
        """A watch without a threshold in one channel, one with a threshold in the other."""
        for job_id in ("a", "b", "c", "old"):
            self.bot.cloud.add(job_id, ago_s=60, name=f"{job_id}.mp4")
        self._fails("old", "OLD")
        await self.bot.do(lambda deps: watch(deps, WatchSpec(), ALL, DANA))
        await self.bot.do(lambda deps: watch(deps, WatchSpec(after=AFTER), SOME, DANA))
        await self.bot.goes_on(120)

    async def follows(self) -> None:
        """A person follows a job, and two as a batch. A repeated command makes two cards instead of the batch."""
        await self.bot.do(lambda deps: _follow(deps, ["a"], ALL))
        await self.bot.do(lambda deps: _follow(deps, ["b", "c"], SOME))
        self.bot.proxy.begin(None)  # this part is never cut

    async def followed(self) -> None:
        """Followed jobs are polled."""
        await self.bot.goes_on(240)

    async def first(self) -> None:
        """A head in one channel; the failure is held in the other."""
        self._fails("one", "X.1")
        await self.bot.goes_on(400)

    async def more(self) -> None:
        """Failures fold in one channel, one of them of the followed job. In the other they reach the threshold.

        The batch gets its head.
        """
        self._fails("two", "X.1")
        self._fails("a", "X.1")
        self._fails("b", "B.1")
        await self.bot.goes_on(600)

    async def batch_ends(self) -> None:
        """The last job of the batch."""
        self.bot.cloud.move("c", JobState.SUCCEEDED)
        await self.bot.goes_on(800)

    async def storm(self) -> None:
        """More reasons than a channel gets messages in a minute."""
        for number in range(5):
            self._fails(f"storm-{number}", f"S.{number}")
        await self.bot.goes_on(1000)

    async def storm_grows(self) -> None:
        """One more failure of each kind: with its own head, and in the storm message."""
        self._fails("again-0", "S.0")
        self._fails("again-4", "S.4")
        await self.bot.goes_on(1200)

    async def thresholds_end(self) -> None:
        """What was held for the threshold is dropped."""
        await self.bot.goes_on(2000)

    async def gap(self) -> None:
        """A failure while the watch is removed."""
        await self.bot.do(lambda deps: unwatch(deps, None, ALL, DANA))
        self._fails("gap", "G.1")
        await self.bot.goes_on(2200)

    async def undo(self) -> None:
        """The watch is restored, and what it held is posted."""
        await self.bot.do(lambda deps: _undo(deps, ALL))
        await self.bot.goes_on(2400)

    async def after_undo(self) -> None:
        """The held group takes later failures in."""
        self._fails("after", "G.1")
        await self.bot.goes_on(2600)

    async def down(self) -> None:
        """The service cannot be read for longer than five minutes."""
        self.bot.cloud.on_page = lambda _: Unavailable("down")
        await self.bot.goes_on(3000)
        await self.bot.goes_on(3400)

    async def up(self) -> None:
        """The service can be read again. The failures of the outage are noticed."""
        self.bot.cloud.on_page = lambda _: None
        self._fails("missed", "M.1")
        await self.bot.goes_on(3600)

    async def groups_close(self) -> None:
        """An hour without a failure."""
        await self.bot.goes_on(8000)

    async def next_head(self) -> None:
        """A head that links to the previous one. The failures held in the other channel do not reach the threshold."""
        self._fails("last", "X.1")
        await self.bot.goes_on(8800)


async def _undo(deps: Deps, here: str) -> None:
    (snapshot,) = await deps.store.watches.read([here])
    await rewatch(deps, [each.id for each in snapshot.rules.watches], here, DANA)


async def _follow(deps: Deps, ids: list[str], here: str) -> None:
    options = SubscriptionOptions(user=DANA, at=deps.clock(), on=frozenset({On.DONE}))
    await subscribe(deps, [JobRef(*SERVICE, job_id) for job_id in ids], here, options)


@dataclass(frozen=True)
class Ending:
    """The result of a story: messages in the workspace, decisions, jobs of groups, and kept records.

    `known` is what a service's slot has, `left` what waits for a channel.
    """

    messages: tuple[Any, ...]
    decisions: dict[tuple[str, str], tuple[tuple[str, str], ...]]
    groups: tuple[Any, ...]
    logged: tuple[str, ...]
    known: tuple[str, ...]
    left: tuple[str, ...]


async def ending(bot: RestartingBot, link: RedisLink) -> Ending:
    """Read the result of a story."""
    store, said = Store.over(link), bot.slack.said
    snapshots = [await store.outbox.read(each, [SLOT]) for each in (ALL, SOME)]
    decisions: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for channel in (ALL, SOME):
        for ref in (SLOT, *(f"{SLOT}/{job_id}" for job_id in bot.cloud.store)):
            for each in await store.decisions.read(channel, ref):
                key = channel, _without_time(each.event)
                decisions[key] = (*decisions.get(key, ()), (each.outcome.value, each.reason.value))
    log = await store.event_log.read(SERVICE, NOW - timedelta(days=1), bot.clock.now)
    left = [each for found in snapshots for each in (*found.entries, *found.stale, found.in_flight) if each]
    return Ending(
        tuple(sorted(_message(each, said) for each in said if each.there)),
        decisions,
        tuple(sorted([await _group(store, group) for found in snapshots for group in found.groups.values()])),
        tuple(sorted(_without_time(each.id) for each in log.events)),
        tuple(sorted(await _known(link))),
        tuple(map(str, left)),
    )


def _without_time(event: str) -> str:
    """Return the id of an event without the time that those of a service have."""
    return re.sub(r"#\d{5,}", "#", event)


async def _known(link: RedisLink) -> list[str]:
    """Return the jobs that a service's slot has, and the channels that watch it."""
    fields = [await link.execute("HKEYS", key.of(SLOT)) for key in (JOBS, SUBSCRIPTIONS, ROUTES)]
    seen = await link.execute("ZRANGE", SEEN.of(SLOT), 0, -1)
    return [name.partition(" ")[0] for names in (*fields, seen) for name in names]


async def _group(store: Store, group: FailureGroup) -> tuple[Any, ...]:
    [jobs] = await store.groups.jobs(group.place, [Slice(group.id, 0, 100)])
    members = tuple(sorted(each.id for each in jobs))
    return (
        group.place, group.group.value, group.code or "", group.count, members, group.closed_at is not None,
        bool(group.hold), bool(group.storm), group.lines, tuple(sorted(group.counts.items())),
    )  # fmt: skip


def _message(said: Said, all_said: list[Said]) -> tuple[Any, ...]:
    root = next((each for each in all_said if said.thread_ts and each.ts == said.thread_ts), None)
    words = [VOLATILE.sub("…", text) for text in (said.posted, said.text, root.posted if root else "")]
    return said.channel, *words, said.broadcast
