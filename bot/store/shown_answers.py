"""Which answer may stand in a message: the one asked for last, in whatever order answers arrive."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import VIEW

TAKES_S = 300
"""No answer takes this long: a question or job that is newer by more has a wrong clock's time."""
_CLAIM = """
local newest = redis.call('GET', KEYS[1])
local later = newest and tonumber(newest) - tonumber(ARGV[1]) or 0
if later > 0 and later < tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """When the newest question behind each message was asked. Raises StoreUnavailable."""

    link: RedisLink

    async def claim(self, view: str, asked_at: datetime) -> bool:
        """Whether an answer asked for at `asked_at` may be shown: no newer question claimed its message.

        `view` names the message; only its digest is kept, since a name may be a response URL.
        """
        return bool(await self.link.execute("EVAL", _CLAIM, 1, _key(view), asked_at.timestamp(), VIEW.seconds, TAKES_S))

    async def claimed(self, view: str) -> bool:
        """Whether any question claimed this message."""
        return bool(await self.link.execute("EXISTS", _key(view)))


def _key(view: str) -> str:
    return VIEW.of(blake2b(view.encode(), digest_size=16).hexdigest())
