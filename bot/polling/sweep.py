"""Polls followed jobs, service by service: the fewest requests, one record of changes and destinations."""

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
from bot.domain.walks import Discovery
from bot.polling import discovery, looked_up_jobs, missing_jobs, outages, planner
from bot.polling.absences import record_doubtful, record_missing
from bot.polling.planner import Reading
from bot.polling.recorder import observe_jobs, postpone
from bot.polling.service_sweep import ServiceSweep
from bot.polling.walk import Next
from bot.store.health import Outcome
from bot.task_queue.enqueue import enqueue_delivery
from providers.base import Provider
from providers.errors import ProviderError, Unavailable
from providers.http.deadline import Question, age, asking, fresh, within, without_raw
from providers.models import SHOWN_ALONE, JobPage, JobQuery, Unanswered

DUE_MAX = 5_000
"""Jobs that one sweep polls. If there are more, the next sweep follows immediately."""
LOOKAHEAD = timedelta(seconds=3)
"""Jobs due within this time are polled too, so that one request covers more of them."""
SWEEP_S = 60.0
"""One sweep ends after this many seconds, with its results recorded."""
LEAST_S = 1.0
"""The shortest time between two sweeps of one service, in seconds."""
SHARE = 0.7
"""The part of a service's request budget that sweeps may use. The rest is for people's questions."""


async def sweep(deps: Deps, provider: Provider) -> float | None:
    """Poll the due jobs of a service, and its new ones.

    Returns the seconds until the next look, None for never. Raises StoreUnavailable.
    """
    began, sweep = time.perf_counter(), ServiceSweep(deps, provider)
    soon = deps.clock() + LOOKAHEAD
    await discovery.begin(sweep)
    tracked_due = sweep.first_due is not None and sweep.first_due <= soon
    walks = discovery.walk_due(sweep, soon, tracked_due=tracked_due) or looked_up_jobs.adoption_due(sweep, soon)
    before = (await deps.store.sweeps.read([sweep.service]))[sweep.service]
    after = before
    if tracked_due or walks:
        question, error = await _ask_due(sweep, before, walks=walks)
        after = _after(sweep, before, question.requests, error)
        await deps.store.sweeps.write(sweep.service, after)
        await sweep.witness.keep()
        if question.requests and (before.error or after.error):
            # People who ask about the service while it fails can see since when it fails.
            outcome = Outcome(*sweep.service, question.latency_s or 0.0, after.error)
            await deps.store.health.record([outcome], deps.clock())
        _count(sweep, after, time.perf_counter() - began)
        await _show_trouble(sweep, before, after)
        await outages.report(sweep, after)
    return await _next_in(sweep, after)


async def _ask_due(sweep: ServiceSweep, before: Sweep, *, walks: bool) -> tuple[Question, ProviderError | None]:
    """Look for new jobs if the sweep `walks`, and poll the jobs that are due.

    Returns the details of the requests, and the reason if none was answered.
    """
    question, error = asking(), None
    asked_at = sweep.deps.clock()
    try:
        with fresh(), without_raw():
            async with within(SWEEP_S, share=SHARE) as question:
                refused = await _refused_new_jobs(sweep) if walks else None
                await _ask(sweep, await _due(sweep, before))
                if refused and not sweep.answered:
                    raise refused
    except ProviderError as failure:
        error = failure
        if sweep.answered:
            await postpone(sweep, sweep.left, timedelta(seconds=failure.retry_after) if failure.retry_after else None)
        if missing_jobs.is_doubt(failure):
            await record_doubtful(sweep, sweep.left, asked_at, all_of_them=not sweep.answered)
    except TimeoutError:
        error = Unavailable("no answer in time", code="late")
    if sweep.walk:
        await discovery.end_walk(sweep, sweep.walk, question.provider_time)
    return question, None if sweep.answered else error or sweep.unanswered


async def _due(sweep: ServiceSweep, before: Sweep) -> Sequence[Due]:
    """Return the tracked jobs that are due. A walk has already seen many of them."""
    multiple, soon = planner.look_up_multiple(sweep.provider.capabilities), sweep.deps.clock() + LOOKAHEAD
    due = await sweep.deps.store.tracked.due(sweep.service, soon, DUE_MAX, multiple=multiple)
    due = await looked_up_jobs.affordable(sweep, due, before.tried_at)
    sweep.jobs += len(due)
    return due


async def _ask(sweep: ServiceSweep, due: Sequence[Due]) -> None:
    able = sweep.provider.capabilities
    sweep.left = {each.id: each for each in due}
    if due and planner.lists_first(due, able) and not (sweep.walk and able.whole_list):
        reading = Reading.of(due, able)
        try:
            await _read_list(sweep, reading)
        finally:
            sweep.left = {job_id: sweep.left[job_id] for job_id in reading.wanted}
    for ids in planner.look_ups(list(sweep.left), able):
        await _look_up(sweep, ids, {job_id: kind for job_id in ids if (kind := sweep.left[job_id].kind)})
        for job_id in ids:
            del sweep.left[job_id]


