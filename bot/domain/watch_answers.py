"""Answers about watches, which `bot.views.slack.watches` turns into messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from bot.domain.watches import Mute, Watch


class Outcome(Enum):
    """The result of a command about a watch. EXISTING: an equal watch exists, and nothing changed."""

    ADDED = auto()
    CHANGED = auto()
    UNCHANGED = auto()
    EXISTING = auto()
    RESTORED = auto()


class CoveredService(NamedTuple):
    """A service that a watch covers. If it cannot list its jobs, the watch covers those that were looked up.

    `list_limit` is how many jobs can be read of its list, if each walk reads the whole list.
    """

    account: str
    service: str
    lists: bool
    list_limit: int | None = None

    def __str__(self) -> str:
        return f"{self.account}/{self.service}"


class ListLimit(NamedTuple):
    """A service whose list can be read up to `jobs` entries. `exceeded` is set if it has more; else it may."""

    service: str
    jobs: int
    exceeded: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch after a command about it.

    `covered` are its services that its readers may see, `hidden` those that they may not. `suspended` is why Slack
    accepts no message for the destination. `shared` is set if people from another organization can read there.
    """

    watch: Watch
    outcome: Outcome
    covered: Sequence[CoveredService] = ()
    hidden: Sequence[CoveredService] = ()
    suspended: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Unwatched:
    """The result of a command to remove watches.

    `configured` are watches from the configuration, which stay; `unknown` are ids without a watch.
    """

    removed: Sequence[Watch] = ()
    configured: Sequence[Watch] = ()
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ListedWatch:
    """A watch in a list. `unseen` is set if it waits because its readers may see none of its accounts."""

    watch: Watch
    unseen: bool = False
    suspended: str | None = None


@dataclass(frozen=True, slots=True)
class WatchList:
    """The watches and mutes of a destination, or all those that a person owns."""

    watches: Sequence[ListedWatch] = ()
    mutes: Sequence[tuple[str, Mute]] = ()

    def __bool__(self) -> bool:
        return bool(self.watches or self.mutes)
