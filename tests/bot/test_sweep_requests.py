"""The requests of a sweep: lists from any time on, full requests, and news that waits for no other job."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from docket import Docket

from bot.domain.outbox import SubscribedEntry
from bot.polling.sweep import sweep
from bot.store import Store
from bot.task_queue.enqueue import DELIVER
from bot.task_queue.worker import open_docket
from providers.base import NO_KINDS, Capabilities
from providers.models import Filter, JobQuery, JobState, Lookup
from tests.bot.memory import NOW, InMemory, services
from tests.bot.samples import DESTINATION, TERMS

ANY_TIME = Capabilities(lists=True, filters=frozenset({Filter.UNTIL}))
TENS = Capabilities(lists=False, batch_max=10)


async def follow(store: Store, provider: InMemory, ids: list[str], *, due_in_s: float = 0) -> None:
    for job in (job for job in provider.jobs if job.id in ids):
        entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
        before, due = NOW - timedelta(minutes=2), NOW + timedelta(seconds=due_in_s)
        await store.tracked.subscribe(job, before, due, DESTINATION, f"card-{job.id}", entry, "U1")


def pages_and_look_ups(provider: InMemory) -> tuple[int, int]:
    pages = sum(isinstance(asked, JobQuery) for asked in provider.asked)
    return pages, len(provider.asked) - pages


async def test_pages_between_followed_jobs_are_passed_over(store: Store):
    provider = InMemory(capabilities=ANY_TIME).filled(2_000)
    deep = [f"job-{number:04}" for number in [*range(500, 650), *range(1_700, 1_900)]]
    await follow(store, provider, deep)
    await sweep(services(store, provider), provider)
    assert pages_and_look_ups(provider) == (6, 0), (
        "the first, the newest and the oldest two, and one that tells nothing more"
    )


async def test_jobs_that_a_list_lacks_end_the_reading(store: Store):
    provider = InMemory(capabilities=ANY_TIME).filled(300)
    await follow(store, provider, [f"job-{number:04}" for number in range(150, 155)])
    provider.jobs = [job for job in provider.jobs if job.id not in {"job-0150", "job-0151", "job-0152"}]
    provider.jobs = [*provider.jobs[:149], *provider.jobs[151:]]
    await sweep(services(store, provider), provider)
    assert pages_and_look_ups(provider) == (2, 1)


async def test_a_request_takes_along_what_is_due_next(store: Store):
    provider = InMemory(capabilities=TENS).filled(30)
    await follow(store, provider, ["job-0003"])
    await follow(store, provider, [f"job-{number:04}" for number in range(10, 30)], due_in_s=60)
    await sweep(services(store, provider), provider)
    assert [len(asked) for asked in provider.asked if isinstance(asked, tuple)] == [10]


async def test_nothing_due_is_no_reason_to_ask(store: Store):
    provider = InMemory(capabilities=TENS).filled(5)
    await follow(store, provider, ["job-0003"], due_in_s=60)
    await sweep(services(store, provider), provider)
    assert provider.asked == []


@dataclass
class Watched(InMemory):
    """Records at each look-up whether a delivery to PLACE is already scheduled."""

    docket: Docket | None = None
    planned: list[bool] = field(default_factory=list[bool])

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        assert self.docket
        self.planned.append(await self.docket.get_execution(f"{DELIVER}:{DESTINATION}") is not None)
        return await super().lookup(ids, kinds)


async def test_a_change_is_posted_before_other_jobs_are_looked_up(store: Store, redis_url: str):
    async def deliver(destination: str) -> None:
        raise AssertionError(f"no worker is there to tell {destination}")

    async with open_docket(redis_url) as docket:
        docket.register(deliver)
        provider = Watched(capabilities=TENS, docket=docket)
        provider.filled(150)
        await follow(store, provider, [job.id for job in provider.jobs])
        provider.filled(150, state=JobState.SUCCEEDED)
        await sweep(replace(services(store, provider), docket=docket), provider)
        assert provider.planned == [False, True]
