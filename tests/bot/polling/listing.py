"""A cloud whose list is sorted and paged by offsets, as real ones are. Tests change it freely."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.outbox import ChangedEntry, Entry, ServiceEntry
from bot.store import Store
from providers.base import NO_KINDS, Capabilities
from providers.errors import ProviderError
from providers.http.deadline import count_request, note_date
from providers.models import Filter, Job, JobPage, JobQuery, JobState, Lookup
from tests.bot.memory import NOW, InMemory
from tests.bot.samples import SERVICE, SLOT

LISTS = Capabilities(lists=True, filters=frozenset({Filter.STATE, Filter.SINCE, Filter.UNTIL}))
DESTINATION = "T1/C1"


class Clock:
    """A clock that a test moves forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Listing(InMemory):
    """One service. `on_page` is called with the number of each list request (from 1) before its answer."""

    capabilities: Capabilities = LISTS
    clock: Callable[[], datetime] = lambda: NOW
    on_page: Callable[[int], ProviderError | None] = lambda _: None
    ahead: timedelta = timedelta()
    pages: int = 0
    store: dict[str, Job] = field(default_factory=dict[str, Job])

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        count_request()
        self.pages += 1
        self.asked.append(query)
        if error := self.on_page(self.pages):
            raise error
        note_date(self.clock() + self.ahead)
        fitting = [job for job in self.listed() if query.matches(job)]
        start = int(cursor or 0)
        end = start + query.limit
        jobs = tuple(fitting[start:end])
        more = end < len(fitting)
        return JobPage(
            jobs,
            len(fitting),
            str(end) if more else None,
            overlapping=str(end - 1) if more and jobs else None,
            last=frozenset({jobs[-1].id}) if more and jobs else frozenset(),
        )

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        self.jobs = list(self.store.values())
        return await super().lookup(ids, kinds)

    def listed(self) -> list[Job]:
        return sorted(self.store.values(), key=lambda job: (job.created_at or NOW, job.id), reverse=True)

    def add(self, job_id: str, state: JobState = JobState.RUNNING, *, ago_s: float = 0, **details: object) -> Job:
        """Create a job so many seconds ago, on the provider's clock."""
        created = self.clock() + self.ahead - timedelta(seconds=ago_s)
        fields: Mapping[str, object] = {"account": SERVICE[0], "service": SERVICE[1], "created_at": created, **details}
        job = Job.model_validate({"id": job_id, "state": state, **fields})
        self.store[job_id] = job
        return job

    def move(self, job_id: str, state: JobState, **details: object) -> None:
        """Change the state of a job now."""
        ended = {"finished_at": self.clock() + self.ahead} if state.ended else {}
        self.store[job_id] = self.store[job_id].model_copy(update={"state": state, **ended, **details})


async def entries(store: Store, slots: Sequence[str] = (SLOT,)) -> list[Entry]:
    """Return everything that waits for the destination beside these services."""
    return [each for each in (await store.outbox.read(DESTINATION, slots)).entries if each.slot in slots]


def events(waiting: list[Entry]) -> list[str]:
    """Return the ids of the waiting events, without the service."""
    found: list[str] = []
    for entry in waiting:
        match entry.body:
            case ChangedEntry(change=change):
                found.append(change.id.removeprefix(f"{SLOT}/"))
            case ServiceEntry(event=event):
                found.append(event.id.removeprefix(SLOT))
            case _:
                raise AssertionError(entry)
    return found
