"""How long a command waits for its acknowledgement: Callboard, and a Bolt app that does nothing else.

Run `python -m bench.ack`. Both get the same commands in turns. The time is from sending the envelope to its
acknowledgement.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from bench.apps import Answers, run_bare, run_callboard, take_answers
from bench.clouds import Clouds, clouds
from bench.measure import show
from bench.processes import POLITE, cores, process, stay_on
from bench.workspace import Switchboard
from bot.store.redis.embedded import embedded_redis

SECONDS = 4
ROUNDS = 3
JOBS = 300
PERCENTS = (50, 95, 99)


class Load(NamedTuple):
    """A command, sent at a rate per second."""

    text: str
    per_second: float


LOADS = (
    Load("help list", 50),  # answered immediately
    Load("list", 10),  # asks three clouds for their lists, and Redis for two more
    Load("list", 50),  # more than a core can answer: acknowledgements must not wait for answers
)


class Contest(NamedTuple):
    """Both apps, connected, and the answers of the one that gives any."""

    callboard: Switchboard
    bare: Switchboard
    answers: Answers

    async def run(self, load: Load) -> dict[str, list[float]]:
        """Return each app's milliseconds in the median round, by app."""
        rounds: dict[str, list[list[float]]] = {"Callboard": [], "bare Bolt": []}
        for _ in range(ROUNDS + 1):
            texts = [load.text] * round(load.per_second * SECONDS)
            rounds["Callboard"].append(await self.callboard.send_commands(texts, load.per_second))
            await self.answers.arrive(len(texts))  # its work must not slow the other app down
            rounds["bare Bolt"].append(await self.bare.send_commands(texts, load.per_second))
        # The first round opens connections and fills caches.
        return {name: _percentiles(each[1:]) for name, each in rounds.items()}


def _percentiles(rounds: list[list[float]]) -> list[float]:
    """Return percentiles of the times, each the median of all rounds."""
    cuts = [quantiles(times, n=100, method="inclusive") for times in rounds]
    return [median(each[percent - 1] for each in cuts) for percent in PERCENTS]


@asynccontextmanager
async def contest(redis_url: str, where: Clouds, core: int | None) -> AsyncGenerator[Contest]:
    """Start both apps on the same core; one is idle while the other is measured."""
    async with AsyncExitStack() as stack:
        answers = Answers(stack.enter_context(process(take_answers, niceness=POLITE)))
        callboard, bare = Switchboard(answers.url), Switchboard(answers.url)
        api_url = await stack.enter_async_context(callboard.serving())
        bare_api_url = await stack.enter_async_context(bare.serving())
        stack.enter_context(process(run_callboard, api_url, redis_url, where, core=core))
        stack.enter_context(process(run_bare, bare_api_url, core=core))
        await asyncio.gather(callboard.connected(), bare.connected())
        yield Contest(callboard, bare, answers)


def rows(load: Load, times: Mapping[str, list[float]]) -> list[list[str]]:
    """Return each app's percentiles, and how many times longer Callboard takes."""
    ours, bare = times.values()
    title = f"/jobs {load.text}, {load.per_second:g}/s"
    table = [[f"{title}: {name}", *(f"{value:.1f} ms" for value in values)] for name, values in times.items()]
    return [*table, ["x bare", *(f"{mine / theirs:.2f}" for mine, theirs in zip(ours, bare, strict=True))]]


async def main() -> None:
    """Measure and print."""
    app_core, other_core = cores()
    stay_on(other_core)
    table: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder, clouds(JOBS) as where:
        async with embedded_redis(Path(folder)) as redis_url, contest(redis_url, where, app_core) as both:
            for load in LOADS:
                table += rows(load, await both.run(load))
    title = "Command to acknowledgement, each app on one core (target at 50/s: p99 under 100 ms, at most 1.3 x bare)"
    show(title, ["", *(f"p{percent}" for percent in PERCENTS)], table)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
