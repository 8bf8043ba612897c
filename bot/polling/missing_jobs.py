"""What is recorded of followed jobs that a look did not find: searched for, lost, suspended or dropped."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.deps.deps import Deps
from bot.domain.absence import LOOKED_AT_EVERY, Absence, Conclusion
from bot.domain.changes import Change, EndReason, Kind, lost, unfound
from bot.domain.elapsed import in_future
from bot.domain.outbox import ChangedEntry
from bot.domain.tracked_jobs import AttemptMark, JobUpdate, Kept, record
from bot.polling import planner
from providers.base import Provider
from providers.errors import InvalidQuery, NotOffered, ProviderError, Rejected
from providers.models import JobRef


class Missing(NamedTuple):
    """A followed job missing from the answer of `asked_at`, with its next look."""

    kept: Kept
    absence: Absence
    asked_at: datetime
    next_at: datetime

    @property
    def ripe(self) -> bool:
        """Return whether the job counts as lost once there is a witness."""
        return self.absence.ripe(self.asked_at)


def is_doubt(error: ProviderError) -> bool:
    """Return whether an error may mean a wrong address as well as a missing job."""
    return isinstance(error, NotOffered | Rejected | InvalidQuery)


async def missed(
    deps: Deps, provider: Provider, ids: Iterable[str], asked_at: datetime, *, again: timedelta
) -> list[Missing]:
    """Return the followed jobs among those that do not exist. `again` is the shortest wait.

    Raises StoreUnavailable.
    """
    found: list[Missing] = []
    for kept, _ in await _read(deps, provider, ids, asked_at):
        absence = _absence(kept, asked_at).missed(asked_at)._replace(shown=kept.missed)
        next_at = absence.next_look(deps.clock(), again, planner.OLDEST)
        found.append(Missing(kept, absence, asked_at, next_at))
    return found


async def doubted(
    deps: Deps, provider: Provider, ids: Iterable[str], asked_at: datetime, *, all_of_them: bool
) -> list[Missing]:
    """Return the followed jobs among those in doubt.

    A service that answers about none of its jobs is shown on cards anyway, and its looks have their own pace. Raises
    StoreUnavailable.
    """
    found: list[Missing] = []
    for kept, next_at in await _read(deps, provider, ids, asked_at):
        before = kept.absence
        shown = (before is not None and before.shown) if all_of_them else kept.missed
        found.append(Missing(kept, _absence(kept, asked_at).doubted()._replace(shown=shown), asked_at, next_at))
    return found


async def _read(
    deps: Deps, provider: Provider, ids: Iterable[str], asked_at: datetime
) -> Sequence[tuple[Kept, datetime]]:
    refs = [JobRef(provider.account, provider.service, job_id) for job_id in ids]
    known = await deps.store.tracked.read(refs)
    now = deps.clock()
    return [
        (kept, next_at)
        for kept, next_at in known.values()
        if kept.checked_at < asked_at or in_future(kept.checked_at, now)
    ]


def _absence(kept: Kept, asked_at: datetime) -> Absence:
    return (kept.absence or Absence(kept.checked_at, asked_at)).before(asked_at)


def steps(missing: Iterable[Missing], provider: Provider, witnessed: datetime | None) -> list[JobUpdate]:
    """Return the updates for missing jobs. `witnessed` is when the service last found another job."""
    found = (_step(each, provider.capabilities.retention, witnessed) for each in missing)
    return [step for step in found if step]


def _step(missing: Missing, retention: timedelta | None, witnessed: datetime | None) -> JobUpdate | None:
    kept, absence, at, next_at = missing
    change: Change | None = None
    match absence.conclude(at, witnessed, retention):
        case Conclusion.LOST:
            return _over(missing, lost(kept.job, absence.seen, at, expired=_expired(kept, retention, at)))
        case Conclusion.DROPPED:
            return _over(missing, unfound(kept.job, absence, at, Kind.LOST, EndReason.DROPPED))
        case Conclusion.SUSPENDED:
            absence = absence._replace(suspended=at, shown=True)
            change = unfound(kept.job, absence, at, Kind.SUSPENDED)
        case Conclusion.LOOK_AGAIN if absence == kept.absence and not absence.suspended:
            return None
        case Conclusion.LOOK_AGAIN:
            pass
    if absence.suspended:
        next_at = at + LOOKED_AT_EVERY
    # A doubt is no answer about the job, so the job does not count as checked.
    checked_at = kept.checked_at if absence.doubtful else at
    quiet = _shown(absence) == _shown(kept.absence)
    entry = ChangedEntry(change=change).model_dump_json() if change else ""
    kept_on = record(kept.job, checked_at, absence, attempt=kept.attempt)
    return JobUpdate(kept.job.id, kept.record, kept_on, next_at, entry, quiet=quiet)


def _shown(absence: Absence | None) -> tuple[bool, bool] | None:
    """Return what the cards of a job show of its absence."""
    return (absence.doubtful, bool(absence.suspended)) if absence and absence.shown else None


def _over(missing: Missing, change: Change) -> JobUpdate:
    kept, absence, at, _ = missing
    change = change.model_copy(update={"attempt": kept.attempt.number})
    entry = ChangedEntry(change=change).model_dump_json()
    mark = AttemptMark.of(kept.job, kept.attempt.number, ends=True)
    lost_job = record(kept.job, at, absence, attempt=kept.attempt)
    return JobUpdate(kept.job.id, kept.record, None, entry=entry, lost=lost_job, mark=mark, change=change)


def _expired(kept: Kept, retention: timedelta | None, now: datetime) -> bool:
    """Return whether a job is so old that its provider has deleted it."""
    created_at = kept.job.created_at
    return retention is not None and created_at is not None and now - created_at >= retention - planner.OLDEST
