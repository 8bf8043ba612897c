"""Looks at followed jobs, service by service: the fewest requests, one record of what changed and who has to know."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.deps.deps import Services
from bot.domain.answers import ServiceError
from bot.domain.cards import FAILING
from bot.domain.changes import Change, Kind, compare, fingerprint, found
from bot.domain.elapsed import in_future, past
from bot.domain.outbox import ChangedEntry
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import Due, Kept, Seen, Step, record
from bot.jobs.recovery import restore_found
from bot.polling import missing_jobs, planner
from bot.polling.planner import Reading
from bot.polling.witness import Witness
from bot.store.health import Outcome
from bot.store.sweeps import Sweep
from bot.task_queue.enqueue import wake
from providers.base import Provider
from providers.errors import ProviderError, Unavailable
from providers.http.deadline import Question, age, asking, fresh, within, without_raw
from providers.models import Job, JobQuery, JobState, Unanswered

DUE_MAX = 5_000
"""Jobs that one sweep looks at; the next one follows at once when there are more."""
SOON = timedelta(seconds=3)
"""Jobs that are due within this time are looked at too, so that one request serves more of them."""
SWEEP_S = 60.0
"""One sweep ends after this long, with what was learnt recorded."""
LEAST_S = 1.0
"""Between two sweeps of one service, at least."""
MOST_S = 10.0
"""Between two sweeps, at most: what was subscribed to meanwhile may be due. Without anything due nobody is asked."""
BACK_OFF_MAX_S = 300.0
SHARE = 0.7
"""The part of a service's request budget that sweeps may use; the rest is for people's questions."""
AFTER_MISS = timedelta(seconds=30)
"""A job that is not found is looked for again after this time, and then less and less often."""

log = structlog.get_logger("callboard")


@dataclass(slots=True)
class _Look:
    """One look at a service: whom it asks, and what came of it so far; `left` are jobs still to be asked about."""

    services: Services
    provider: Provider
    random: Random = field(default_factory=Random)
    witness: Witness = field(init=False)
    left: dict[str, Due] = field(default_factory=dict[str, Due])
    answered: int = 0
    unanswered: ProviderError | None = None

    def __post_init__(self) -> None:
        self.witness = Witness(self.services, self.provider, self.random)

    @property
    def service(self) -> Service:
        return self.provider.account, self.provider.service

    def next_at(self, job: Job) -> datetime:
        return planner.next_look(job.created_at, self.services.clock(), self.random)


async def sweep(services: Services, provider: Provider) -> float | None:
    """Look at a service's followed jobs that are due; return after how many seconds to look again, None for never.

    Raises StoreUnavailable.
    """
    began, look = time.perf_counter(), _Look(services, provider)
    multiple = planner.look_up_multiple(provider.capabilities)
    due = await services.store.tracked.due(look.service, services.clock() + SOON, DUE_MAX, multiple=multiple)
    before = (await services.store.sweeps.read([look.service]))[look.service]
    after = before
    if due:
        question, error = await _asked(look, due)
        after = _after(look, before, len(due), question.requests, error)
        await services.store.sweeps.write(look.service, after)
        await look.witness.keep()
        if question.requests and (before.error or after.error):
            # Whoever asks about the service while it fails is told since when it does.
            outcome = Outcome(*look.service, question.latency_s or 0.0, after.error)
            await services.store.health.record([outcome], services.clock())
        _count(look, after, time.perf_counter() - began)
        await _show_trouble(look, before, after)
    return await _next_in(look, after)


async def observe(services: Services, provider: Provider, jobs: Sequence[Job], asked_at: datetime) -> None:
    """Take what somebody else's question told of jobs into account, as far as they are followed."""
    await _observe(_Look(services, provider), jobs, asked_at, explained=True)


async def _asked(look: _Look, due: Sequence[Due]) -> tuple[Question, ProviderError | None]:
    """Ask about the jobs that are due; return what the question was like, and why nothing of it was answered."""
    question, error = asking(), None
    asked_at = look.services.clock()
    try:
        with fresh(), without_raw():
            async with within(SWEEP_S, share=SHARE) as question:
                await _ask(look, due)
    except ProviderError as failure:
        error = failure
        if look.answered:
            await _postpone(look, look.left, timedelta(seconds=failure.retry_after) if failure.retry_after else None)
        if missing_jobs.is_doubt(failure):
            await _doubted(look, look.left, asked_at, all_of_them=not look.answered)
    except TimeoutError:
        error = Unavailable("no answer in time", code="late")
    return question, None if look.answered else error or look.unanswered


