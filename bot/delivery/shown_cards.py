"""Adds the present state of each job and service to cards."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.deps.deps import Deps
from bot.domain.cards import Card, Check, Shown
from bot.domain.service_key import Service
from bot.domain.sweeps import Sweep, next_try
from bot.domain.tracked_jobs import Kept
from providers.models import JobRef


async def shown(deps: Deps, drawn: Sequence[Card]) -> list[Shown]:
    """Return cards with the state of their jobs and of these jobs' services."""
    refs = [JobRef.parse(ref) for card in drawn for ref, each in card.jobs.items() if each.fate is None]
    known = {str(ref): found for ref, found in (await deps.store.tracked.read(refs)).items()}
    sweeps = await deps.store.sweeps.read(list(dict.fromkeys((ref.account, ref.service) for ref in refs)))
    return [_shown(card, known, sweeps) for card in drawn]


def _shown(card: Card, known: Mapping[str, tuple[Kept, datetime]], sweeps: Mapping[Service, Sweep]) -> Shown:
    ended = {ref: each.job for ref, each in card.jobs.items() if each.job}
    mine = {ref: known[ref] for ref in card.jobs if ref in known}
    checks: dict[str, Check] = {}
    for kept, next_at in mine.values():
        service = (kept.job.account, kept.job.service)
        sweep = sweeps.get(service, Sweep())
        before = checks.get("/".join(service), Check(at=kept.checked_at, next_at=next_at))
        checks["/".join(service)] = Check(
            at=max(filter(None, (before.at, kept.checked_at))),
            next_at=next_try(sweep) or min(filter(None, (before.next_at, next_at))),
            failing_since=sweep.failing_since,
            error=sweep.error,
        )
    return Shown(
        card=card,
        jobs={**ended, **{ref: kept.job for ref, (kept, _) in mine.items()}},
        checks=checks,
        absences={ref: kept.absence for ref, (kept, _) in mine.items() if kept.absence and kept.absence.shown},
    )
