"""Values of answers about watches, which `bot.views.slack.watches` turns into messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from bot.domain.watches import Mute, Watch


class Outcome(Enum):
    """What came of a command about a watch. EXISTING: an equal watch was there, and nothing changed."""

    ADDED = auto()
    CHANGED = auto()
    UNCHANGED = auto()
    EXISTING = auto()
    RESTORED = auto()


class CoveredService(NamedTuple):
    """A service that a watch covers; one that does not list its jobs shows those that were looked up.

    `list_limit` is how many jobs can be read of its list, where that is always read whole.
    """

    account: str
    service: str
    lists: bool
    list_limit: int | None = None

    def __str__(self) -> str:
        return f"{self.account}/{self.service}"


class ListLimit(NamedTuple):
    """A service of whose list so many `jobs` can be read; `exceeded` says that it has more, else it may have."""

    service: str
    jobs: int
    exceeded: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A watch after a command about it.

    `covered` are the services that it covers and its readers may see, `hidden` those that they may not. `suspended` is
    why Slack takes no message for the destination, `shared` says that people of another organization read along there.
    """

    watch: Watch
    outcome: Outcome
    covered: Sequence[CoveredService] = ()
    hidden: Sequence[CoveredService] = ()
    suspended: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Unwatched:
    """How a command to remove watches went.

    `configured` are watches from the configuration, which stay; `unknown` the ids that name none.
    """

    removed: Sequence[Watch] = ()
    configured: Sequence[Watch] = ()
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ListedWatch:
    """A watch in a list; `unseen` says that its readers may see none of its accounts, so that it waits."""

    watch: Watch
    unseen: bool = False
    suspended: str | None = None


@dataclass(frozen=True, slots=True)
class WatchList:
    """The watches and mutes of a destination, or those that a person owns anywhere."""

    watches: Sequence[ListedWatch] = ()
    mutes: Sequence[tuple[str, Mute]] = ()

    def __bool__(self) -> bool:
        return bool(self.watches or self.mutes)
