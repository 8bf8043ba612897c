"""Renders failure groups as messages: their heads, and the lines in their threads."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.delivery.shown_cards import shown
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.cards import Card
from bot.domain.changes import Change
from bot.domain.failure_groups import FailureGroup, GroupKind, ShownGroup
from bot.domain.watches import Mute
from bot.slack_api.permalinks import permalink
from bot.slack_api.workspaces import home_of
from bot.store.group_jobs import Slice
from bot.views.slack.batch_heads import batch_head
from bot.views.slack.block_kit import Message
from bot.views.slack.failure_groups import THREAD_LINES_MAX, head, thread_line
from bot.views.slack.service_down import service_down
from bot.views.slack.storms import storm, storm_line
from providers.registry import meaning

NONE: Mapping[str, FailureGroup] = MappingProxyType({})


async def draw_group(  # what a head consists of
    deps: Deps,
    group: FailureGroup,
    *,
    card: Card | None = None,
    groups: Mapping[str, FailureGroup] = NONE,
    change: Change | None = None,
    posted: bool = True,
    held: bool = False,
) -> Message:
    """Return the message of a group as of now.

    `card` is that of a batch, `groups` those of a storm message by id, both as of the step that posts it. What is not
    given is read. `change` is the failure that is posted as the head. `posted` says that it edits a message, `held`
    that a snooze held it. Raises StoreUnavailable.
    """
    match group.group:
        case GroupKind.STORM:
            missing = [each for each in group.groups if each not in groups]
            known = {**groups, **await deps.store.groups.read(group.place, missing)}
            parts = [known[each] for each in group.groups if each in known]
            return storm(ShownGroup(group, groups=parts), posted=posted, held=held)
        case GroupKind.DOWN:
            return service_down(ShownGroup(group), posted=posted, held=held)
        case GroupKind.BATCH:
            card = card or (await read_outbox(deps, group.place)).cards.get(group.card)
            drawn = [card] if card else []
            for each in await shown(deps, drawn):
                return batch_head(ShownGroup(group), each, meaning, posted=posted, held=held)
        case GroupKind.FAILURES:
            pass
    ended, mute, link = await _ended(deps, group), await _mute(deps, group), await _link(deps, group)
    return head(ShownGroup(group, ended, mute, link, change=change), meaning, posted=posted, held=held)


async def _ended(deps: Deps, group: FailureGroup) -> int | None:
    """Return how many jobs of its service finished since the first failure.

    None for one failure, which has no share.
    """
    if group.count == 1:
        return None
    return await deps.store.event_log.ended_since((group.account, group.service), group.first_at)


async def draw_thread_line(deps: Deps, group: FailureGroup) -> Message:
    """Return the thread line about news since the last line. Raises StoreUnavailable."""
    if group.group is GroupKind.STORM:
        parts = await deps.store.groups.read(group.place, group.groups)
        return storm_line(group, list(parts.values()))
    new = max(0, group.count - max(group.line_count, 1))
    [jobs] = await deps.store.groups.jobs(group.place, [Slice(group.id, 0, min(new, THREAD_LINES_MAX))])
    return thread_line(group, jobs, new - len(jobs))


async def _mute(deps: Deps, group: FailureGroup) -> Mute | None:
    """Return the mute of the code of a group."""
    if group.failure_code is None:
        return None
    [snapshot] = await deps.store.watches.read([group.place])
    mute = snapshot.rules.mute_of(group.failure_code)
    return mute if mute and not mute.over(deps.clock()) else None


async def _link(deps: Deps, group: FailureGroup) -> str:
    """Return the link to the previous head."""
    home = await home_of(deps.workspaces, group.place) if group.previous else None
    return await permalink(home.client, group.previous.channel, group.previous.ts) if home and group.previous else ""
