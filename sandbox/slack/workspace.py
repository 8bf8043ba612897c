"""One local Slack workspace: people, channels, messages, modals, and what the app was granted."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.slack.clock import Clock, Timestamps
from sandbox.slack.faults import Faults
from sandbox.slack.feed import Feed
from sandbox.slack.grants import Grants
from sandbox.slack.manifest import Manifest
from sandbox.slack.messages import Messages
from sandbox.slack.modals import Modals
from sandbox.slack.model import App, Channel, Json, Team, User

CALLS_KEPT = 10_000
APP_COLOR = "#1f3a5f"


@dataclass(frozen=True)
class CallMade:
    """One Web API call or response_url post that the app made, its token left out; `error` is Slack's code."""

    method: str
    arguments: Json
    error: str | None = None


class Workspace:
    """Everything that a workspace remembers. `clock` decides the lifetimes of triggers and response_urls."""

    def __init__(
        self,
        manifest: Manifest,
        users: Iterable[User],
        channels: Iterable[Channel],
        *,
        clock: Clock = time.time,
    ) -> None:
        self.manifest = manifest
        self.team = Team()
        self.app = App(name=manifest.name)
        bot = User(self.app.user_id, manifest.bot_name.lower(), manifest.bot_name, APP_COLOR, is_bot=True)
        self.users = {user.id: user for user in [*users, bot]}
        self.channels = {channel.id: channel for channel in channels}
        self.clock = clock
        self.timestamps = Timestamps(clock)
        self.feed = Feed()
        self.messages = Messages(self.users, self.timestamps, self.feed)
        self.modals = Modals(self.timestamps, self.feed)
        self.grants = Grants(clock)
        self.faults = Faults()
        self.calls: deque[CallMade] = deque(maxlen=CALLS_KEPT)

    def channel_named(self, name_or_id: str) -> Channel | None:
        """A channel by its id or its name, with or without the #."""
        named = name_or_id.removeprefix("#")
        found = (each for each in self.channels.values() if each.im_of is None and each.name == named)
        return self.channels.get(name_or_id) or next(found, None)

    def direct_message(self, user: User) -> Channel:
        """The conversation of the app with one person, begun if need be."""
        im = Channel(f"D{user.id[1:]}", self.manifest.bot_name, private=True, im_of=user.id)
        return self.channels.setdefault(im.id, im)
