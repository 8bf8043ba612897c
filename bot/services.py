"""What every use case needs, in one place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.catalog import Catalog
from bot.metrics import Metrics
from bot.pace import Pace
from bot.store import Store
from providers.base import Provider

if TYPE_CHECKING:  # slow to import, and the terminal does without both
    from docket import Docket
    from slack_sdk.web.async_client import AsyncWebClient

ANSWER_S = 10.0
"""A question is answered after this many seconds at the latest, with what is there."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that use cases work with; handed to every handler and task.

    `slack` and `docket` are None in the terminal, which answers alone.
    """

    providers: Sequence[Provider]
    store: Store
    clock: Callable[[], datetime] = utc_now
    answer_s: float = ANSWER_S
    pace: Pace = field(default_factory=Pace)
    slack: "AsyncWebClient | None" = None
    docket: "Docket | None" = None
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def catalog(self) -> Catalog:
        return Catalog.of(self.providers)
