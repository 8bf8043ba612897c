"""The messages of a workspace: post, edit, delete, and update open pages."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.slack.workspace.clock import Timestamps
from sandbox.slack.workspace.live_updates import Feed
from sandbox.slack.workspace.model import Channel, Content, Json, Message, User


class Messages:
    """Every message by channel, oldest first. `users` gives the authors' names."""

    def __init__(
        self, users: Mapping[str, User], channels: Mapping[str, Channel], timestamps: Timestamps, feed: Feed
    ) -> None:
        self._users = users
        self._channels = channels
        self._timestamps = timestamps
        self._feed = feed
        self._by_channel: dict[str, dict[str, Message]] = defaultdict(dict)
        self._threads: dict[tuple[str, str], list[Message]] = defaultdict(list)

    def post(self, channel: str, user: str, content: Content, *, earlier: float = 0, **more: Any) -> Message:
        """Add a message, as if `earlier` seconds ago. `more` are further fields of `Message`."""
        message = Message(self._timestamps.next(earlier), channel, user, content, **more)
        self._by_channel[channel][message.ts] = message
        if message.thread_ts:
            self._threads[channel, message.thread_ts].append(message)
        place = self._channels[channel]
        if place.im_of and len(self._by_channel[channel]) == 1:  # pages hide conversations without messages
            self._feed.send({"type": "channel", "channel": place.as_page()}, to=place.im_of)
        self._announce(message, "message")
        return message

    def edit(self, message: Message, content: Content, *, marked: bool) -> None:
        """Replace a message's content. `marked` shows people that it was edited."""
        message.content = replace(content)
        message.edited = message.edited or marked
        self._announce(message, "message_changed")

    def unfurl(self, message: Message, unfurls: Mapping[str, Json]) -> None:
        """Show cards under a message, one for each of these links."""
        message.unfurls.update(unfurls)
        self._announce(message, "message_changed")

    def delete(self, message: Message) -> None:
        """Remove a message. Its replies stay."""
        del self._by_channel[message.channel][message.ts]
        if message.thread_ts:
            self._threads[message.channel, message.thread_ts].remove(message)
        event = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
        self._feed.send(event, to=self._reader(message))

    def find(self, channel: str, ts: str, viewer: str | None = None) -> Message | None:
        """Return the message with that timestamp. Only its viewer can find an ephemeral one."""
        message = self._by_channel[channel].get(ts)
        return message if message and message.visible_to(viewer) else None

    def seen_by(self, channel: str, user: str | None) -> list[Message]:
        """Return a channel's messages that a person sees; None returns those that everyone sees."""
        return [message for message in self._by_channel[channel].values() if message.visible_to(user)]

    def replies(self, message: Message) -> list[Message]:
        """Return a message's replies that everyone sees, oldest first."""
        return [reply for reply in self._threads.get((message.channel, message.ts), ()) if reply.visible_to(None)]

    def as_page(self, message: Message) -> Json:
        """Return a message as the page draws it."""
        author = self._users[message.user]
        return {
            "ts": message.ts,
            "channel": message.channel,
            "user": message.user,
            "bot": author.is_bot and not message.event,
            "username": author.real_name,
            "text": message.content.text,
            "blocks": message.content.blocks,
            "attachments": message.attachments,
            "ephemeral": message.viewer is not None,
            "edited": message.edited,
            "thread_ts": message.thread_ts,
            "broadcast": message.broadcast,
            "subtype": message.subtype,
            "metadata": message.metadata,
        }

    def _reader(self, message: Message) -> str | None:
        """Return the only person who sees a message; None is everyone."""
        return message.viewer or self._channels[message.channel].im_of

    def _announce(self, message: Message, kind: str) -> None:
        self._feed.send({"type": kind, "message": self.as_page(message)}, to=self._reader(message))
