"""The simulated world: its clock, its accounts, their jobs and the faults."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from sandbox.clouds.accounts import ACCOUNTS, CloudAccount
from sandbox.clouds.faults import Faults, Target
from sandbox.clouds.jobs import Failure, Job, end_now
from sandbox.clouds.raw_states import KINDS, Outcome
from sandbox.clouds.seed import ARRIVAL_S, Shape, jobs_of
from sandbox.clouds.store import JobStore

ADVANCE_MAX_S = 7 * 86_400
"""The clock can move by at most a week at a time: each service then creates 30,000 jobs."""


class World:
    """The state of the simulated clouds. Nothing runs in the background: job states follow from the clock.

    `clock` returns seconds since 1970. A service starts with `jobs_per_service` jobs, and gets a new one every
    `arrival_s` seconds (0: never).
    """

    def __init__(
        self,
        seed: int = 7,
        clock: Callable[[], float] = time.time,
        *,
        accounts: Sequence[CloudAccount] = ACCOUNTS,
        jobs_per_service: int = 300,
        arrival_s: float = ARRIVAL_S,
    ) -> None:
        """Create a world that starts now."""
        self.accounts = tuple(accounts)
        self.faults = Faults()
        self.requests: Counter[Target] = Counter()
        self._clock = clock
        self._offset = 0.0
        self._latest = 0.0
        start = int(clock())
        shape = Shape(jobs_per_service, arrival_s)
        self._stores = {
            (account.name, service): JobStore(jobs_of(service, f"{seed}/{account.name}", start, shape))
            for account in self.accounts
            for service in account.services
        }

    def now(self) -> float:
        """Return seconds since 1970 by this world's clock, which never goes back."""
        self._latest = max(self._latest, self._clock() + self._offset)
        return self._latest

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative value or more than a week."""
        if not 0 <= seconds <= ADVANCE_MAX_S:
            raise ValueError(f"the clock can move forward by 0 to {ADVANCE_MAX_S} seconds at a time")
        self._offset += seconds

    def shift_clocks(self, seconds: float, account: str = "*", service: str = "*", in_s: float = 0.0) -> None:
        """Set services' own clocks ahead of true time, starting in `in_s` seconds (`*`: every one).

        Earlier times stay as written. Raises LookupError if no service matches.
        """
        chosen = [store for own, of, store in self.stores() if account in ("*", own) and service in ("*", of)]
        if not chosen:
            raise LookupError(f"there is no {account}/{service}")
        for store in chosen:
            store.shift_clock(self.now(), seconds, in_s)

    def read_clock(self, account: str, service: str) -> float:
        """Return the time of a service's clock; true time for an unknown service."""
        store = self._stores.get((account, service))
        return store.clock.reading(self.now()) if store else self.now()

    def store(self, account: str, service: str) -> JobStore:
        """Return the jobs of one service of one account. Raises KeyError for an unknown one."""
        return self._stores[account, service]

    def stores(self) -> Iterator[tuple[str, str, JobStore]]:
        """Yield each service of each account, with its jobs."""
        for (account, service), store in self._stores.items():
            yield account, service, store

    def find(self, job_id: str) -> list[tuple[str, str, Job]]:
        """Return the jobs with this id, each with its account and service."""
        now = self.now()
        return [(account, service, job) for account, service, store in self.stores() if (job := store.get(job_id, now))]

    def delete(self, job_id: str) -> None:
        """Delete a job now. Raises LookupError for an unknown id."""
        found = self.find(job_id)
        if not found:
            raise LookupError(f"no service has a job {job_id}")
        for account, service, _ in found:
            self.store(account, service).remove(job_id, self.now())

    def end(self, job_id: str, outcome: Outcome, failure: Failure | None = None) -> Job:
        """End a job now.

        Raises:
            LookupError: The id is unknown.
            ValueError: The job cannot end with this outcome.
        """
        for account, service, job in self.find(job_id):
            ended = end_now(job, KINDS[service][job.kind], self.now(), outcome, failure)
            self.store(account, service).add(ended)
            return ended
        raise LookupError(f"no service has a job {job_id}")
