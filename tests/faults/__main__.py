"""`make soak`: a long run and its figures, with exit status 1 for any loss, duplicate or other fault."""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.faults.driver import Report, Run, drive
from tests.releases import MissingCommitError, full_name

MIXED_QUIET_S = 900.0
"""A version that does not read newer records. It takes half of the tasks and does nothing in them."""


async def _until_stopped(run: Run, folder: Path) -> Report:
    """Do the run, and end every process on SIGTERM too."""
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await drive(run, folder)


def main() -> int:
    """Do one run with the options of the command line."""
    options = argparse.ArgumentParser(prog="make soak", description=__doc__)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(100_000))
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--jobs", type=int, help="default: 2 for each kill")
    options.add_argument("--every", type=float, default=1.5, help="seconds between two deeds of harm")
    options.add_argument("--beside", metavar="COMMIT", help="half of the fleet runs this commit")
    told = options.parse_args()
    try:
        beside = full_name(told.beside) if told.beside else None
    except MissingCommitError as reason:
        options.error(str(reason))
    folder = Path(tempfile.mkdtemp(prefix="callboard-soak-"))
    quiet_s = MIXED_QUIET_S if beside else Run.quiet_s
    run = Run(told.seed, told.kills, told.jobs or 2 * told.kills, told.every, quiet_s, beside)
    report = asyncio.run(_until_stopped(run, folder))
    sys.stdout.write(f"\n{report}\n")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
