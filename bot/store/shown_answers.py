"""Decides which answer a message shows: that of the newest command, even if answers arrive out of order."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import VIEW

TAKES_S = 300
"""No answer takes this many seconds. A command or job that is newer by more was recorded by a wrong clock."""
_CLAIM = """
local newest = redis.call('GET', KEYS[1])
local later = newest and tonumber(newest) - tonumber(ARGV[1]) or 0
if later > 0 and later < tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The time of the newest command behind each message. Raises StoreUnavailable."""

    link: RedisLink

    async def claim(self, view: str, asked_at: datetime) -> bool:
        """Return whether the answer to a command of `asked_at` may be shown: no newer command claimed its message.

        `view` identifies the message. Only its digest is stored, since it may be a response URL.
        """
        return bool(await self.link.execute("EVAL", _CLAIM, 1, _key(view), asked_at.timestamp(), VIEW.seconds, TAKES_S))

    async def claimed(self, view: str) -> bool:
        """Return whether a command claimed this message."""
        return bool(await self.link.execute("EXISTS", _key(view)))


def _key(view: str) -> str:
    return VIEW.of(blake2b(view.encode(), digest_size=16).hexdigest())
