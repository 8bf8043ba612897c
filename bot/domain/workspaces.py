"""Workspaces that have the app, and how to call Slack for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.domain.errors import BotError

if TYPE_CHECKING:  # the domain does no input and output
    from slack_sdk.web.async_client import AsyncWebClient


class NotInstalled(BotError):  # noqa: N818  # reads as what happened
    """The workspace does not have the app, or no longer has it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace with the app.

    `client` calls Slack with the app's token. The other ids are those of the workspace, of its organization, and of the
    app's bot there. `scopes` are those of the token, None if Slack did not say.
    """

    id: str
    client: "AsyncWebClient" = field(repr=False)  # it has the token
    team_id: str | None = None
    enterprise_id: str | None = None
    bot_id: str | None = None
    bot_user_id: str | None = None
    scopes: Sequence[str] | None = None


class Workspaces(Protocol):
    """Every workspace that has the app."""

    async def get(self, workspace: str) -> Workspace:
        """Return a workspace by its id.

        Raises:
            NotInstalled: The workspace does not have the app.
            StoreUnavailable: Redis is down and there is no cached copy.
        """
        ...

    async def ids(self) -> Sequence[str]:
        """Return the ids of all workspaces. Raises StoreUnavailable."""
        ...

    async def uninstall(self, workspace: str, reported_at: datetime) -> bool:
        """Delete the tokens of a workspace that removed the app.

        `reported_at` is when Slack reported it. Returns False, and deletes nothing, if the workspace installed the app
        again since. Raises StoreUnavailable.
        """
        ...
