"""Schedules tasks by fleet time. pydocket schedules by the clock of the machine."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import, and the terminal does not need it
    from docket import Docket

EXACT = timedelta(seconds=1)
"""A machine's clock this close to fleet time needs no correction."""

Clock = Callable[[], datetime]


def on_machine(when: datetime, clock: Clock) -> datetime:
    """Convert a fleet time to the time of this machine's clock, for pydocket."""
    return datetime.now(UTC) + (when - clock())


async def correct(docket: "Docket", key: str, when: datetime, clock: Clock) -> None:
    """Correct the schedule of a task, which this machine just added, to this fleet time."""
    if abs(datetime.now(UTC) - clock()) > EXACT:
        async with docket.redis() as redis:
            await redis.zadd(docket.queue_key, {key: when.timestamp()}, xx=True)
