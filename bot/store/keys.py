"""Every key that Callboard keeps in Redis: its name, its type and its lifetime.

Names that belong to one service share the hash tag `{ACCOUNT/SERVICE}`, so that one script or transaction may touch
them together on a Redis Cluster.
"""

from dataclasses import dataclass
from datetime import timedelta

PREFIX = "callboard:"


@dataclass(frozen=True, slots=True)
class Key:
    """A family of keys. `lifetime` counts from the last write (or use, where `holds` says so).

    A key without a lifetime has an `owner`: whoever deletes it when it has served.
    """

    name: str
    type: str
    lifetime: timedelta | None
    holds: str
    owner: str = ""

    def of(self, *parts: str) -> str:
        """The key of one thing, such as an account and a service."""
        return PREFIX + self.name.format(*parts)

    @property
    def seconds(self) -> int:
        """The lifetime as Redis wants it. Raises ValueError for a key that its owner deletes."""
        if self.lifetime is None:
            raise ValueError(f"{self.name} has no lifetime: {self.owner} deletes it")
        return int(self.lifetime.total_seconds())


RECENT = Key("{{{}/{}}}:recent", "zset", timedelta(days=30), "ids of a service's jobs seen before, by when asked")
RECENT_JOBS = Key("{{{}/{}}}:recent:jobs", "hash", timedelta(days=30), "those jobs as JSON, by id")
HEALTH = Key("{{{}/{}}}:health", "hash", timedelta(days=30), "how a service answered last")
PAYLOAD = Key(
    "payload:{}", "string", timedelta(days=7), "a command too long for a button; the lifetime is since its use"
)
VIEW = Key("view:{}", "string", timedelta(hours=1), "when the newest question behind a message was asked")
BUDGET = Key(
    "budget:{}", "list", timedelta(minutes=10), "requests made in the current window; named and kept by `limits`"
)
TASKS = Key("tasks:{}", "*", None, "tasks that wait, run or just ended; on a cluster {callboard:tasks}:…", "pydocket")

ALL = (RECENT, RECENT_JOBS, HEALTH, PAYLOAD, VIEW, BUDGET, TASKS)
