"""Cleans up workspaces without the app: ends their subscriptions, then deletes their data."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.slack_ids import workspace_of
from bot.slack_api.errors import HOLD_S
from bot.subscriptions.revoke import end_all
from bot.task_queue.enqueue import enqueue_purge

ABSENT = timedelta(days=30)
"""A workspace without tokens for this long does not come back."""

log = structlog.get_logger("callboard")


async def revoked(deps: Deps, workspace: str, reported_at: datetime) -> bool:
    """Delete the tokens of a workspace. Its subscriptions wait until it installs the app again.

    Returns False, and deletes nothing, if it was reinstalled since Slack's report. Raises StoreUnavailable.
    """
    gone = deps.workspaces is not None and await deps.workspaces.uninstall(workspace, reported_at)
    log.warning("app token revoked by workspace", workspace=workspace, reinstalled=not gone)
    return gone


async def uninstalled(deps: Deps, workspace: str, reported_at: datetime) -> None:
    """Delete the tokens of a workspace now, and all its other data soon. Raises StoreUnavailable."""
    if await revoked(deps, workspace, reported_at):
        await enqueue_purge(deps, workspace, reported_at)


async def leave_absent(deps: Deps, destinations: Iterable[str]) -> None:
    """Purge workspaces that have destinations and no tokens: their uninstall event may have been lost.

    Raises StoreUnavailable.
    """
    if deps.workspaces is None:
        return
    absent = {*map(workspace_of, destinations)} - {"", *await deps.workspaces.ids()}
    for workspace, since in (await deps.store.installations.absent(absent, deps.clock())).items():
        if deps.clock() - since >= ABSENT:
            await enqueue_purge(deps, workspace, since)


async def purge_workspace(deps: Deps, workspace: str, reported_at: datetime) -> float | None:
    """Delete everything about a workspace, unless it installed the app again since.

    Returns the seconds until the next try if a newer version has records, None if all is done. Raises StoreUnavailable.
    """
    if deps.workspaces is None or not await deps.workspaces.uninstall(workspace, reported_at):
        return None
    destinations = [
        destination for destination in await deps.store.outbox.destinations() if workspace_of(destination) == workspace
    ]
    left = [destination for destination in destinations if (await read_outbox(deps, destination)).newer]
    for destination in set(destinations) - set(left):
        people = await end_all(deps, destination)
        await deps.store.tracked.purge_destinations(people)
        await deps.store.home_tabs.purge(people)
        await deps.store.slack.purge(destination)
        await deps.store.routes.purge(destination, deps.whole.catalog.pairs)
        await deps.store.watches.purge(destination)
        await deps.store.groups.purge(destination)
        await deps.store.decisions.purge(destination, deps.whole.catalog.scopes)
        await deps.store.outbox.purge(destination, deps.whole.catalog.scopes)
    await deps.store.watches.purge_workspace(workspace)
    await deps.store.epochs.purge(workspace)
    log.info(
        "purged a workspace that uninstalled the app",
        workspace=workspace,
        destinations=len(destinations),
        remaining=len(left),
    )
    return HOLD_S if left else None
