"""The messages of a workspace: posted, edited, deleted, and told to open pages."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from sandbox.slack.clock import Timestamps
from sandbox.slack.feed import Feed
from sandbox.slack.model import Content, Json, Message, User


class Messages:
    """Every message by channel, oldest first. `users` tells whose name a message shows."""

    def __init__(self, users: dict[str, User], timestamps: Timestamps, feed: Feed) -> None:
        self._users = users
        self._timestamps = timestamps
        self._feed = feed
        self._by_channel: dict[str, list[Message]] = defaultdict(list)

    def post(self, channel: str, user: str, content: Content, *, earlier: float = 0, **more: Any) -> Message:
        """Add a message, as if `earlier` seconds ago; `more` are further fields of `Message`."""
        message = Message(self._timestamps.next(earlier), channel, user, content, **more)
        self._by_channel[channel].append(message)
        self._tell(message, "message")
        return message

    def edit(self, message: Message, content: Content, *, marked: bool) -> None:
        """Replace what a message says; `marked` shows people that it was edited."""
        message.content = replace(content)
        message.edited = message.edited or marked
        self._tell(message, "message_changed")

    def delete(self, message: Message) -> None:
        """Remove a message."""
        self._by_channel[message.channel].remove(message)
        event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
        self._feed.send(event, to=message.viewer)

    def find(self, channel: str, ts: str, viewer: str | None = None) -> Message | None:
        """The message with that timestamp; an ephemeral one is found by its viewer alone."""
        newest_first = reversed(self._by_channel[channel])
        return next((each for each in newest_first if each.ts == ts and each.visible_to(viewer)), None)

    def seen_by(self, channel: str, user: str | None) -> list[Message]:
        """The messages of a channel that a person sees; None sees those that everybody sees."""
        return [message for message in self._by_channel[channel] if message.visible_to(user)]

    def as_page(self, message: Message) -> Json:
        """A message as the page draws it."""
        author = self._users[message.user]
        return {
            "ts": message.ts,
            "channel": message.channel,
            "user": message.user,
            "bot": author.is_bot,
            "username": author.real_name,
            "text": message.content.text,
            "blocks": message.content.blocks,
            "ephemeral": message.viewer is not None,
            "edited": message.edited,
            "thread_ts": message.thread_ts,
        }

    def _tell(self, message: Message, kind: str) -> None:
        self._feed.send({"type": kind, "message": self.as_page(message)}, to=message.viewer)
