"""For how long somebody wants to hear nothing about a card. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

MORNING = 9
"""The hour at which people start to work."""
AT_LEAST = timedelta(hours=1)
"""A morning that is nearer than this is not the one that is meant."""


class Rest(StrEnum):
    """What can be picked."""

    HOUR = "1h"
    HOURS = "4h"
    MORNING = "morning"


def until(rest: Rest, now: datetime, offset: timedelta) -> datetime:
    """Return when a rest that begins now is over; `offset` is how far somebody's clock is ahead of UTC."""
    match rest:
        case Rest.HOUR:
            return now + timedelta(hours=1)
        case Rest.HOURS:
            return now + timedelta(hours=4)
        case Rest.MORNING:
            there = now + offset
            morning = there.replace(hour=MORNING, minute=0, second=0, microsecond=0) - offset
            return morning if morning - now >= AT_LEAST else morning + timedelta(days=1)
