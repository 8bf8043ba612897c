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
    began, look = time.perf_counter(), ServiceSweep(deps, provider)
    multiple = planner.look_up_multiple(provider.capabilities)
    due = await deps.store.tracked.due(look.service, deps.clock() + LOOKAHEAD, DUE_MAX, multiple=multiple)
    before = (await deps.store.sweeps.read([look.service]))[look.service]
    after = before
    if due:
        question, error = await _ask_due(look, due)
        after = _after(look, before, len(due), question.requests, error)
        await deps.store.sweeps.write(look.service, after)
        await look.witness.keep()
        if question.requests and (before.error or after.error):
            # Whoever asks about the service while it fails is told since when it does.
            outcome = Outcome(*look.service, question.latency_s or 0.0, after.error)
            await deps.store.health.record([outcome], deps.clock())
        _count(look, after, time.perf_counter() - began)
        await _show_trouble(look, before, after)
    return await _next_in(look, after)


async def _ask_due(look: ServiceSweep, due: Sequence[Due]) -> tuple[Question, ProviderError | None]:
    """Ask about the jobs that are due; return what the question was like, and why nothing of it was answered."""
    question, error = asking(), None
    asked_at = look.deps.clock()
    try:
        with fresh(), without_raw():
            async with within(SWEEP_S, share=SHARE) as question:
                await _ask(look, due)
    except ProviderError as failure:
        error = failure
        if look.answered:
            await postpone(look, look.left, timedelta(seconds=failure.retry_after) if failure.retry_after else None)
        if missing_jobs.is_doubt(failure):
            await record_doubtful(look, look.left, asked_at, all_of_them=not look.answered)
    except TimeoutError:
        error = Unavailable("no answer in time", code="late")
    return question, None if look.answered else error or look.unanswered


async def _ask(look: ServiceSweep, due: Sequence[Due]) -> None:
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


async def _read_list(look: ServiceSweep, reading: Reading) -> None:
    """Read pages from the newest on, then from the newest job that is still wanted, for as long as they pay."""
    query = JobQuery(limit=min(100, look.provider.capabilities.page_max))
    await _read_pages(look, reading, query)
    pays = True
    while pays and (until := reading.jump()):
        wanted = len(reading.wanted)
        await _read_pages(look, reading, query.model_copy(update={"until": until}))
        pays = wanted - len(reading.wanted) >= look.provider.capabilities.batch_max


async def _read_pages(look: ServiceSweep, reading: Reading, query: JobQuery) -> None:
    cursor: str | None = None
    goes_on = True
    while goes_on:
        asked_at = look.deps.clock()
        page = await look.provider.page(query, cursor)
        await observe_jobs(look, page.jobs, asked_at - age())
        look.witness.saw(page.jobs, asked_at - age())
        look.answered += 1
        cursor = page.cursor
        goes_on = reading.goes_on(page.jobs) and cursor is not None


async def _look_up(look: ServiceSweep, ids: Sequence[str], kinds: Mapping[str, str]) -> None:
    asked_at = look.deps.clock()
    answer = await look.provider.lookup(ids, kinds)
    asked_at -= age()
    look.answered += len(answer.found) + len(answer.missing)
    await observe_jobs(look, answer.found, asked_at, explained=True)
    look.witness.saw(answer.found, asked_at)
    await record_missing(look, answer.missing, asked_at)
    if answer.unanswered:
        await _not_answered(look, answer.unanswered, asked_at)


async def _not_answered(look: ServiceSweep, unanswered: Sequence[Unanswered], asked_at: datetime) -> None:
    look.unanswered = unanswered[0].error
    await postpone(look, [each.id for each in unanswered])
    doubts = [each.id for each in unanswered if missing_jobs.is_doubt(each.error)]
    await record_doubtful(look, doubts, asked_at, all_of_them=False)


def _after(look: ServiceSweep, before: Sweep, jobs: int, requests: int, error: ProviderError | None) -> Sweep:
    now = look.deps.clock()
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


def _count(look: ServiceSweep, after: Sweep, seconds: float) -> None:
    outcome = after.error.kind if after.error else "ok"
    look.deps.metrics.swept(*look.service, outcome, seconds)
    look.deps.metrics.requested(*look.service, outcome, after.requests)


async def _show_trouble(look: ServiceSweep, before: Sweep, after: Sweep) -> None:
    """Have every card of a service say that it cannot be asked, or that it can be again."""
    if troubled(before) == troubled(after):
        return
    cards = await look.deps.store.tracked.cards(look.service)
    await look.deps.store.outbox.refresh(cards)
    await enqueue_delivery(look.deps, *{destination for destination, _ in cards})


async def _next_in(look: ServiceSweep, after: Sweep) -> float | None:
    number, first, _ = (await look.deps.store.tracked.state([look.service]))[0]
    if not number or first is None:
        return None
    if after.error:
        return back_off(after)
    return min(sweeps.MOST_S, max(LEAST_S, (first - look.deps.clock()).total_seconds()))


async def backing_off(deps: Deps, service: Service) -> float:
    """Return for how many more seconds a service that fails is left alone.

    A task may run too early. Raises StoreUnavailable.
    """
    now, last = deps.clock(), (await deps.store.sweeps.read([service]))[service]
    due = None if last.tried_at and in_future(last.tried_at, now) else next_try(last)
    return max(0.0, (due - now).total_seconds()) if due else 0.0