async def _ask(look: _Look, due: Sequence[Due]) -> None:
    able = look.provider.capabilities
    look.left = {each.id: each for each in due}
    if planner.lists_first(due, able):
        reading = Reading.of(due, able)
        try:
            await _read_list(look, reading)
        finally:
            look.left = {job_id: look.left[job_id] for job_id in reading.wanted}
    for ids in planner.look_ups(list(look.left), able):
        await _look_up(look, ids, {job_id: kind for job_id in ids if (kind := look.left[job_id].kind)})
        for job_id in ids:
            del look.left[job_id]


async def _read_list(look: _Look, reading: Reading) -> None:
    """Read pages from the newest on, then from the newest job that is still wanted, for as long as they pay."""
    query = JobQuery(limit=min(100, look.provider.capabilities.page_max))
    await _read_pages(look, reading, query)
    pays = True
    while pays and (until := reading.jump()):
        wanted = len(reading.wanted)
        await _read_pages(look, reading, query.model_copy(update={"until": until}))
        pays = wanted - len(reading.wanted) >= look.provider.capabilities.batch_max


async def _read_pages(look: _Look, reading: Reading, query: JobQuery) -> None:
    cursor: str | None = None
    goes_on = True
    while goes_on:
        asked_at = look.services.clock()
        page = await look.provider.page(query, cursor)
        await _observe(look, page.jobs, asked_at - age())
        look.witness.saw(page.jobs, asked_at - age())
        look.answered += 1
        cursor = page.cursor
        goes_on = reading.goes_on(page.jobs) and cursor is not None


async def _look_up(look: _Look, ids: Sequence[str], kinds: Mapping[str, str]) -> None:
    asked_at = look.services.clock()
    answer = await look.provider.lookup(ids, kinds)
    asked_at -= age()
    look.answered += len(answer.found) + len(answer.missing)
    await _observe(look, answer.found, asked_at, explained=True)
    look.witness.saw(answer.found, asked_at)
    await _missed(look, answer.missing, asked_at)
    if answer.unanswered:
        await _not_answered(look, answer.unanswered, asked_at)


async def _not_answered(look: _Look, unanswered: Sequence[Unanswered], asked_at: datetime) -> None:
    look.unanswered = unanswered[0].error
    await _postpone(look, [each.id for each in unanswered])
    doubts = [each.id for each in unanswered if missing_jobs.is_doubt(each.error)]
    await _doubted(look, doubts, asked_at, all_of_them=False)


async def _postpone(look: _Look, ids: Iterable[str], wait: timedelta | None = None) -> None:
    """Leave jobs about which a service says nothing alone for a while, where it does answer about others."""
    await look.services.store.tracked.postpone(look.service, ids, look.services.clock() + (wait or AFTER_MISS))


async def _observe(look: _Look, jobs: Sequence[Job], asked_at: datetime, *, explained: bool = False) -> None:
    """Compare jobs with what was last seen of them, and record those that changed."""
    await restore_found(look.services, jobs, asked_at)
    seen = (Seen(job.id, fingerprint(job), look.next_at(job)) for job in jobs)
    changed = await look.services.store.tracked.observe(look.service, asked_at, seen, now=look.services.clock())
    if not changed:
        return
    now = {job.id: job for job in jobs if job.id in changed}
    if not explained:
        now |= await _explained(look, now.values())
    await _record(look, [(changed[job_id], job) for job_id, job in now.items()], asked_at)


async def _explained(look: _Look, jobs: Iterable[Job]) -> dict[str, Job]:
    """Return the failed jobs whose reason a list does not tell, as looking them up tells it."""
    unexplained = [job.id for job in jobs if job.state is JobState.FAILED and job.unexplained]
    if not unexplained:
        return {}
    try:
        return {job.id: job for job in (await look.provider.lookup(unexplained)).found if job.state.ended}
    except ProviderError:
        return {}  # that it failed is worth more now than why later


async def _record(look: _Look, seen: Sequence[tuple[Kept, Job]], asked_at: datetime) -> None:
    steps: list[Step] = []
    for kept, job in seen:
        change = _change(kept, job.model_copy(update={"raw": None}), asked_at)
        entry = "" if change.kind is Kind.PROGRESSED else ChangedEntry(change=change).model_dump_json()
        kept_on = None if change.fate else record(job, asked_at)
        steps.append(Step(job.id, kept.record, kept_on, look.next_at(job), entry))
    if not look.provider.capabilities.lists:
        await look.services.store.recent.remember([job for _, job in seen], asked_at)
    await _recorded(look, steps)