async def _refused_new_jobs(sweep: ServiceSweep) -> ProviderError | None:
    """Look for new jobs. Return the refusal, if the service may still answer about due ones."""
    try:
        await _look_for_new_jobs(sweep)
    except ProviderError as failure:
        sweep.refusal = failure
        if not missing_jobs.is_doubt(failure):
            raise
        return failure
    return None


async def _look_for_new_jobs(sweep: ServiceSweep) -> None:
    known = sweep.discovery
    if known is None:
        return
    if not sweep.provider.capabilities.lists:
        await looked_up_jobs.adopt(sweep)
    elif known.since is None:
        await discovery.read_baseline(sweep)
    else:
        await _walk(sweep, known)
    if sweep.discovery and not sweep.discovery.unfinished:
        await discovery.read_unfinished(sweep)


async def _walk(sweep: ServiceSweep, known: Discovery) -> None:
    """Read the pages that may show new jobs."""
    walk = sweep.walk = discovery.begin_walk(sweep, known)
    query, cursor = discovery.walk_query(sweep, walk), None
    while True:
        page = await _read_page(sweep, query, cursor)
        step = walk.take(page)
        if step is Next.NOTHING:
            return
        query, cursor = discovery.next_query(query, walk, page, step)


async def _read_list(sweep: ServiceSweep, reading: Reading) -> None:
    """Read pages from the newest, then from the newest wanted job, while they pay.

    Where the list can be read from any time on, the pages of a walk are skipped.
    """
    query = JobQuery(limit=min(100, sweep.provider.capabilities.page_max))
    if sweep.walk is None or not sweep.walk.jumps:
        await _read_pages(sweep, reading, query)
    else:
        reading.last = sweep.walk.lowest
    pays = True
    while pays and (until := reading.jump()):
        wanted = len(reading.wanted)
        await _read_pages(sweep, reading, query.model_copy(update={"until": until}))
        pays = wanted - len(reading.wanted) >= sweep.provider.capabilities.batch_max


async def _read_page(sweep: ServiceSweep, query: JobQuery, cursor: str | None) -> JobPage:
    asked_at = sweep.deps.clock()
    page = await sweep.provider.page(query, cursor)
    await discovery.take_list(sweep, page.jobs, asked_at - age())
    sweep.witness.saw(page.jobs, asked_at - age())
    sweep.answered += 1
    return page


async def _read_pages(sweep: ServiceSweep, reading: Reading, query: JobQuery) -> None:
    cursor: str | None = None
    goes_on = True
    while goes_on:
        page = await _read_page(sweep, query, cursor)
        cursor = page.cursor
        goes_on = reading.goes_on(page.jobs) and cursor is not None


async def _look_up(sweep: ServiceSweep, ids: Sequence[str], kinds: Mapping[str, str]) -> None:
    asked_at = sweep.deps.clock()
    answer = await sweep.provider.lookup(ids, kinds)
    asked_at -= age()
    sweep.answered += len(answer.found) + len(answer.missing)
    # A look-up of many may be answered from the list, which shows no reasons.
    explained = all(job.unexplained != SHOWN_ALONE for job in answer.found)
    await observe_jobs(sweep, answer.found, asked_at, explained_already=explained)
    sweep.witness.saw(answer.found, asked_at)
    await record_missing(sweep, answer.missing, asked_at)
    if answer.unanswered:
        await _not_answered(sweep, answer.unanswered, asked_at)


async def _not_answered(sweep: ServiceSweep, unanswered: Sequence[Unanswered], asked_at: datetime) -> None:
    sweep.unanswered = unanswered[0].error
    await postpone(sweep, [each.id for each in unanswered])
    doubts = [each.id for each in unanswered if missing_jobs.is_doubt(each.error)]
    await record_doubtful(sweep, doubts, asked_at, all_of_them=False)


def _after(sweep: ServiceSweep, before: Sweep, requests: int, error: ProviderError | None) -> Sweep:
    now, jobs = sweep.deps.clock(), sweep.jobs
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
    """Show on every card of a service that it stopped responding, or responds again."""
    if troubled(before) == troubled(after):
        return
    cards = await sweep.deps.store.tracked.cards(sweep.service)
    await sweep.deps.store.outbox.refresh(cards)
    await enqueue_delivery(sweep.deps, *{destination for destination, _ in cards})


async def _next_in(sweep: ServiceSweep, after: Sweep) -> float | None:
    number, first, _ = (await sweep.deps.store.tracked.state([sweep.service]))[0]
    waits = [(first - sweep.deps.clock()).total_seconds()] if number and first else []
    if sweep.discovery:
        waits.append(discovery.next_walk_in(sweep.discovery, sweep.deps.clock()))
    if not waits:
        return None
    if after.error:
        return back_off(after)
    return min(sweeps.MOST_S, max(LEAST_S, min(waits)))


async def backing_off(deps: Deps, service: Service) -> float:
    """Return for how many more seconds a failing service is left alone.

    A task may run too early. Raises StoreUnavailable.
    """
    now, last = deps.clock(), (await deps.store.sweeps.read([service]))[service]
    due = None if last.tried_at and in_future(last.tried_at, now) else next_try(last)
    return max(0.0, (due - now).total_seconds()) if due else 0.0
