"""What Callboard needs of a Redis server."""

from typing import NamedTuple

OLDEST = (6, 2)
"""The first version with GETEX and the other commands used here."""
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
"""The schemes of the URLs that lead to a server, to Sentinels or to a cluster."""


class Server(NamedTuple):
    """What a Redis server says of itself; of several, the least of it.

    `durable`: it writes changes to disk, at moments that `fsync` tells (appendfsync), if it may be asked.
    """

    version: str
    durable: bool
    fsync: str | None = None

    @property
    def supported(self) -> bool:
        """Whether it knows every command used here."""
        return comparable(self.version) >= OLDEST


def comparable(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
