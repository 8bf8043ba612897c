"""Looks at followed jobs, service by service: the fewest requests, one record of what changed and who has to know."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.deps.deps import Deps
from bot.domain import sweeps
from bot.domain.answers import ServiceError
from bot.domain.elapsed import in_future, past
from bot.domain.service_key import Service
from bot.domain.sweeps import Sweep, back_off, next_try, troubled
from bot.domain.tracked_jobs import Due
from bot.polling import missing_jobs, planner
from bot.polling.planner import Reading
from bot.polling.recorder import ServiceSweep, observe_jobs, postpone, record_doubtful, record_missing
from bot.store.health import Outcome
from bot.task_queue.enqueue import enqueue_delivery
from providers.base import Provider
from providers.errors import ProviderError, Unavailable
from providers.http.deadline import Question, age, asking, fresh, within, without_raw
from providers.models import JobQuery, Unanswered

DUE_MAX = 5_000
"""Jobs that one sweep looks at; the next one follows at once when there are more."""
LOOKAHEAD = timedelta(seconds=3)
"""Jobs that are due within this time are looked at too, so that one request serves more of them."""
SWEEP_S = 60.0
"""One sweep ends after this long, with what was learnt recorded."""
LEAST_S = 1.0
"""Between two sweeps of one service, at least."""
SHARE = 0.7
"""The part of a service's request budget that sweeps may use; the rest is for people's questions."""


async def sweep(deps: Deps, provider: Provider) -> float | None:
    """Look at a service's followed jobs that are due; return after how many seconds to look again, None for never.

    Raises StoreUnavailable.
    """
    began, sweep = time.perf_counter(), ServiceSweep(deps, provider)
    multiple = planner.look_up_multiple(provider.capabilities)
    due = await deps.store.tracked.due(sweep.service, deps.clock() + LOOKAHEAD, DUE_MAX, multiple=multiple)
    before = (await deps.store.sweeps.read([sweep.service]))[sweep.service]
    after = before
    if due:
        question, error = await _ask_due(sweep, due)
        after = _after(sweep, before, len(due), question.requests, error)
        await deps.store.sweeps.write(sweep.service, after)
        await sweep.witness.keep()
        if question.requests and (before.error or after.error):
            # Whoever asks about the service while it fails is told since when it does.
            outcome = Outcome(*sweep.service, question.latency_s or 0.0, after.error)
            await deps.store.health.record([outcome], deps.clock())
        _count(sweep, after, time.perf_counter() - began)
        await _show_trouble(sweep, before, after)
    return await _next_in(sweep, after)


async def _ask_due(sweep: ServiceSweep, due: Sequence[Due]) -> tuple[Question, ProviderError | None]:
    """Ask about the jobs that are due; return what the question was like, and why nothing of it was answered."""
    question, error = asking(), None
    asked_at = sweep.deps.clock()
    try:
        with fresh(), without_raw():
            async with within(SWEEP_S, share=SHARE) as question:
                await _ask(sweep, due)
    except ProviderError as failure:
        error = failure
        if sweep.answered:
            await postpone(sweep, sweep.left, timedelta(seconds=failure.retry_after) if failure.retry_after else None)
        if missing_jobs.is_doubt(failure):
            await record_doubtful(sweep, sweep.left, asked_at, all_of_them=not sweep.answered)
    except TimeoutError:
        error = Unavailable("no answer in time", code="late")
    return question, None if sweep.answered else error or sweep.unanswered


async def _ask(sweep: ServiceSweep, due: Sequence[Due]) -> None:
    able = sweep.provider.capabilities
    sweep.left = {each.id: each for each in due}
    if planner.lists_first(due, able):
        reading = Reading.of(due, able)
        try:
            await _read_list(sweep, reading)
        finally:
            sweep.left = {job_id: sweep.left[job_id] for job_id in reading.wanted}
    for ids in planner.look_ups(list(sweep.left), able):
        await _look_up(sweep, ids, {job_id: kind for job_id in ids if (kind := sweep.left[job_id].kind)})
        for job_id in ids:
            del sweep.left[job_id]


async def _read_list(sweep: ServiceSweep, reading: Reading) -> None:
    """Read pages from the newest on, then from the newest job that is still wanted, for as long as they pay."""
    query = JobQuery(limit=min(100, sweep.provider.capabilities.page_max))
    await _read_pages(sweep, reading, query)
    pays = True
    while pays and (until := reading.jump()):
        wanted = len(reading.wanted)
        await _read_pages(sweep, reading, query.model_copy(update={"until": until}))
        pays = wanted - len(reading.wanted) >= sweep.provider.capabilities.batch_max


async def _read_pages(sweep: ServiceSweep, reading: Reading, query: JobQuery) -> None:
    cursor: str | None = None
    goes_on = True
    while goes_on:
        asked_at = sweep.deps.clock()
        page = await sweep.provider.page(query, cursor)
        await observe_jobs(sweep, page.jobs, asked_at - age())
        sweep.witness.saw(page.jobs, asked_at - age())
        sweep.answered += 1
        cursor = page.cursor
        goes_on = reading.goes_on(page.jobs) and cursor is not None


async def _look_up(sweep: ServiceSweep, ids: Sequence[str], kinds: Mapping[str, str]) -> None:
    asked_at = sweep.deps.clock()
    answer = await sweep.provider.lookup(ids, kinds)
    asked_at -= age()
    sweep.answered += len(answer.found) + len(answer.missing)
    await observe_jobs(sweep, answer.found, asked_at, explained=True)
    sweep.witness.saw(answer.found, asked_at)
    await record_missing(sweep, answer.missing, asked_at)
    if answer.unanswered:
        await _not_answered(sweep, answer.unanswered, asked_at)


async def _not_answered(sweep: ServiceSweep, unanswered: Sequence[Unanswered], asked_at: datetime) -> None:
    sweep.unanswered = unanswered[0].error
    await postpone(sweep, [each.id for each in unanswered])
    doubts = [each.id for each in unanswered if missing_jobs.is_doubt(each.error)]
    await record_doubtful(sweep, doubts, asked_at, all_of_them=False)


def _after(sweep: ServiceSweep, before: Sweep, jobs: int, requests: int, error: ProviderError | None) -> Sweep:
    now = sweep.deps.clock()
    if error is None:
        return Sweep(at=now, tried_at=now, jobs=jobs, requests=requests)
    return Sweep(
        at=before.at,
        tried_at=now,
        jobs=jobs,
        requests=requests,
        failures=before.failures + 1,
        failing_since=past(before.failing_since or now, now),
        error=ServiceError.of(error, *sweep.service),
    )


def _count(sweep: ServiceSweep, after: Sweep, seconds: float) -> None:
    outcome = after.error.kind if after.error else "ok"
    sweep.deps.metrics.swept(*sweep.service, outcome, seconds)
    sweep.deps.metrics.requested(*sweep.service, outcome, after.requests)


async def _show_trouble(sweep: ServiceSweep, before: Sweep, after: Sweep) -> None:
    """Have every card of a service say that it cannot be asked, or that it can be again."""
    if troubled(before) == troubled(after):
        return
    cards = await sweep.deps.store.tracked.cards(sweep.service)
    await sweep.deps.store.outbox.refresh(cards)
    await enqueue_delivery(sweep.deps, *{destination for destination, _ in cards})


async def _next_in(sweep: ServiceSweep, after: Sweep) -> float | None:
    number, first, _ = (await sweep.deps.store.tracked.state([sweep.service]))[0]
    if not number or first is None:
        return None
    if after.error:
        return back_off(after)
    return min(sweeps.MOST_S, max(LEAST_S, (first - sweep.deps.clock()).total_seconds()))


async def backing_off(deps: Deps, service: Service) -> float:
    """Return for how many more seconds a service that fails is left alone.

    A task may run too early. Raises StoreUnavailable.
    """
    now, last = deps.clock(), (await deps.store.sweeps.read([service]))[service]
    due = None if last.tried_at and in_future(last.tried_at, now) else next_try(last)
    return max(0.0, (due - now).total_seconds()) if due else 0.0
