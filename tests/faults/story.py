"""The actions of people and jobs in a run: subscribe, start, unsubscribe, finish. Drawn from a seed beforehand."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from tests.faults.ledger import Ledger, SubscriptionOptions
from tests.faults.memory import Memory
from tests.faults.people import USERS, Clouds, People
from tests.faults.watching import SERVICES, STRANGER, WATCHES, Watched, words_in
from tests.faults.world import CHANNELS

OUTCOMES = {
    "video-ocr": ("succeeded", "succeeded", "failed", "cancelled"),
    "image-moderation": ("succeeded", "failed"),
    "digital-human": ("succeeded", "failed", "cancelled"),
    "vod-ai": ("succeeded", "failed"),
    "vod-jobs": ("succeeded", "succeeded", "failed", "cancelled"),
}
LOOK_S = 0.3
AGAIN_S = 8.0
"""Seconds before a command without effect is typed again; until then the first one may still be running."""
TRIES = 6


@dataclass(frozen=True)
class Plan:
    """A job to come: its service, its name, its delay, its result, and how long after the others it finishes."""

    service: str
    name: str
    wait_s: float
    outcome: str
    ends_after_s: float


@dataclass(frozen=True)
class Episode:
    """Some jobs, their subscribers, and those who unsubscribe. Each command names all jobs, or one."""

    at_s: float
    jobs: tuple[Plan, ...]
    commands: tuple[SubscriptionOptions, ...]
    together: bool
    lasts_s: float
    unsubscribes: int = 0
    """How many jobs the first subscriber unsubscribes from before they finish."""


def script(random: Random, jobs: int, seconds: float) -> list[Episode]:
    """Draw episodes with about this many jobs, which start within this time."""
    episodes: list[Episode] = []
    number = 0
    while number < jobs:
        burst = random.random() < 0.15
        size = random.randint(5, 8) if burst else random.choice((1, 1, 1, 2, 3, 6))
        together = size > 1 and not burst
        stranger = random.random() < 0.3
        plans = tuple(_job(random, number + i, burst=burst, stranger=stranger) for i in range(size))
        number += size
        commands = (
            ()
            if stranger
            else (_terms(random, batch=together), *([_terms(random, batch=together)] * (random.random() < 0.25)))
        )
        episodes.append(
            Episode(
                at_s=random.uniform(0, seconds),
                jobs=plans,
                commands=tuple({each.place: each for each in commands}.values()),
                together=together,
                lasts_s=random.uniform(1, min(15, seconds / 3)),
                unsubscribes=random.randint(1, size) if commands and random.random() < 0.1 else 0,
            )
        )
    return episodes


@dataclass(frozen=True)
class Storm:
    """Many jobs without subscribers, which fail for some reasons within some seconds."""

    at_s: float
    services: tuple[str, ...]
    failures: int
    causes: int
    within_s: float


def storms(random: Random, number: int, seconds: float) -> list[Storm]:
    """Draw this many storms, which start within this time."""
    return [
        Storm(
            at_s=random.uniform(0, seconds),
            services=tuple(random.sample(SERVICES, random.choice((1, 1, 3)))),
            failures=random.choice((3, 8, 30)),
            causes=random.randint(1, 3),
            within_s=random.uniform(1, 10),
        )
        for _ in range(number)
    ]


def _job(random: Random, number: int, *, burst: bool, stranger: bool) -> Plan:
    service = random.choice(SERVICES if stranger else list(OUTCOMES))
    wait_s = random.choice((0, 0, 2, 5))
    outcome = random.choice(OUTCOMES[service])
    name = f"{STRANGER if stranger and number % 2 else 'job'}-{number:04}.mp4"
    return Plan(service, name, wait_s, outcome, 0 if burst else random.choice((0, 0, 1, 3)))


def _terms(random: Random, *, batch: bool) -> SubscriptionOptions:
    on = random.choice(("done", "done", "done", "failed", "done" if batch else "any"))
    to = random.choice(("", "", "here", "thread", "dm"))
    return SubscriptionOptions(random.choice(USERS), random.choice(CHANNELS).id, on, to)


@dataclass
class Stage:
    """What the people and the jobs of a run act on."""

    people: People
    clouds: Clouds
    memory: Memory
    ledger: Ledger = field(default_factory=Ledger)
    watched: Watched = field(default_factory=Watched)
    in_storms: set[str] = field(default_factory=set[str])

    async def empty_redis(self) -> None:
        """Delete everything in Redis, and record what it was."""
        self.watched.emptied_at = await self.clouds.now()
        self.ledger.emptied |= await self.memory.empty()

    async def keep_watching(self) -> None:
        """Type the missing watches until Redis has them and the services are watched."""
        for channel in dict.fromkeys(each.channel for each in WATCHES):
            for number, words in enumerate(words_in(channel)):
                while await self.memory.watched(channel) <= number:
                    await self.people.types(USERS[0], channel, f"/jobs watch {words}")
                    await asyncio.sleep(AGAIN_S / 4)
        while not await self.memory.discovers(SERVICES):  # noqa: ASYNC110  # Redis sends no event
            await asyncio.sleep(LOOK_S)

    async def watch_on(self) -> None:
        """Watch, and do so again after Redis was emptied."""
        while True:
            if self.watched.emptied_at and self.watched.restored_at == float("inf"):
                await self.keep_watching()
                self.watched.restored_at = await self.clouds.now()
            await asyncio.sleep(LOOK_S)


async def play(stage: Stage, episode: Episode | Storm) -> None:
    """Play one episode or storm."""
    await asyncio.sleep(episode.at_s)
    if isinstance(episode, Storm):
        order = {"failures": episode.failures, "causes": episode.causes, "within_s": episode.within_s}
        refs = await stage.clouds.storm(episode.services, name=f"{STRANGER}-{{n}}.mp4", **order)
        stage.in_storms |= set(refs)
        await asyncio.sleep(episode.within_s)
        return
    refs = [await stage.clouds.add(job.service, job.name, job.wait_s) for job in episode.jobs]
    groups = [refs] if episode.together else [[ref] for ref in refs]
    await asyncio.gather(*(_subscribe(stage, options, group) for options in episode.commands for group in groups))
    await asyncio.sleep(episode.lasts_s)
    for ref in refs[: episode.unsubscribes]:
        await _unsubscribe(stage, episode.commands[0], ref)
    for ref, job in sorted(zip(refs, episode.jobs, strict=True), key=lambda pair: pair[1].ends_after_s):
        await asyncio.sleep(job.ends_after_s)
        stage.ledger.ending(ref, job.outcome, (await stage.memory.followers([ref]))[ref])
        await stage.clouds.end(ref, job.outcome)


async def _subscribe(stage: Stage, subscription_options: SubscriptionOptions, refs: list[str]) -> None:
    """Type the command until Redis has every job, with a limit."""
    for ref in refs:
        stage.ledger.asked(subscription_options, ref)
    options = f"on:{subscription_options.on}" + (f" to:{subscription_options.to}" if subscription_options.to else "")
    for tried in range(TRIES):
        await stage.people.types(
            subscription_options.user, subscription_options.channel, f"/jobs subscribe {' '.join(refs)} {options}"
        )
        for _ in range(round(AGAIN_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            followers = await stage.memory.followers(refs)
            for ref in refs:
                if card := followers[ref].get(subscription_options.place):
                    stage.ledger.followed(subscription_options.place, ref, card)
            if all(subscription_options.place in followers[ref] for ref in refs):
                if tried:  # the command before this one may be late, not lost
                    await asyncio.sleep(AGAIN_S)
                return
    stage.ledger.in_vain.append(f"{subscription_options}: {refs}")


async def _unsubscribe(stage: Stage, options: SubscriptionOptions, ref: str) -> None:
    """Type the command until the destination's subscription is no longer in Redis."""
    # The command removes the channel's subscriptions of any author, and the author's own elsewhere.
    for place in (options.place, options.channel, options.user):
        stage.ledger.unsubscribing(place, ref)
    for _ in range(TRIES):
        await stage.people.types(options.user, options.channel, f"/jobs unsubscribe {ref}")
        for _ in range(round(AGAIN_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if options.place not in (await stage.memory.followers([ref]))[ref]:
                return
