"""Schedule the searches for a post in doubt, and decide when it counts as missing. Pure.

Slack's own error comes immediately and says that Slack has handled the call, so its history settles soon. Without an
answer, the call itself may still be on its way.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from slack_sdk.errors import SlackApiError

from bot.domain.outbox import Doubt, InFlightPost
from bot.slack_api.errors import error_code

ANSWERED_S = (1.0, 3.0, 6.0)
"""Searches after Slack's own error, in seconds after it. A post that the last search does not find never arrived."""
SILENT_S = 3.0
"""The first search for a post without an answer, in seconds after the call."""
_CODE = re.compile(r"[a-z0-9_]+")
"""The form of Slack's error codes. A proxy's `error` is a sentence, or missing."""


def left_by(error: SlackApiError) -> Doubt:
    """Return the doubt after an error, which is Slack's own or a proxy's."""
    return Doubt.ANSWERED if _CODE.fullmatch(error_code(error)) else Doubt.SILENT


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches for one post. The `early` ones need budget, the one at `ripe` does not.

    A search from `counts` on that does not find the post means that it never arrived.
    """

    early: tuple[datetime, ...]
    counts: datetime
    ripe: datetime

    @classmethod
    def of(cls, in_flight: InFlightPost, ripe_s: float) -> Self:
        """Return the searches for a post. After `ripe_s` seconds it has arrived or never will."""
        if in_flight.doubt is Doubt.ANSWERED and in_flight.since:
            early = _after(in_flight.since, *ANSWERED_S)
            return cls(early, early[-1], *_after(in_flight.since, ripe_s))
        early, (ripe,) = _after(in_flight.at, min(SILENT_S, ripe_s)), _after(in_flight.at, ripe_s)
        return cls(early, ripe, ripe)

    def settled(self, now: datetime) -> bool:
        """Return whether a post that a search does not find now never arrived."""
        return now >= min(self.counts, self.ripe)

    def next(self, searched: datetime | None) -> datetime:
        """Return the time of the next search. The search at `searched` counts for all due by then."""
        due = (at for at in self.early if searched is None or at > searched)
        return min(next(due, self.ripe), self.ripe)


def _after(moment: datetime, *seconds: float) -> tuple[datetime, ...]:
    return tuple(moment + timedelta(seconds=each) for each in seconds)
