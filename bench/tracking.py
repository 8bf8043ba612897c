"""What it costs to follow jobs, and how soon a change is told.

`python -m bench.tracking`; the simulated clouds and Slack run in other processes, CPU is that of this process alone.
`--quick` leaves out the largest numbers.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import sweeps
from bench.measure import show

NUMBERS = (1_000, 10_000, 100_000)
SINGLE_NUMBERS = (1_000,)
"""Jobs of a service that has to be asked about each by itself."""
KEEP_UP = (100, 1_000, 10_000)


async def sweep_all(numbers: tuple[int, ...]) -> None:
    rows: list[list[str]] = []
    for service in ("video-ocr", "vod-ai", "vod-jobs"):
        for number in SINGLE_NUMBERS if service == "vod-jobs" else numbers:
            with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder:
                swept = await sweeps.measure(service, number, Path(folder))
                rows.append(swept.row)
                print(swept)
    show("One look at every followed job", sweeps.COLUMNS, rows)


async def main(arguments: list[str]) -> None:
    await sweep_all(NUMBERS[:2] if "--quick" in arguments else NUMBERS)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
