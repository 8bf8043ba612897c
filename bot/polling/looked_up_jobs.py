"""Finds new jobs of a watched service that cannot list.

They are jobs that a person looked up, here or in a service that shows the same jobs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.elapsed import passed
from bot.domain.mirrored_scopes import owns
from bot.domain.tracked_jobs import Due, JobUpdate, instant
from bot.domain.walks import PACE_MIN_S, Discovery
from bot.polling.discovery import notice, track
from bot.polling.recorder import record_updates
from bot.polling.service_sweep import ServiceSweep
from providers.mirrors import mirrors_of
from providers.models import Job, JobRef

ADOPTED_MAX = 100
"""The number of unfinished jobs polled without a subscriber: the newest."""
MIRRORED_MAX = 20
"""The number of jobs shown by another service that one sweep looks up."""
SHARE = 0.2
"""The part of the request budget that jobs without a subscriber may use."""


def adoption_due(sweep: ServiceSweep, now: datetime) -> bool:
    """Return whether it is time to check for looked-up jobs."""
    known = sweep.discovery
    if known is None or sweep.provider.capabilities.lists:
        return False
    return known.walked_at is None or passed(known.walked_at, timedelta(seconds=PACE_MIN_S), now)


async def adopt(sweep: ServiceSweep) -> None:
    """Track the newest unfinished looked-up jobs, and record those that finished since the watch started."""
    known, now = sweep.discovery, sweep.deps.clock()
    if known is None:
        return
    looked_up = await _looked_up(sweep)
    since = known.since
    ended = [job for job, _ in looked_up if job.state.ended]
    before = [job for job in ended if since is None or job.finished_at is None or job.finished_at < since]
    known_as_ended = [(job.id, job.created_at) for job in before]
    if since is None:
        known = Discovery(since=now, unfinished=True)
        await sweep.deps.store.discovery.begin(sweep.service, known, known_as_ended)
    else:
        await sweep.deps.store.discovery.remember(sweep.service, known_as_ended)
        await notice(sweep, [job for job in ended if job not in before], now)
    sweep.discovery = known._replace(walked_at=now, pace_s=PACE_MIN_S)
    await track(sweep, [each for each in looked_up if not each[0].state.ended][:ADOPTED_MAX])
    await _drop_oldest(sweep)
    await sweep.deps.store.discovery.write(sweep.service, sweep.discovery)


async def _looked_up(sweep: ServiceSweep) -> Sequence[tuple[Job, datetime]]:
    """Return the looked-up jobs, newest first, each with the time of the look-up."""
    recent, now = sweep.deps.store.recent, sweep.deps.clock()
    account, service = sweep.service
    services = sweep.deps.whole.catalog.pairs
    jobs = [each for each in await recent.seen(account, service, now) if owns(each[0], services)]
    jobs = await _not_lost(sweep, jobs)
    known = {job.id for job, _ in jobs}
    mirrored = [job for name in mirrors_of(service) for job in await recent.recent(account, name, now)]
    theirs = [job for job in mirrored if not owns(job, services) and job.id not in known]
    return [*jobs, *((job, now) for job in await _ask_mirrored(sweep, theirs))]


async def _not_lost(sweep: ServiceSweep, jobs: Sequence[tuple[Job, datetime]]) -> list[tuple[Job, datetime]]:
    """Leave out jobs that the provider has lost since they were looked up."""
    lost = await sweep.deps.store.lost.read(sweep.service, [job.id for job, _ in jobs])
    lost_at = {each.kept.job.id: each.kept.checked_at for each in lost}
    return [(job, at) for job, at in jobs if job.id not in lost_at or at > lost_at[job.id]]


async def _ask_mirrored(sweep: ServiceSweep, theirs: Sequence[Job]) -> Sequence[Job]:
    """Look up jobs that another service showed. A job that is not found is not looked up again."""
    created = [job.created_at for job in theirs]
    unknown = await sweep.deps.store.discovery.unknown(sweep.service, theirs, created)
    ids = [job_id for job_id, ended in unknown.items() if not ended][:MIRRORED_MAX]
    if not ids:
        return ()
    now = sweep.deps.clock()
    answer = await sweep.provider.lookup(ids)
    sweep.answered += len(answer.found) + len(answer.missing)
    await sweep.deps.store.recent.remember(answer.found, now)
    await sweep.deps.store.discovery.remember(sweep.service, [(job_id, now) for job_id in answer.missing])
    return answer.found


async def _drop_oldest(sweep: ServiceSweep) -> None:
    """Stop tracking all but the newest jobs without a subscriber."""
    mine = await sweep.deps.store.tracked.unfollowed(sweep.service)
    if len(mine) <= ADOPTED_MAX:
        return
    first = instant(0)
    oldest = sorted(mine.values(), key=lambda each: each[0].created_at or first)[: len(mine) - ADOPTED_MAX]
    await record_updates(sweep, [JobUpdate(planned.id, text, None) for planned, text in oldest])


async def affordable(sweep: ServiceSweep, due: Sequence[Due], last: datetime | None) -> Sequence[Due]:
    """Leave out jobs without a subscriber beyond their share of the request budget."""
    if sweep.discovery is None or sweep.provider.capabilities.lists:
        return due
    refs = {each.id: JobRef(*sweep.service, each.id) for each in due}
    followed = await sweep.deps.store.tracked.with_subscribers(list(refs.values()))
    others = [each for each in due if refs[each.id] not in followed]
    if not others:
        return due
    waited_s = min(60.0, max(1.0, (sweep.deps.clock() - last).total_seconds())) if last else 1.0
    requests = max(1, int((await sweep.provider.budget_left()).of * SHARE * waited_s))
    left_out = {each.id for each in others[requests * sweep.provider.capabilities.batch_max :]}
    return [each for each in due if each.id not in left_out]
