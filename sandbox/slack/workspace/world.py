"""A small Slack: several workspaces, an organization, and one app to install into each."""

import re
from collections.abc import Iterable

from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.live_updates import Feeds
from sandbox.slack.workspace.model import Enterprise, Installation, Json
from sandbox.slack.workspace.oauth_codes import Codes
from sandbox.slack.workspace.tokens import Token, Tokens
from sandbox.slack.workspace.workspace import Workspace

_ID = re.compile(r"[CDGUW][A-Z0-9]+")


class World:
    """The workspaces by id. The first is `home`: it is at the root, and has the app with a fixed token.

    They share one manifest and one clock. A call without a workspace's token counts as a call to `home`.
    """

    def __init__(self, workspaces: Iterable[Workspace]) -> None:
        self.workspaces = {workspace.team.id: workspace for workspace in workspaces}
        self.home = next(iter(self.workspaces.values()))
        self.manifest = self.home.manifest
        self.clock = self.home.clock
        self.feeds = Feeds([workspace.feed for workspace in self.workspaces.values()])
        self.tokens = Tokens(self.clock, rotating=self.manifest.token_rotation)
        self.codes = Codes(self.clock)
        self.tokens.add(Token(APP_TOKEN, "app"))
        if installation := self.home.installation:
            bot = self.home.app.user_id
            self.tokens.add(Token(BOT_TOKEN, "bot", installation, bot, installation.scopes))

    @property
    def enterprises(self) -> list[Enterprise]:
        """The organizations."""
        found = {each.enterprise.id: each.enterprise for each in self.workspaces.values() if each.enterprise}
        return list(found.values())

    @property
    def installations(self) -> list[Installation]:
        """Where the app is installed now. An org-wide installation is listed once."""
        found = (each.installation for each in self.workspaces.values() if each.installation)
        return list(dict.fromkeys(found))

    def path(self, workspace: Workspace) -> str:
        """Return the path of a workspace's page and hooks, without a trailing slash."""
        return "" if workspace is self.home else f"/w/{workspace.team.id}"

    def members(self, enterprise: Enterprise) -> list[Workspace]:
        """Return the workspaces of an organization."""
        return [each for each in self.workspaces.values() if each.enterprise == enterprise]

    def covered(self, installation: Installation) -> list[Workspace]:
        """Return the workspaces of an installation, current or former."""
        if installation.team:
            return [self.workspaces[installation.team.id]]
        return self.members(installation.enterprise) if installation.enterprise else []

    def workspace_of(self, token: Token, arguments: Json, *, needs_team: bool) -> Workspace:
        """Return a call's workspace: the token's; for an org-wide token the one that the call names.

        With `needs_team` the method requires a `team_id` with such a token.

        Raises:
            SlackError: `missing_argument`, `team_access_not_granted`, or `team_not_found` for a channel's name.
        """
        if token.installation is None:
            return self.home
        found = self.covered(token.installation)
        if not token.installation.org_wide:
            return found[0]
        team = str(arguments.get("team_id") or "")
        if team and team != token.installation.owner:  # the organization's own id names no workspace
            return _granted(found, team)
        if needs_team:
            raise SlackError("missing_argument", arg="team_id")
        channel = str(arguments.get("channel") or "")
        if channel and not _ID.fullmatch(channel):
            raise SlackError("team_not_found")
        return next((each for each in found if each.knows(arguments)), found[0])


def _granted(workspaces: list[Workspace], team: str) -> Workspace:
    for each in workspaces:
        if each.team.id == team:
            return each
    raise SlackError("team_access_not_granted")
