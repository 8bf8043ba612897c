"""Asks for the reasons of failed jobs that a list shows without them."""

from collections.abc import Iterable, Sequence
from typing import cast

from bot.polling.service_sweep import ServiceSweep
from providers.base import Explainer, Provider
from providers.errors import ProviderError
from providers.models import Job, JobRef, JobState


async def explained(sweep: ServiceSweep, jobs: Iterable[Job]) -> dict[str, Job]:
    """Return failed jobs of a list without reasons, with the provider's reasons. Some may be left out."""
    chosen = await _worth_asking(sweep, [job for job in jobs if job.state is JobState.FAILED and job.unexplained])
    if not chosen:
        return {}
    try:
        return {job.id: job for job in await ask(sweep.provider, chosen) if job.state.ended}
    except ProviderError:
        return {}  # a failure posted now is worth more than its reason later


async def ask(provider: Provider, jobs: Sequence[Job]) -> Sequence[Job]:
    """Return failed jobs with their reasons, where the provider gives them. Raises ProviderError."""
    if provider.capabilities.explains:
        return await cast("Explainer", provider).explain(jobs)
    return (await provider.lookup([job.id for job in jobs])).found


async def _worth_asking(sweep: ServiceSweep, jobs: Sequence[Job]) -> Sequence[Job]:
    """Leave out unfollowed jobs beyond those that one sweep asks about."""
    if not jobs or sweep.discovery is None:
        return jobs
    refs = [JobRef(*sweep.service, job.id) for job in jobs]
    followed = await sweep.deps.store.tracked.with_subscribers(refs)
    chosen: list[Job] = []
    for ref, job in zip(refs, jobs, strict=True):
        if ref not in followed:
            if sweep.reasons_left <= 0:
                continue
            sweep.reasons_left -= 1
        chosen.append(job)
    return chosen
