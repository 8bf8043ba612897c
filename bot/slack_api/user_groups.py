"""User groups: the members of those in access rules, and the names of all, up to some minutes old.

Members are read in advance, because a call to Slack would delay the acknowledgement of a command.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.asyncio_tasks import in_background
from bot.deps.deps import Deps
from bot.domain.access import Access
from bot.domain.errors import StoreUnavailable
from bot.domain.user_groups import UserGroup
from bot.domain.workspaces import NotInstalled, Workspaces
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.workspaces import teams_of
from providers.json_fields import listing, mapping, text

EVERY_S = 300.0
"""Seconds between two reads of the members."""
AGAIN_S = 60.0
"""Seconds before a retry. Slack allows 20 calls of usergroups.users.list a minute (tier 2)."""
NAMES_KEPT = timedelta(minutes=5)
"""How long names of groups are cached. Slack allows 20 calls of usergroups.list a minute."""
NAMES_S = 1.0
"""The timeout for names in seconds: a form must open within 3 s."""
KEPT_S = 3600.0
"""After this many seconds without a successful read, a group counts as empty."""

log = structlog.get_logger("callboard")


@asynccontextmanager
async def up_to_date(access: Access, workspaces: Workspaces) -> AsyncGenerator[None]:
    """Keep the members of user groups in access rules current while the block runs.

    The first read is before the block. A group without a successful read counts as empty.
    """
    if not access.groups:
        yield
        return
    look = _Attempt(access, workspaces)
    wait = await look.at_all()
    with in_background(look.forever(wait), "user groups"):
        yield


async def names_of(deps: Deps, slack: AsyncWebClient, workspace: str) -> Sequence[UserGroup]:
    """Return a workspace's user groups, sorted by handle. Falls back to the last successful read, or to none."""
    kept = deps.group_names.kept
    at, known = kept.get(workspace, (None, ()))
    if at and deps.clock() - at < NAMES_KEPT:
        return known
    try:
        async with asyncio.timeout(NAMES_S):
            answer = cast("dict[str, Any]", (await slack.usergroups_list()).data)
    except SlackApiError as error:
        log.info("names of user groups could not be read", reason=error_code(error))
    except TRANSPORT_ERRORS as error:
        log.info("names of user groups could not be read", reason=type(error).__name__)
    else:
        groups = (mapping(each) for each in listing(answer.get("usergroups")))
        found = [UserGroup(*(text(each.get(part)) or "" for part in UserGroup._fields)) for each in groups]
        known = sorted((each for each in found if each.id and each.handle), key=lambda group: group.handle)
    kept[workspace] = deps.clock(), known
    return known


class _Attempt:
    def __init__(self, access: Access, workspaces: Workspaces) -> None:
        self._access = access
        self._workspaces = workspaces
        self._read_at: dict[tuple[str, str], float] = {}

    async def forever(self, wait: float) -> None:
        while True:
            await asyncio.sleep(wait)
            wait = await self.at_all()

    async def at_all(self) -> float:
        """Read every group in every workspace; return after how many seconds to repeat this."""
        read: list[bool] = []
        try:
            for workspace in await self._workspaces.ids():
                client = (await self._workspaces.get(workspace)).client
                read += [await self._at(workspace, group, client) for group in self._access.groups]
        except (StoreUnavailable, NotInstalled):
            return AGAIN_S
        return EVERY_S if all(read) else AGAIN_S

    async def _at(self, workspace: str, group: str, client: AsyncWebClient) -> bool:
        """Read one group; return whether that succeeded."""
        now, looked_at = asyncio.get_running_loop().time(), (workspace, group)
        try:
            users = await _members(client, workspace, group)
        except SlackApiError as error:
            return self._failed(looked_at, error_code(error), now)
        except TRANSPORT_ERRORS as error:
            return self._failed(looked_at, type(error).__name__, now)
        self._access.members[looked_at] = users
        self._read_at[looked_at] = now
        return True

    def _failed(self, looked_at: tuple[str, str], reason: str, now: float) -> bool:
        workspace, group = looked_at
        log.warning(
            "user group of the access rules could not be read, retrying",
            workspace=workspace,
            group=group,
            reason=reason,
        )
        if now - self._read_at.get(looked_at, now) > KEPT_S:
            self._access.members.pop(looked_at, None)
        return False


async def _members(client: AsyncWebClient, workspace: str, group: str) -> frozenset[str]:
    """Return the ids of a group's members; none in a workspace without the group. Raises SlackApiError."""
    found = set[str]()
    for team in await teams_of(client, workspace):
        try:
            answer = await client.usergroups_users_list(usergroup=group, team_id=team)
        except SlackApiError as error:
            if error_code(error) != "no_such_subteam":
                raise
        else:
            found |= set(map(str, cast("dict[str, Any]", answer.data).get("users", ())))
    return frozenset(found)
