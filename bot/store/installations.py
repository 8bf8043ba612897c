"""Workspaces that installed the app over OAuth, with their tokens, and finished installations.

The caller encrypts all of it (`bot.slack_api.token_encryption`): Redis never has a readable token.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.domain.elapsed import in_future
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import ABSENT, FINISHED, INSTALLATIONS, RENEWING
from providers.json_fields import instant

_SWAP = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Installations:
    """Encrypted installations by workspace. Raises StoreUnavailable."""

    link: RedisLink

    async def get(self, workspace: str) -> str | None:
        """Return the installation of a workspace."""
        return await self.link.execute("HGET", INSTALLATIONS.of(), workspace)

    async def all(self) -> dict[str, str]:
        """Return every installation."""
        return await self.link.execute("HGETALL", INSTALLATIONS.of())

    async def put(self, workspace: str, encrypted: str) -> None:
        """Store an installation, and replace an earlier one."""
        await self.link.execute("HSET", INSTALLATIONS.of(), workspace, encrypted)

    async def swap(self, workspace: str, found: str, encrypted: str) -> bool:
        """Replace the installation that was found, or delete it if `encrypted` is empty.

        Returns False if it has changed since.
        """
        return bool(await self.link.execute("EVAL", _SWAP, 1, INSTALLATIONS.of(), workspace, found, encrypted))

    async def may_renew(self, workspace: str) -> bool:
        """Return whether the caller may renew the tokens now. A refresh token works only once, so one process does."""
        return bool(await self.link.execute("SET", RENEWING.of(workspace), "1", "NX", "EX", RENEWING.seconds))

    async def absent(self, workspaces: Collection[str], now: datetime) -> dict[str, datetime]:
        """Note that exactly these workspaces are absent now; return since when each of them has been."""
        since: dict[str, str] = await self.link.execute("HGETALL", ABSENT.of())
        if back := since.keys() - workspaces:
            await self.link.execute("HDEL", ABSENT.of(), *back)
        for workspace in workspaces - since.keys():
            await self.link.execute("HSETNX", ABSENT.of(), workspace, now.isoformat())
        found = {name: instant(since.get(name)) or now for name in workspaces}
        for workspace in [name for name, at in found.items() if in_future(at, now)]:
            found[workspace] = now  # a wrong clock noted it
            await self.link.execute("HSET", ABSENT.of(), workspace, now.isoformat())
        return found

    async def finish(self, state_id: str) -> None:
        """Note that an installation was finished: its OAuth state cannot be used again."""
        await self.link.execute("SET", FINISHED.of(state_id), "1", "EX", FINISHED.seconds)

    async def finished(self, state_id: str) -> bool:
        """Return whether an installation was finished already."""
        return bool(await self.link.execute("EXISTS", FINISHED.of(state_id)))
