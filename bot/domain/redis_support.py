"""Callboard's requirements of a Redis server."""

from typing import NamedTuple

OLDEST = (6, 2)
"""The first version with GETEX and the other commands used here."""
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
"""The schemes of URLs of a server, of Sentinels or of a cluster."""


class Server(NamedTuple):
    """The version and settings of a Redis server; of several servers, the lowest.

    `durable` is set if it writes changes to disk. `fsync` is how often it does (appendfsync), None if that is unknown.
    """

    version: str
    durable: bool
    fsync: str | None = None

    @property
    def supported(self) -> bool:
        """Whether it has every command used here."""
        return comparable(self.version) >= OLDEST


def comparable(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
