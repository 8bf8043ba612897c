"""The events that an app can receive, field for field as Slack sends them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.slack.delivery.payloads import api_message, api_view
from sandbox.slack.workspace.links import declared_links
from sandbox.slack.workspace.model import Channel, Installation, Json, Message, Team, User
from sandbox.slack.workspace.tokens import Token
from sandbox.slack.workspace.workspace import Workspace

_HEARD_IN = {
    "im": ("message.im", "im:history", "im"),
    "private_channel": ("message.groups", "groups:history", "group"),
    "public_channel": ("message.channels", "channels:history", "channel"),
}
"""For each kind of conversation: the event to subscribe to, its scope, and its word in the event."""


@dataclass(frozen=True)
class EventPayload:
    """An event under the `name` that a manifest subscribes to. The app needs all `scopes` to receive it.

    `ending` is the installation that ends, in events about that. `team` is the workspace that the payload names
    if that is another organization's.
    """

    name: str
    event: Json
    scopes: tuple[str, ...] = ()
    ending: Installation | None = None
    team: Team | None = None


def said(workspace: Workspace, message: Message) -> Iterator[EventPayload]:
    """Yield the events for the app about another sender's message: none, or up to three."""
    if message.by_app or message.viewer or message.event:
        return
    channel = workspace.channels[message.channel]
    if channel.bot_member:
        yield _message(workspace, message, channel)
        if not channel.im_of and f"<@{workspace.app.user_id}" in message.content.text:
            yield _mention(workspace, message)
    if not workspace.users[message.user].is_bot and (links := declared_links(workspace.manifest, message)):
        yield _link_shared(workspace, message, channel, links)


def home_opened(workspace: Workspace, user: User, tab: Literal["home", "messages"]) -> EventPayload:
    """Return the event of a person who opens the app's own screen."""
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": workspace.direct_message(user).id,
        "tab": tab,
        "event_ts": workspace.timestamps.next(),
    }
    home = workspace.modals.homes.get(user.id)
    if tab == "home" and home is not None:
        event["view"] = api_view(workspace, home)
    return EventPayload("app_home_opened", event, team=user.team)


def joined(workspace: Workspace, channel: Channel, inviter: User) -> EventPayload:
    """Return the event of an invitation of the app."""
    event: Json = {
        "type": "member_joined_channel",
        "user": workspace.app.user_id,
        "channel": channel.id,
        "channel_type": "G" if channel.private else "C",
        "team": workspace.team.id,
        "inviter": inviter.id,
        "event_ts": workspace.timestamps.next(),
    }
    return EventPayload("member_joined_channel", event, ("groups:read" if channel.private else "channels:read",))


def left(workspace: Workspace, channel: Channel, remover: User) -> EventPayload:
    """Return the event of the app's removal from a channel."""
    kind = "group" if channel.private else "channel"
    event = {"type": f"{kind}_left", "channel": channel.id, "actor_id": remover.id}
    return EventPayload(f"{kind}_left", {**event, "event_ts": workspace.timestamps.next()}, (f"{kind}s:read",))


def archived(workspace: Workspace, channel: Channel, user: User) -> EventPayload:
    """Return the event of a channel with the app that was archived or unarchived."""
    kind = "group" if channel.private else "channel"
    name = f"{kind}_archive" if channel.archived else f"{kind}_unarchive"
    event = {"type": name, "channel": channel.id, "user": user.id, "event_ts": workspace.timestamps.next()}
    return EventPayload(name, event, (f"{kind}s:read",))


def revoked(installation: Installation, tokens: Iterable[Token]) -> EventPayload:
    """Return the event of revoked tokens. It names their users."""
    users: dict[str, list[str]] = {"oauth": [], "bot": []}
    for token in tokens:
        whose = users["oauth" if token.kind == "user" else "bot"]
        if token.user not in whose:
            whose.append(token.user)
    return EventPayload("tokens_revoked", {"type": "tokens_revoked", "tokens": users}, ending=installation)


def uninstalled(installation: Installation) -> EventPayload:
    """Return the event of the app's removal."""
    return EventPayload("app_uninstalled", {"type": "app_uninstalled"}, ending=installation)


def _message(workspace: Workspace, message: Message, channel: Channel) -> EventPayload:
    name, scope, word = _HEARD_IN[channel.kind]
    event = {**_heard(workspace, message, "message"), "channel_type": word}
    return EventPayload(name, event, (scope,), team=workspace.users[message.user].team)


def _mention(workspace: Workspace, message: Message) -> EventPayload:
    """Return the event of a mention. For an outsider Slack names both workspaces in it."""
    event = _heard(workspace, message, "app_mention")
    if team := workspace.users[message.user].team:
        event |= {"team": workspace.team.id, "user_team": team.id, "source_team": team.id}
        event["user_profile"] = {"team": team.id}
    return EventPayload("app_mention", event, ("app_mentions:read",))


def _heard(workspace: Workspace, message: Message, kind: str) -> Json:
    shown = api_message(workspace, message)
    return {**shown, "type": kind, "channel": message.channel, "event_ts": message.ts}


def _link_shared(workspace: Workspace, message: Message, channel: Channel, links: list[Json]) -> EventPayload:
    event = {
        "type": "link_shared",
        "user": message.user,
        "channel": channel.id,
        "message_ts": message.ts,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        "links": links,
        "source": "conversations_history",
        "unfurl_id": workspace.unfurls.invite(message),
        "is_bot_user_member": channel.bot_member,
        "event_ts": workspace.timestamps.next(),
    }
    return EventPayload("link_shared", event, ("links:read",))