def _change(kept: Kept, now: Job, asked_at: datetime) -> Change:
    if kept.absence and kept.absence.suspended:
        return found(kept.job, kept.absence, now, asked_at)
    return compare(kept.job, kept.seen, now, asked_at)


async def _recorded(look: _Look, steps: Sequence[Step]) -> None:
    """Record steps, and have them told while the look goes on: the provider's limit may make it last a minute.

    Cards on which nothing but the progress is new are drawn again when there is time.
    """
    told = {step.id for step in steps if step.entry}
    quiet = {step.id for step in steps if step.quiet}
    recorded = await look.services.store.tracked.record(look.service, steps)
    followers = {job_id: places for job_id, places in recorded.items() if job_id not in quiet}
    cards = [pair for job_id, places in followers.items() if job_id not in told for pair in places.items()]
    await look.services.store.outbox.refresh(cards)
    await wake(look.services, *{place for places in followers.values() for place in places})


async def _missed(look: _Look, ids: Sequence[str], asked_at: datetime) -> None:
    """Record jobs that the provider says do not exist; only a witness makes it believable that they are lost."""
    absent = await missing_jobs.missed(look.services, look.provider, ids, asked_at, again=AFTER_MISS)
    if any(each.ripe for each in absent):
        called_at = look.services.clock()
        await _observe(look, await look.witness.call(ids), called_at)
    if steps := missing_jobs.steps(absent, look.provider, look.witness.found_at):
        await _recorded(look, steps)


async def _doubted(look: _Look, ids: Iterable[str], asked_at: datetime, *, all_of_them: bool) -> None:
    """Record jobs about which the provider refuses to answer, in a way that may mean a wrong address."""
    absent = await missing_jobs.doubted(look.services, look.provider, ids, asked_at, all_of_them=all_of_them)
    if steps := missing_jobs.steps(absent, look.provider, None):
        await _recorded(look, steps)


def _after(look: _Look, before: Sweep, jobs: int, requests: int, error: ProviderError | None) -> Sweep:
    now = look.services.clock()
    if error is None:
        return Sweep(at=now, tried_at=now, jobs=jobs, requests=requests)
    return Sweep(
        at=before.at,
        tried_at=now,
        jobs=jobs,
        requests=requests,
        failures=before.failures + 1,
        failing_since=past(before.failing_since or now, now),
        error=ServiceError.of(error, *look.service),
    )


def _count(look: _Look, after: Sweep, seconds: float) -> None:
    outcome = after.error.kind if after.error else "ok"
    look.services.metrics.swept(*look.service, outcome, seconds)
    look.services.metrics.requested(*look.service, outcome, after.requests)


async def _show_trouble(look: _Look, before: Sweep, after: Sweep) -> None:
    """Have every card of a service say that it cannot be asked, or that it can be again."""
    if _troubled(before) == _troubled(after):
        return
    cards = await look.services.store.tracked.cards(look.service)
    await look.services.store.outbox.refresh(cards)
    await wake(look.services, *{place for place, _ in cards})


def _troubled(sweep: Sweep) -> bool:
    since, tried = sweep.failing_since, sweep.tried_at
    return since is not None and tried is not None and tried - since >= FAILING


async def _next_in(look: _Look, after: Sweep) -> float | None:
    number, first, _ = (await look.services.store.tracked.state([look.service]))[0]
    if not number or first is None:
        return None
    if after.error:
        return _back_off(after)
    return min(MOST_S, max(LEAST_S, (first - look.services.clock()).total_seconds()))


async def backing_off(services: Services, service: Service) -> float:
    """Return for how many more seconds a service that fails is left alone.

    A task may run too early. Raises StoreUnavailable.
    """
    now, last = services.clock(), (await services.store.sweeps.read([service]))[service]
    due = None if last.tried_at and in_future(last.tried_at, now) else next_try(last)
    return max(0.0, (due - now).total_seconds()) if due else 0.0


def next_try(sweep: Sweep) -> datetime | None:
    """Return when a service that fails is asked again; None for one that does not fail."""
    return sweep.tried_at + timedelta(seconds=_back_off(sweep)) if sweep.error and sweep.tried_at else None


def _back_off(failing: Sweep) -> float:
    asked = failing.error.retry_after if failing.error else None
    return max(asked or 0, min(BACK_OFF_MAX_S, MOST_S * 2 ** min(failing.failures - 1, 10)))
