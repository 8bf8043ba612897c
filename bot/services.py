"""What every use case needs, in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.catalog import Catalog
from bot.pace import Pace
from bot.store import Store
from providers.base import Provider

ANSWER_S = 10.0
"""A question is answered after this many seconds at the latest, with what is there."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that use cases work with; handed to every handler."""

    providers: Sequence[Provider]
    store: Store
    clock: Callable[[], datetime] = utc_now
    answer_s: float = ANSWER_S
    pace: Pace = field(default_factory=Pace)

    @property
    def catalog(self) -> Catalog:
        return Catalog.of(self.providers)
