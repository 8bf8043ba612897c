"""One look at a service: its provider, the watches on it, and the results so far."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.deps.deps import Deps
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import Due
from bot.domain.walks import Discovery
from bot.polling import planner
from bot.polling.walk import Walk
from bot.polling.witness import Witness
from bot.rules.service_watches import ServiceWatches
from providers.base import Provider
from providers.errors import ProviderError
from providers.http import deadline
from providers.models import Job

REASONS_MAX = 20
"""Failed jobs without a subscriber whose reasons one sweep asks for."""


@dataclass(slots=True)
class ServiceSweep:
    """One look at a service. `left` are jobs still to look up, `discovery` is what is known of new ones.

    `first_due` is when the first tracked job is due, `jobs` is how many were due.

    `tracks` says that new jobs are tracked until they finish. `reasons_left` is how many more jobs without a subscriber
    may be asked about. `failures` counts those that were noticed. `walk` is how far the walk came, `refusal` is why it
    stopped.
    """

    deps: Deps
    provider: Provider
    random: Random = field(default_factory=Random)
    witness: Witness = field(init=False)
    left: dict[str, Due] = field(default_factory=dict[str, Due])
    jobs: int = 0
    first_due: datetime | None = None
    answered: int = 0
    unanswered: ProviderError | None = None
    discovery: Discovery | None = None
    tracks: bool = True
    reasons_left: int = REASONS_MAX
    failures: int = 0
    walk: Walk | None = None
    refusal: ProviderError | None = None
    _watches: ServiceWatches | None = None

    def __post_init__(self) -> None:
        self.witness = Witness(self.deps, self.provider, self.random)

    @property
    def service(self) -> Service:
        return self.provider.account, self.provider.service

    @property
    def skew(self) -> timedelta:
        """How far the provider's clock is ahead of the fleet's, by the last answer."""
        return deadline.skew(self.deps.clock())

    def next_at(self, job: Job) -> datetime:
        """Return the time of a job's next look."""
        return planner.next_look(job.created_at, self.deps.clock(), self.random)

    async def begin(self) -> None:
        """Read the watches on the service, and the progress of its discovery. Raises StoreUnavailable."""
        routes, known, self.first_due = await self.deps.store.discovery.read(self.service)
        self._watches = ServiceWatches.of(routes)
        if routes.watches:
            self.discovery = known
        elif known != Discovery():
            await self.deps.store.discovery.stop(self.service)

    async def watches(self) -> ServiceWatches:
        """Return the watches on the service, as last read. Raises StoreUnavailable."""
        if self._watches is None:
            self._watches = ServiceWatches.of((await self.deps.store.routes.read([self.service]))[self.service])
        return self._watches

    def watches_changed(self) -> None:
        """Mark the watches for a new read."""
        self._watches = None
