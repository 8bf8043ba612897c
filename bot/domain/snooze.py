"""How long a snooze pauses the notifications of a card. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

MORNING = 9
"""The hour at which people start to work."""
AT_LEAST = timedelta(hours=1)
"""A morning nearer than this does not count: the next one is meant."""


class Rest(StrEnum):
    """The lengths of a snooze that can be picked."""

    HOUR = "1h"
    HOURS = "4h"
    MORNING = "morning"


def until(rest: Rest, now: datetime, offset: timedelta) -> datetime:
    """Return when a snooze that starts now is over. `offset` is how far the person's clock is ahead of UTC."""
    match rest:
        case Rest.HOUR:
            return now + timedelta(hours=1)
        case Rest.HOURS:
            return now + timedelta(hours=4)
        case Rest.MORNING:
            there = now + offset
            morning = there.replace(hour=MORNING, minute=0, second=0, microsecond=0) - offset
            return morning if morning - now >= AT_LEAST else morning + timedelta(days=1)
