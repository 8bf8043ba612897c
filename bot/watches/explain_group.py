"""Explains a failure group, a batch, a storm message or a service that is down: `/jobs why g12`."""

from collections.abc import Sequence

from bot.deps.deps import Deps
from bot.domain.errors import Problem, UsageError
from bot.domain.explanations import GroupExplanation
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind, worst_first
from bot.domain.watches import Mute
from bot.store.group_jobs import Slice
from bot.watches.message_links import link_to
from bot.watches.rules import read_rules
from providers.models import JobRef

NEWEST = 5
"""The number of jobs that an explanation names."""


async def explain_group(deps: Deps, group_id: str, destinations: Sequence[str]) -> list[GroupExplanation]:
    """Return what is known of a group in each of these destinations that has it.

    Raises StoreUnavailable, and UsageError where none has it, or the requester may see none of its accounts. `group_id`
    is for example `g12`.
    """
    found = [(await deps.store.groups.read(each, [group_id])).get(group_id) for each in destinations]
    explained = [await _explained(deps, group) for group in found if group]
    seen = [each for each in explained if each]
    if not seen:
        raise UsageError(Problem.NO_SUCH_GROUP, group_id)
    return seen


async def _explained(deps: Deps, group: FailureGroup) -> GroupExplanation | None:
    """Explain a group. None for one that the requester may not see."""
    parts = worst_first((await deps.store.groups.read(group.place, group.groups)).values())
    parts = [each for each in parts if deps.sees(each.account)]
    [jobs] = await deps.store.groups.jobs(group.place, [Slice(group.id, 0, NEWEST)])
    jobs = [job for job in jobs or group.newest if _sees(deps, job)]
    seen = {GroupKind.STORM: bool(parts) or not group.groups, GroupKind.BATCH: bool(jobs) or not group.newest}
    if not seen.get(group.group, deps.sees(group.account)):
        return None
    storm = (await deps.store.groups.read(group.place, [group.storm])).get(group.storm) if group.storm else None
    head, before = storm or group, group.previous
    return GroupExplanation(
        group,
        jobs,
        await link_to(deps, group.place, head.channel, head.ts),
        await link_to(deps, group.place, before.channel, before.ts) if before else "",
        await _mute(deps, group),
        storm,
        parts,
    )


def _sees(deps: Deps, job: GroupJob) -> bool:
    return deps.sees(JobRef.parse(job.ref).account)


async def _mute(deps: Deps, group: FailureGroup) -> Mute | None:
    [rules] = await read_rules(deps, group.place)
    mute = rules.mute_of(group.failure_code) if group.failure_code else None
    return mute if mute and not mute.over(deps.clock()) else None
