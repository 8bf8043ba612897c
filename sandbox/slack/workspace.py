"""One local Slack workspace: people, channels, messages, modals, and what the app was granted."""

import time
from collections.abc import Iterable

from sandbox.slack.calls import CALLS_KEPT, Calls
from sandbox.slack.clock import Clock, Timestamps
from sandbox.slack.faults import Faults
from sandbox.slack.feed import Feed
from sandbox.slack.grants import Grants
from sandbox.slack.links import Unfurls
from sandbox.slack.manifest import Manifest
from sandbox.slack.messages import Messages
from sandbox.slack.modals import Modals
from sandbox.slack.model import App, Channel, Team, User, UserGroup
from sandbox.slack.pace import Pace

APP_COLOR = "#1f3a5f"


class Workspace:
    """Everything that a workspace remembers.

    `clock` decides the lifetimes of triggers and response_urls. With `strict_pace` Slack's rate limits are enforced.
    `refusal` is what Slack answers to every call of an app that is no longer installed.
    `calls_kept` is how many of the app's newest calls are remembered.
    """

    def __init__(
        self,
        manifest: Manifest,
        users: Iterable[User],
        channels: Iterable[Channel],
        groups: Iterable[UserGroup] = (),
        *,
        clock: Clock = time.time,
        strict_pace: bool = False,
        calls_kept: int = CALLS_KEPT,
    ) -> None:
        self.manifest = manifest
        self.team = Team()
        self.app = App(name=manifest.name)
        bot = User(self.app.user_id, manifest.bot_name.lower(), manifest.bot_name, APP_COLOR, is_bot=True)
        self.users = {user.id: user for user in [*users, bot]}
        self.channels = {channel.id: channel for channel in channels}
        self.groups = {group.id: group for group in groups}
        self.refusal: str | None = None
        self.clock = clock
        self.timestamps = Timestamps(clock)
        self.feed = Feed()
        self.messages = Messages(self.users, self.channels, self.timestamps, self.feed)
        self.modals = Modals(self.timestamps, self.feed)
        self.grants = Grants(clock)
        self.unfurls = Unfurls()
        self.faults = Faults()
        self.pace = Pace(clock, enforced=strict_pace)
        self.calls = Calls(clock, calls_kept)

    def channel_named(self, name_or_id: str) -> Channel | None:
        """A channel by its id or its name, with or without the #."""
        named = name_or_id.removeprefix("#")
        found = (each for each in self.channels.values() if each.im_of is None and each.name == named)
        return self.channels.get(name_or_id) or next(found, None)

    def place(self, name_or_id: str) -> Channel | None:
        """A channel by its id or name, or the direct message with the person of that id."""
        user = self.users.get(name_or_id)
        if user is not None and not user.is_bot:
            return self.direct_message(user)
        return self.channel_named(name_or_id)

    def direct_message(self, user: User) -> Channel:
        """The conversation of the app with one person, begun if need be."""
        im = Channel(f"D{user.id[1:]}", self.manifest.bot_name, private=True, im_of=user.id)
        return self.channels.setdefault(im.id, im)
