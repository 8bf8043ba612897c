"""What a Home tab shows: values that `bot.views.slack.home` draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import JobList, Late, ServiceHealth
from bot.domain.cards import Shown


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What others follow in a channel.

    `channel` is empty where none was picked; `there` says whether whoever looks at the tab and the bot are both in it,
    None: not known. Who never `subscribed` there may look at the cards alone (`bot.deps.permissions.place_of_button`).
    """

    channel: str = ""
    there: bool | None = False
    cards: Sequence[Shown] = ()
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """The tab of one person; `mine` is None while Redis cannot be reached.

    `reset` is when the database was reset, if that is news.
    """

    mine: Sequence[Shown] | None
    neighbours: Neighbours
    running: JobList
    failed: JobList
    health: Sequence[ServiceHealth]
    reset: datetime | None = None

    @property
    def pending(self) -> Sequence[Late]:
        """The services that one of the lists still waits for."""
        return list({each.address: each for each in (*self.running.pending, *self.failed.pending)}.values())
