"""The workspaces that installed the app, each with its client.

The id of a workspace is its own (T…), or its organization's (E…) if the whole organization installed the app.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.slack_ids import workspace_of
from bot.domain.workspaces import NotInstalled, Workspace, Workspaces
from providers.json_fields import listing, mapping, text

TEAMS = 1000
"""Workspaces of an organization on one page of auth.teams.list."""


def identity_of(workspace: Workspace) -> AuthorizeResult:
    """Return the identity of the app in a workspace, for Bolt."""
    return AuthorizeResult(
        enterprise_id=workspace.enterprise_id,
        team_id=workspace.team_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
        bot_token=workspace.client.token,
        bot_scopes=workspace.scopes,
    )


def read_scopes(scopes: str) -> Sequence[str]:
    """Read a list of scopes in Slack's format, such as `chat:write,commands`."""
    return tuple(scope for each in scopes.split(",") if (scope := each.strip()))


async def home_of(workspaces: Workspaces | None, destination: str) -> Workspace | None:
    """Return the workspace of a destination; None if the app is not installed there. Raises StoreUnavailable."""
    if workspaces is None:
        return None
    try:
        return await workspaces.get(workspace_of(destination))
    except NotInstalled:
        return None


@dataclass(frozen=True, slots=True)
class OneWorkspace:
    """The workspace of the configured token, for every id."""

    workspace: Workspace

    @classmethod
    async def of(cls, client: AsyncWebClient) -> Self:
        """Return the workspace of a client's token. Raises SlackApiError if Slack refuses the token."""
        tested = await client.auth_test()
        scopes = cast("Mapping[str, str]", tested.headers).get("x-oauth-scopes")
        team_id, enterprise_id, bot_id = (text(tested.get(key)) for key in ("team_id", "enterprise_id", "bot_id"))
        name = enterprise_id if tested.get("is_enterprise_install") else team_id
        workspace = Workspace(
            name or "",
            client,
            team_id=team_id,
            enterprise_id=enterprise_id,
            bot_id=bot_id,
            bot_user_id=text(tested.get("user_id")) if bot_id else None,
            scopes=None if scopes is None else read_scopes(scopes),
        )
        return cls(workspace)

    async def get(self, workspace: str) -> Workspace:
        del workspace
        return self.workspace

    async def ids(self) -> Sequence[str]:
        return (self.workspace.id,)

    async def uninstall(self, workspace: str, reported_at: datetime) -> bool:
        """Do nothing: the token is in the configuration, not in Redis."""
        del workspace, reported_at
        return True


async def teams_of(client: AsyncWebClient, workspace: str) -> Sequence[str | None]:
    """Return the values of `team_id` for calls that cover all workspaces of an organization.

    For a single workspace, that is only None. Raises SlackApiError.
    """
    if not workspace.startswith("E"):
        return [None]
    found: list[str | None] = []
    cursor: str | None = None
    while cursor != "":
        answer = cast("dict[str, Any]", (await client.auth_teams_list(limit=TEAMS, cursor=cursor)).data)
        found += [text(mapping(team).get("id")) for team in listing(answer.get("teams"))]
        cursor = text(mapping(answer.get("response_metadata")).get("next_cursor")) or ""
    return found


def named_in(context: AsyncBoltContext) -> str:
    """Return the workspace of a payload; empty if it has none."""
    return (context.enterprise_id if context.is_enterprise_install else context.team_id) or ""
