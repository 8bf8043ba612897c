"""The cost of watching services: a storm of failures, many new jobs, and a month of them in Redis.

Run `python -m bench.watching`. The simulated clouds, Slack and Redis run in other processes. `--quick` skips the month.
Further arguments name the parts to measure: `storm`, `arrivals`, `month`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import arrivals, month, storms
from bench.measure import show
from bench.tracking import rows

PARTS = ("storm", "arrivals", "month")


async def main(parts: set[str]) -> None:
    """Measure the parts and print the results."""
    if "storm" in parts:
        title = "A storm in one watched channel (target: 3 posts, at most 3 lines in its first minute, no 429)"
        show(title, storms.COLUMNS, await rows([storms.measure]))
    if "arrivals" in parts:
        title = f"{arrivals.AN_HOUR:,} jobs an hour, {len(arrivals.WATCHES)} watches (target: CPU at most 2 x httpx)"
        show(title, arrivals.COLUMNS, await rows([arrivals.measure]))
    if "month" in parts:
        with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder:
            kept = await month.measure(Path(folder))
        title = f"Days of {month.AN_HOUR:,} jobs an hour in Redis (target: under {month.TARGET_MIB} MiB)"
        show(title, month.COLUMNS, [kept.row])
        show("What is kept", month.FAMILY_COLUMNS, kept.family_rows)


if __name__ == "__main__":
    asked = {*sys.argv[1:]} & {*PARTS} or {*PARTS}
    sys.exit(asyncio.run(main(asked - ({"month"} if "--quick" in sys.argv else set()))))
