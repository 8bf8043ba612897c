"""Slack's rate limits, enforced on demand.

The figures come from Slack's rate limits page: about one message a second in each channel, with short bursts. Other
methods have a tier: calls of one method a minute, for the whole workspace.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.errors import RateLimitedError

BURST_MAX = 4
"""Messages that a channel accepts in one burst. Slack gives no number; the sandbox allows one and three extra."""
POSTS_PER_SECOND = 1.0
WINDOW_S = 60.0
_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
_GENEROSITY = 2
"""Slack promises at least its tiers ("50+"). Methods that do not test the bot's pace get twice as much."""
PER_MINUTE = {
    "chat.update": _TIER_3,
    "chat.delete": _TIER_3 * _GENEROSITY,
    "chat.unfurl": _TIER_3 * _GENEROSITY,
    "chat.postEphemeral": _TIER_4 * _GENEROSITY,
    "conversations.history": _TIER_3 * _GENEROSITY,
    "conversations.info": _TIER_3 * _GENEROSITY,
    "conversations.list": _TIER_2 * _GENEROSITY,
    "conversations.members": _TIER_4 * _GENEROSITY,
    "conversations.open": _TIER_3 * _GENEROSITY,
    "conversations.replies": _TIER_3 * _GENEROSITY,
    "usergroups.list": _TIER_2 * _GENEROSITY,
    "usergroups.users.list": _TIER_2 * _GENEROSITY,
    "users.conversations": _TIER_3 * _GENEROSITY,
    "users.info": _TIER_4 * _GENEROSITY,
    "views.open": _TIER_4 * _GENEROSITY,
    "views.publish": _TIER_4 * _GENEROSITY,
    "views.push": _TIER_4 * _GENEROSITY,
    "views.update": _TIER_4 * _GENEROSITY,
}
"""Calls a minute. Unnamed methods, such as apps.connections.open, have no limit."""


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimits:
    """The app's rate limits, which apply only if `enforced`."""

    def __init__(self, clock: Clock, *, enforced: bool = False) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._made: defaultdict[str, deque[float]] = defaultdict(deque)
        self.enforced = enforced

    def keep(self, method: str, channel: str | None) -> None:
        """Count a call. Raises RateLimitedError above the limit; that call does not count."""
        if not self.enforced:
            return
        if method == "chat.postMessage":
            self._post(channel or "")
        elif method in PER_MINUTE:
            self._call(method, PER_MINUTE[method])

    def _post(self, channel: str) -> None:
        now = self._clock()
        bucket = self._buckets.setdefault(channel, _Bucket(BURST_MAX, now))
        bucket.left = min(BURST_MAX, bucket.left + (now - bucket.at) * POSTS_PER_SECOND)
        bucket.at = now
        if bucket.left < 1:
            raise RateLimitedError(_seconds((1 - bucket.left) / POSTS_PER_SECOND))
        bucket.left -= 1

    def _call(self, method: str, most: int) -> None:
        now, made = self._clock(), self._made[method]
        while made and made[0] <= now - WINDOW_S:
            made.popleft()
        if len(made) >= most:
            raise RateLimitedError(_seconds(made[0] + WINDOW_S - now))
        made.append(now)


def _seconds(wait: float) -> int:
    return max(1, math.ceil(wait))
