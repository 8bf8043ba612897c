"""One local Slack workspace: people, channels, messages, modals, and the app's rights."""

import time
from collections.abc import Iterable

from sandbox.slack.workspace.call_log import CALLS_KEPT, Calls
from sandbox.slack.workspace.clock import Clock, MovableClock, Timestamps
from sandbox.slack.workspace.faults import Faults
from sandbox.slack.workspace.interaction_grants import Grants
from sandbox.slack.workspace.links import Unfurls
from sandbox.slack.workspace.live_updates import Feed
from sandbox.slack.workspace.manifest import AppHome, Command, Manifest, Shortcut
from sandbox.slack.workspace.messages import Messages
from sandbox.slack.workspace.modals import Modals
from sandbox.slack.workspace.model import App, Channel, Enterprise, Installation, Json, Team, User, UserGroup
from sandbox.slack.workspace.rate_limits import RateLimits

APP_COLOR = "#1f3a5f"


class Workspace:
    """The state of a workspace. `groups` has the members of each user group.

    `enterprise` is its organization. `installation` is the app's; without one the page does not offer the app.

    `clock` decides the lifetimes of triggers and response_urls. `strict_rate_limits` enforces Slack's rate limits.
    `calls_kept` is how many of the app's newest calls the log keeps.
    """

    def __init__(
        self,
        manifest: Manifest,
        users: Iterable[User],
        channels: Iterable[Channel],
        groups: Iterable[UserGroup] = (),
        *,
        team: Team | None = None,
        enterprise: Enterprise | None = None,
        app: App | None = None,
        clock: Clock = time.time,
        strict_rate_limits: bool = False,
        calls_kept: int = CALLS_KEPT,
    ) -> None:
        self.manifest = manifest
        self.team = team or Team()
        self.enterprise = enterprise
        self.installation: Installation | None = None
        self.app = app or App(name=manifest.name)
        bot = User(self.app.user_id, manifest.bot_name.lower(), manifest.bot_name, APP_COLOR, is_bot=True)
        self.users = {user.id: user for user in [*users, bot]}
        self.channels = {channel.id: channel for channel in channels}
        self.groups = {group.id: group for group in groups}
        self.clock = clock if isinstance(clock, MovableClock) else MovableClock(clock)
        self.timestamps = Timestamps(self.clock)
        self.feed = Feed()
        self.messages = Messages(self.users, self.channels, self.timestamps, self.feed)
        self.modals = Modals(self.timestamps, self.feed)
        self.grants = Grants(self.clock)
        self.unfurls = Unfurls()
        self.faults = Faults()
        self.rate_limits = RateLimits(self.clock, enforced=strict_rate_limits)
        self.calls = Calls(self.clock, calls_kept)

    @property
    def org_wide(self) -> bool:
        """Whether the app is here through the whole organization."""
        return self.installation is not None and self.installation.org_wide

    @property
    def commands(self) -> tuple[Command, ...]:
        """The app's commands, if it is installed."""
        return self.manifest.commands if self.installation else ()

    @property
    def shortcuts(self) -> tuple[Shortcut, ...]:
        """The app's shortcuts, if it is installed."""
        return self.manifest.shortcuts if self.installation else ()

    @property
    def app_home(self) -> AppHome:
        """The app's own screen, without tabs if it is not installed."""
        return self.manifest.home if self.installation else AppHome()

    @property
    def people(self) -> list[User]:
        """Everyone except bots."""
        return [user for user in self.users.values() if not user.is_bot]

    def team_of(self, user: User) -> Team:
        """Return a person's workspace: this one, or that of another organization."""
        return user.team or self.team

    def channel_named(self, name_or_id: str) -> Channel | None:
        """Return a channel by its id or its name, with or without the #."""
        named = name_or_id.removeprefix("#")
        found = (each for each in self.channels.values() if each.im_of is None and each.name == named)
        return self.channels.get(name_or_id) or next(found, None)

    def conversation(self, name_or_id: str) -> Channel | None:
        """Return a channel by id or name, or the direct message with a person's id."""
        user = self.users.get(name_or_id)
        if user is not None and not user.is_bot:
            return self.direct_message(user)
        return self.channel_named(name_or_id)

    def knows(self, arguments: Json) -> bool:
        """Return whether a call is about this workspace: by its channel, or by another id in it."""
        if channel := str(arguments.get("channel") or ""):
            return channel in self.channels or channel in self.users
        view_id, external_id = str(arguments.get("view_id") or ""), str(arguments.get("external_id") or "")
        return (
            any(arguments.get(name) in self.users for name in ("user", "user_id", "users"))
            or self.grants.knows(str(arguments.get("trigger_id")))
            or self.modals.knows(view_id, external_id)
            or self.unfurls.message(str(arguments.get("unfurl_id"))) is not None
        )

    def direct_message(self, user: User) -> Channel:
        """Return the app's conversation with one person. Create it if there is none."""
        im = Channel(f"D{user.id[1:]}", self.manifest.bot_name, private=True, im_of=user.id)
        return self.channels.setdefault(im.id, im)
