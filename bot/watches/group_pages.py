"""Lists the jobs of a failure group, or of a storm message's groups, in pages."""

from collections.abc import Mapping, Sequence

from bot.deps.deps import Deps
from bot.domain.errors import ExpiredError, Problem, UsageError
from bot.domain.failure_groups import JOBS_MAX, FailureGroup, GroupJob, GroupKind, GroupPage, worst_first
from bot.domain.watches import Mute
from bot.store.group_jobs import Slice
from bot.watches.rules import read_rules
from providers.models import JobRef


async def group_page(deps: Deps, destinations: Sequence[str], group_id: str, offset: int, most: int) -> GroupPage:
    """Return at most `most` jobs of a group, those after the first `offset`.

    `destinations` are searched for the group. Only jobs that the requester may see count. Raises StoreUnavailable,
    ExpiredError for a group that is no longer kept, and UsageError where nothing of it may be seen here.
    """
    found = [(await deps.store.groups.read(destination, [group_id])).get(group_id) for destination in destinations]
    group = next(filter(None, found), None)
    if group is None:
        raise ExpiredError
    destination = group.place
    parts = await _parts(deps, group)
    batches = {each.id: await _of_batch(deps, each) for each in parts if each.group is GroupKind.BATCH}
    numbers = await deps.store.groups.numbers(destination, [each.id for each in parts])
    numbers |= {name: len(jobs) for name, jobs in batches.items()}
    parts = [each for each in parts if numbers[each.id]]
    total = sum(numbers.values())
    if not total:
        raise ExpiredError
    if offset >= total:  # jobs were removed
        offset = (total - 1) // most * most
    on = slices(numbers, [each.id for each in parts], offset, most)
    jobs = dict(zip([part.group for part in on], await deps.store.groups.jobs(destination, on), strict=True))
    jobs |= {part.group: batches[part.group][part.skip :][: part.most] for part in on if part.group in batches}
    on_page = [(each, jobs[each.id]) for each in parts if each.id in jobs]
    return GroupPage(group, on_page, offset, total, await _muted(deps, destination, parts))


async def _parts(deps: Deps, group: FailureGroup) -> Sequence[FailureGroup]:
    """Return the groups whose jobs a page lists, of accounts that the requester may see."""
    if group.group is GroupKind.STORM:
        parts = worst_first((await deps.store.groups.read(group.place, group.groups)).values())
    else:
        parts = [group]
    seen = [each for each in parts if each.group is GroupKind.BATCH or deps.sees(each.account)]
    if parts and not seen:
        raise UsageError(deps.catalog.refusal if deps.catalog.nothing else Problem.NOTHING_FOR_YOU)
    return seen


async def _of_batch(deps: Deps, group: FailureGroup) -> Sequence[GroupJob]:
    """Return the jobs of a batch that the requester may see. They may be of several accounts."""
    [jobs] = await deps.store.groups.jobs(group.place, [Slice(group.id, 0, JOBS_MAX)])
    return [job for job in jobs if deps.sees(JobRef.parse(job.ref).account)]


def slices(numbers: Mapping[str, int], groups: Sequence[str], offset: int, most: int) -> list[Slice]:
    """Return the slices of groups on a page, with the groups one after the other."""
    found: list[Slice] = []
    for group in groups:
        here = min(numbers[group] - offset, most)
        if here > 0:
            found.append(Slice(group, max(0, offset), here))
            most -= here
        offset = max(0, offset - numbers[group])
    return found


async def _muted(deps: Deps, destination: str, groups: Sequence[FailureGroup]) -> Mapping[str, Mute]:
    """Return the mutes of the codes of groups, by group."""
    (rules,) = await read_rules(deps, destination)
    now = deps.clock()
    found = {each.id: rules.mute_of(code) for each in groups if (code := each.failure_code)}
    return {group: mute for group, mute in found.items() if mute and not mute.over(now)}
