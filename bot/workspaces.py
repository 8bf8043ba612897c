"""The workspaces that have the app, and how each of them is called.

A workspace is named by its id (T…), or by its organisation's (E…) where that has the app as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self, cast

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import BotError
from bot.domain.slack_ids import workspace_of
from providers.parsing import listing, mapping, text

TEAMS = 1000
"""Workspaces of an organisation that are told at once (auth.teams.list)."""


class NotInstalled(BotError):  # noqa: N818  # reads as what happened
    """A workspace does not have the app, or not any more."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace with the app in it; `identity` is who the app is there, `client` calls Slack as that."""

    id: str
    identity: AuthorizeResult = field(repr=False)  # it has the token
    client: AsyncWebClient


class Workspaces(Protocol):
    """Every workspace that has the app."""

    async def get(self, workspace: str) -> Workspace:
        """Return a workspace by its id; raises NotInstalled, and StoreUnavailable where that is not known here."""
        ...

    async def ids(self) -> Sequence[str]:
        """Return the id of each. Raises StoreUnavailable."""
        ...

    async def forget(self, workspace: str, told_at: datetime) -> bool:
        """Forget the tokens of one that has the app no more, as Slack told at this time.

        False, and nothing is forgotten, when it installed the app again since. Raises StoreUnavailable.
        """
        ...


async def home_of(workspaces: Workspaces | None, place: str) -> Workspace | None:
    """Return the workspace of a place; None if it does not have the app. Raises StoreUnavailable."""
    if workspaces is None:
        return None
    try:
        return await workspaces.get(workspace_of(place))
    except NotInstalled:
        return None


@dataclass(frozen=True, slots=True)
class OneWorkspace:
    """The one workspace that the configured token belongs to, whatever is asked for."""

    workspace: Workspace

    @classmethod
    async def of(cls, client: AsyncWebClient) -> Self:
        """Return the workspace of a client's token; raises SlackApiError when Slack does not accept it."""
        tested = await client.auth_test()
        scopes = cast("Mapping[str, str]", tested.headers).get("x-oauth-scopes")
        identity = AuthorizeResult.from_auth_test_response(
            bot_token=client.token, bot_scopes=scopes, auth_test_response=tested
        )
        of_all = bool(tested.get("is_enterprise_install"))
        name = identity.enterprise_id if of_all else identity.team_id
        return cls(Workspace(name or "", identity, client))

    async def get(self, workspace: str) -> Workspace:
        del workspace
        return self.workspace

    async def ids(self) -> Sequence[str]:
        return (self.workspace.id,)

    async def forget(self, workspace: str, told_at: datetime) -> bool:
        """Nothing is kept of it: the token is in the configuration."""
        del workspace, told_at
        return True


async def teams_of(client: AsyncWebClient, workspace: str) -> Sequence[str | None]:
    """Return what to call `team_id`, one after the other, to hear of everybody: each workspace of an organisation.

    A workspace's own token names none. Raises SlackApiError.
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
    """Return the workspace that something of Slack's is about."""
    return (context.enterprise_id if context.is_enterprise_install else context.team_id) or ""
