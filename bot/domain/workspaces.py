"""A workspace that has the app, and how the app is called there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.domain.errors import BotError

if TYPE_CHECKING:  # values do no input and output
    from slack_sdk.web.async_client import AsyncWebClient


class NotInstalled(BotError):  # noqa: N818  # reads as what happened
    """A workspace does not have the app, or not any more."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace with the app in it.

    `client` calls Slack with the app's token. The other ids are those of the workspace, of its organization, and of the
    app's bot there. `scopes` are those of the token, None where Slack did not say.
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
        """Return a workspace by its id; raises NotInstalled, and StoreUnavailable where that is not known here."""
        ...

    async def ids(self) -> Sequence[str]:
        """Return the id of each. Raises StoreUnavailable."""
        ...

    async def uninstall(self, workspace: str, reported_at: datetime) -> bool:
        """Forget the tokens of one that has the app no more, as Slack told at this time.

        False, and nothing is forgotten, when it installed the app again since. Raises StoreUnavailable.
        """
        ...
