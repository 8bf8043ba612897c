"""Records the jobs that a sweep did not find."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.polling import missing_jobs, recorder
from bot.polling.discovery import take_list
from bot.polling.recorder import record_updates
from bot.polling.service_sweep import ServiceSweep


async def record_missing(sweep: ServiceSweep, ids: Sequence[str], asked_at: datetime) -> None:
    """Record jobs that the provider says do not exist. Only a witness makes it believable that they are lost."""
    absent = await missing_jobs.missed(sweep.deps, sweep.provider, ids, asked_at, again=recorder.AFTER_MISS)
    if any(each.ripe for each in absent):
        called_at = sweep.deps.clock()
        await take_list(sweep, await sweep.witness.call(ids), called_at)
    if steps := missing_jobs.steps(absent, sweep.provider, sweep.witness.found_at):
        await record_updates(sweep, steps)


async def record_doubtful(sweep: ServiceSweep, ids: Iterable[str], asked_at: datetime, *, all_of_them: bool) -> None:
    """Record jobs about which the provider refuses to answer. The cause may be a wrong address."""
    absent = await missing_jobs.doubted(sweep.deps, sweep.provider, ids, asked_at, all_of_them=all_of_them)
    if steps := missing_jobs.steps(absent, sweep.provider, None):
        await record_updates(sweep, steps)
