"""The schedule of tasks, by fleet time. pydocket keeps it, and goes by the clock of the machine that plans a task."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # slow to import, and the terminal does without it
    from docket import Docket

EXACT = timedelta(seconds=1)
"""A machine's clock that is this close to fleet time needs no correction."""

Clock = Callable[[], datetime]


def on_machine(when: datetime, clock: Clock) -> datetime:
    """Return a fleet time as the clock of this machine will show it, as pydocket wants it."""
    return datetime.now(UTC) + (when - clock())


async def put_right(docket: "Docket", key: str, when: datetime, clock: Clock) -> None:
    """Have a task that this machine just planned run at this fleet time, whatever the machine's clock says."""
    if abs(datetime.now(UTC) - clock()) > EXACT:
        async with docket.redis() as redis:
            await redis.zadd(docket.queue_key, {key: when.timestamp()}, xx=True)
