"""Identifies the database, to detect a reset: an emptied or replaced database has lost its id."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import CONFIGURED, EPOCH, INSTALLATIONS, PLACES, SEARCHED
from providers.models import Moment

SHOWN_FOR = timedelta(days=7)
"""How long operators and lists see a reset."""
_SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


class Epoch(BaseModel):
    """The lifetime of one database, from its first use.

    `at` is when the first process wrote this record, and `empty` says whether the database held no data of Callboard
    then. `reset_at` is when a process noticed that this database replaced an earlier one. `acknowledged` says that an
    operator has seen that.
    """

    model_config = ConfigDict(frozen=True, extra="allow")  # a swap keeps the fields of a later version

    format: int = 1
    id: str
    at: Moment | None = None
    empty: bool = False
    reset_at: Moment | None = None
    acknowledged: bool = False

    @property
    def knows_from(self) -> datetime | None:
        """The time since which this database has every card; None if it has older ones too."""
        return self.reset_at or (self.at if self.empty else None)

    def recent_reset(self, now: datetime) -> datetime | None:
        """Return when the database was reset, if that was within `SHOWN_FOR`."""
        return self.reset_at if self.reset_at and now - self.reset_at < SHOWN_FOR else None


@dataclass(slots=True)
class Epochs:
    """The epoch of the database. `known` is the id that this process saw last, at `seen_at`; empty before that.

    Raises StoreUnavailable.
    """

    link: RedisLink
    known: str = ""
    seen_at: datetime | None = None

    async def read(self) -> Epoch | None:
        """Return the stored epoch; None if there is none."""
        found, _ = await self._read()
        return found

    async def check(self, now: datetime) -> tuple[Epoch, bool]:
        """Return the epoch, and whether this process saw another one before. Creates a missing epoch."""
        found, text = await self._read()
        if found is None:
            found, text = await self._begin(now)
        another = self.known not in {"", found.id}
        if self._unnoticed(found):
            found = await self._change(found, text, reset_at=now, acknowledged=False)
        self.known, self.seen_at = found.id, now
        return found, another

    async def as_of(self, now: datetime) -> Epoch | None:
        """Return the epoch; None if there is none. A reset since the last check counts as one of `now`."""
        found = await self.read()
        if found is None:
            return Epoch(id="", reset_at=now) if self.known else None
        return found.model_copy(update={"reset_at": now}) if self._unnoticed(found) else found

    async def recent_reset(self, now: datetime) -> datetime | None:
        """Return when the database was reset, if that was within `SHOWN_FOR`."""
        found = await self.as_of(now)
        return found.recent_reset(now) if found else None

    async def note_reset(self) -> None:
        """Note that this database replaced an earlier one, whose cards were found in Slack.

        Does nothing if the database was not empty at first.
        """
        found, text = await self._read()
        if found and found.reset_at is None and found.empty:
            await self._change(found, text, reset_at=found.at)

    async def acknowledge(self) -> None:
        """Note that an operator has seen the reset."""
        found, text = await self._read()
        if found:
            await self._change(found, text, acknowledged=True)

    async def searched(self, epoch: Epoch, workspace: str) -> set[str]:
        """Return the destinations of a workspace that were searched for cards of the earlier database.

        Includes the workspace itself after all of its destinations.
        """
        return set(await self.link.execute("SMEMBERS", SEARCHED.of(epoch.id, workspace)))

    async def note_searched(self, epoch: Epoch, workspace: str, destination: str) -> None:
        """Note that a destination, or the workspace itself, was searched for such cards."""
        key = SEARCHED.of(epoch.id, workspace)
        await self.link.execute_many([("SADD", key, destination), ("EXPIRE", key, SEARCHED.seconds)])

    async def purge(self, workspace: str) -> None:
        """Delete the list of searched destinations of a workspace."""
        if found := await self.read():
            await self.link.execute("DEL", SEARCHED.of(found.id, workspace))

    def _unnoticed(self, found: Epoch) -> bool:
        """Return whether the epoch changed since `seen_at`, and no process noted a reset."""
        if self.known in {"", found.id} or self.seen_at is None:
            return False
        return found.reset_at is None or found.reset_at < self.seen_at

    async def _read(self) -> tuple[Epoch | None, str]:
        text = await self.link.execute("GET", EPOCH.of()) or ""
        return (_epoch(text) if text else None), text

    async def _begin(self, now: datetime) -> tuple[Epoch, str]:
        """Write an epoch, unless another process was faster; return the stored one."""
        used = any(await self.link.execute_many([("EXISTS", key.of()) for key in (CONFIGURED, PLACES, INSTALLATIONS)]))
        reset_at = now if self.known else None
        mine = Epoch(id=secrets.token_hex(8), at=now, empty=not used, reset_at=reset_at)
        await self.link.execute("SET", EPOCH.of(), mine.model_dump_json(), "NX")
        found, text = await self._read()
        return found or mine, text

    async def _change(self, found: Epoch, text: str, **fields: object) -> Epoch:
        """Change fields of the epoch, unless another process did; return the current one."""
        changed = found.model_copy(update=fields)
        if await self.link.execute("EVAL", _SWAP, 1, EPOCH.of(), text, changed.model_dump_json()):
            return changed
        return await self.read() or changed


def _epoch(text: str) -> Epoch:
    """Read an epoch. An unreadable record counts as a different epoch."""
    try:
        return Epoch.model_validate_json(text)
    except ValidationError:
        return Epoch(id=blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest())
