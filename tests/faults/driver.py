"""One run: start everything, cause faults for a while, wait until it is quiet, and judge."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.faults.check import ErrorAction, Finding, judge
from tests.faults.clocks import FAKED, WallClock
from tests.faults.harm import Harm
from tests.faults.memory import memory
from tests.faults.people import USERS, Clouds, People
from tests.faults.processes import BESIDE, PARTS, Cast, cast
from tests.faults.reading import Conversation, read
from tests.faults.story import Stage, play, script, storms
from tests.faults.watching import Failures
from tests.faults.world import CHANNELS
from tests.releases import checkout

Json = dict[str, Any]
READY_WITHIN_S = 60.0
LOOK_S = 0.5
RESTORE_S = 2.0
CALLS_SHOWN = 12
QUIET_S = 8.0
"""The interval of discovery, shorter than usual."""


@dataclass(frozen=True)
class Run:
    """The parameters of a run. `every_s` is the time between two faults, `quiet_s` the time limit afterward.

    With `beside`, half of the fleet runs that commit.
    """

    seed: int
    kills: int
    jobs: int
    every_s: float = 1.5
    quiet_s: float = 180.0
    beside: str | None = None

    @property
    def seconds(self) -> float:
        """Return the approximate duration of the story: half of the faults are kills."""
        return 2.7 * self.kills * self.every_s

    @property
    def most_s(self) -> float:
        """Return the time limit of the story."""
        return 180 + 3 * self.seconds


@dataclass
class Report:
    """The result of a run."""

    run: Run
    seconds: float = 0
    jobs: int = 0
    subscriptions: int = 0
    kills: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    action: ErrorAction = field(default_factory=ErrorAction)
    left: list[str] = field(default_factory=list[str])
    in_vain: int = 0
    by_search: int = 0
    taken_back: int = 0
    restarts: Counter[int] = field(default_factory=Counter[int])
    details: list[str] = field(default_factory=list[str])

    @property
    def good(self) -> bool:
        """Return whether everything was as promised."""
        return not self.action.findings and not self.left

    def table(self) -> str:
        """Return the figures, one per line."""
        rows: list[tuple[str, object]] = [
            ("seed", self.run.seed),
            *([(f"commit of {', '.join(BESIDE)}", self.run.beside)] if self.run.beside else []),
            ("killed with -9", f"{self.kills.total()} ({_counted(self.kills)})"),
            ("faults", f"{self.faults.total()} ({_counted(self.faults)})"),
            ("jobs tracked", f"{self.jobs} in {self.subscriptions} subscriptions"),
            ("commands without effect", self.in_vain),
            ("results posted", self.action.told),
            ("failures that watches match", self.action.watched),
            ("subscriptions in the emptied Redis", self.action.emptied),
            ("lost", self.action.number("lost")),
            ("doubled", self.action.number("doubled")),
            ("wrong otherwise", len(self.action.findings) - sum(map(self.action.number, ("lost", "doubled")))),
            ("posts in doubt found by search", self.by_search),
            ("duplicate posts deleted", self.taken_back),
            ("processes that exited on their own", _counted(self.restarts) or 0),
            ("work left", ", ".join(self.left) or 0),
            ("seconds", round(self.seconds)),
        ]
        return "\n".join(f"{name:36}{value}" for name, value in rows)

    def __str__(self) -> str:
        return "\n".join([self.table(), *self.details])


def _counted(counter: Counter[Any]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items(), key=str))


async def drive(run: Run, folder: Path, say: Callable[[str], object] = sys.stdout.write) -> Report:
    """Do a run; logs and Redis's data stay in `folder`.

    Raises:
        MissingCommitError: the commit to run beside this one is not in this clone.
    """
    say(f"seed {run.seed}: {run.kills} kills, {run.jobs} jobs, about {run.seconds:.0f} s; logs in {folder}\n")
    with checkout(run.beside, folder / "beside") if run.beside else nullcontext() as other:
        return await _drive(run, folder, dict.fromkeys(BESIDE, other) if other else {}, say)


async def _drive(run: Run, folder: Path, roots: Mapping[str, Path], say: Callable[[str], object]) -> Report:
    clocks = {name: WallClock(folder / f"{name}.clock") for name in PARTS} if FAKED else {}
    began = time.monotonic()
    limits = httpx.Limits(max_connections=20)
    async with (
        cast(folder, PARTS, clocks, roots) as actors,
        memory(actors.redis.url) as looks,
        httpx.AsyncClient(base_url=actors.slack, timeout=30, limits=limits) as page,
        httpx.AsyncClient(base_url=actors.clouds, timeout=30, limits=limits) as control,
    ):
        await _until_ready(actors)
        stage = Stage(People(page), Clouds(control), looks)
        harm = Harm(
            actors, stage.people, stage.clouds, Random(f"{run.seed}/harm"), run.every_s, stage.empty_redis, clocks
        )
        await stage.keep_watching()
        stage.watched.since = await stage.clouds.now()
        restoring = asyncio.create_task(_restore(stage, harm.archived))
        watching = asyncio.create_task(stage.watch_on())
        episodes = script(Random(f"{run.seed}/story"), run.jobs, run.seconds * 0.8)
        bursts = storms(Random(f"{run.seed}/storms"), max(1, run.kills // 5), run.seconds * 0.8)
        async with asyncio.timeout(run.most_s), asyncio.TaskGroup() as doing:
            doing.create_task(harm.go_on(run.kills))
            for episode in (*episodes, *bursts):
                doing.create_task(play(stage, episode))
        report = Report(run, kills=harm.kills, faults=harm.faults)
        say(f"seed {run.seed}: all faults caused and all jobs finished after {time.monotonic() - began:.0f} s\n")
        report.left = await _until_quiet(stage, run.quiet_s)
        await _judge(report, stage, actors)
        restoring.cancel()
        watching.cancel()
    report.seconds = time.monotonic() - began
    return report


async def _until_ready(actors: Cast) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while any(not part.logged('"event": "ready"') for part in actors.parts.values()):  # noqa: ASYNC110  # a log sends no event
            await asyncio.sleep(LOOK_S)


async def _restore(stage: Stage, archived: set[str]) -> None:
    """Press Restore wherever that helps, as subscribers do."""
    while True:
        for place in await stage.memory.suspended():
            if place not in archived:
                await stage.people.restores(place)
        await asyncio.sleep(RESTORE_S)


async def _until_quiet(stage: Stage, seconds: float) -> list[str]:
    """Wait until no work has been left for a while; return what is left at the time limit."""
    ends, quiet_since = time.monotonic() + seconds, float("inf")
    left: list[str] = []
    while time.monotonic() < min(ends, quiet_since + QUIET_S):
        left = await stage.memory.waiting(stage.ledger.ends.keys() | stage.in_storms)
        quiet_since = float("inf") if left else min(quiet_since, time.monotonic())
        await asyncio.sleep(LOOK_S)
    return left


async def _judge(report: Report, stage: Stage, actors: Cast) -> None:
    places = [*USERS, *(channel.id for channel in CHANNELS)]
    emptied = stage.watched.emptied_at
    conversations = [await read(place, stage.people, stage.memory, emptied) for place in places]
    failures = Failures.of(await stage.clouds.transitions(), stage.watched)
    report.jobs = len({ref for _, ref in stage.ledger.cards})
    report.subscriptions = len(stage.ledger.cards)
    report.in_vain = len(stage.ledger.in_vain)
    report.action = judge(stage.ledger, conversations, failures)
    calls = await stage.people.calls()
    report.taken_back = sum(call["method"] == "chat.delete" and not call["error"] for call in calls)
    report.by_search = actors.logged("post in doubt arrived")
    report.restarts = Counter(status for part in actors.parts.values() for status in part.ended_by_itself)
    report.details = [_detail(finding, conversations, calls) for finding in report.action.findings]


def _detail(finding: Finding, conversations: list[Conversation], calls: list[Json]) -> str:
    """Return everything known about a fault."""
    lines = [f"{finding.kind}: {finding.ref} in {finding.place}: {finding.what}"]
    here = next((each for each in conversations if each.place == finding.place), None)
    names = [finding.ref] if ":" not in finding.ref else finding.ref.partition(": ")[2].split(", ")
    if here and finding.ref:
        lines += [f"  said: {card}" for ref in names[:1] for card in here.card_of(ref)]
        lines += [f"  told: {each}" for ref in names for each in here.tellings.get(ref, [])]
        threads = {card.ts for ref in names for card in here.card_of(ref)}
        about = [call for call in calls if _concerns(call["arguments"], names, threads)]
        lines += [f"  call: {_brief(call)}" for call in about[-CALLS_SHOWN:]]
    return "\n".join(lines)


def _concerns(arguments: Json, names: list[str], threads: set[str]) -> bool:
    said = str(arguments)
    return any(name in said for name in names) or bool(threads & {arguments.get("thread_ts"), arguments.get("ts")})


def _brief(call: Json) -> str:
    arguments = call["arguments"]
    about = {key: arguments.get(key) for key in ("channel", "ts", "thread_ts", "metadata") if arguments.get(key)}
    stored = " stored" if call["stored"] else ""
    return f"{call['at']:.3f} {call['method']} {about} -> {call['error'] or 'ok'}{stored}: {arguments.get('text', '')}"
