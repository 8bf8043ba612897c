"""The cost of tracking jobs, and the time from a change to its notification.

Run `python -m bench.tracking`. The simulated clouds, Slack and Redis run in other processes. `--quick` skips the
largest number.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from bench import polling, rounds, sweeps, telling
from bench.measure import show

NUMBERS = (1_000, 10_000, 100_000)
KEPT_NUMBERS = (100, 1_000, 10_000)
SINGLE_JOBS = 1_000
"""Jobs of the service that needs a separate request for each."""
POLLED = 200
TOLD = 60
BURST = 1_000


class _Measured(Protocol):
    @property
    def row(self) -> list[str]: ...


M = TypeVar("M", bound=_Measured)


async def rows(measures: Iterable[Callable[[Path], Awaitable[M]]]) -> list[list[str]]:
    """Measure one after the other, each with a separate Redis."""
    found: list[list[str]] = []
    for measure in measures:
        with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder:
            found.append((await measure(Path(folder))).row)
    return found


async def main(numbers: tuple[int, ...]) -> None:
    """Measure everything and print it."""
    work = [(service, number) for service in ("video-ocr", "vod-ai") for number in numbers]
    looks = [partial(sweeps.measure, *at) for at in [*work, ("vod-jobs", SINGLE_JOBS)]]
    title = "One look at every job; CPU in µs a job (target: at most 2 x httpx), Redis (target: under 1 KiB of text)"
    show(title, sweeps.COLUMNS, await rows(looks))
    small = [(service, number) for service in ("video-ocr", "vod-ai") for number in KEPT_NUMBERS]
    title = f"Requests in {sweeps.MINUTES} minutes, and the least for a look every two minutes"
    show(title, sweeps.KEPT_COLUMNS, await rows([partial(sweeps.keep_up, *at) for at in small]))
    title = "A worker's round over two services (target: no longer than its interval, memory under 300 MiB)"
    show(title, rounds.COLUMNS, await rows([partial(rounds.measure, number) for number in numbers]))
    told = [
        partial(telling.tell, "video-ocr", 100, TOLD),
        partial(telling.tell, "vod-ai", 300, TOLD, limited=True),
    ]
    title = "From a change to its record (young jobs: every 10 s), and from there to Slack (target: under 250 ms)"
    show(title, telling.COLUMNS, await rows(told))
    title = "Simultaneous changes (target: within 10 messages, no 429)"
    show(title, telling.BURST_COLUMNS, await rows([partial(telling.burst, "video-ocr", BURST)]))
    polled = [partial(polling.measure, service, POLLED) for service in polling.VENDORS]
    show("Callboard, and a loop for each job over the vendor's client", polling.COLUMNS, await rows(polled))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(NUMBERS[:-1] if "--quick" in sys.argv else NUMBERS)))
