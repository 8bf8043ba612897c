"""The life cycle of channels: archived, private, the app invited and removed. The channel shows each change."""

from typing import Literal

from sandbox.slack.delivery.event_payloads import EventPayload, archived, joined, left
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Channel, Content, User
from sandbox.slack.workspace.workspace import Workspace

Trait = Literal["archived", "bot_member", "private"]


def change(workspace: Workspace, user: User, channel: Channel, trait: Trait, *, to: bool) -> list[EventPayload]:
    """Make a channel archived, private or one with the app, or the opposite. An existing trait stays.

    Returns the events for the app.

    Raises:
        SlackError: `method_not_supported_for_channel_type` for a direct message, `app_not_installed` for an invitation
            of an app that is not installed.
    """
    if channel.im_of:
        raise SlackError("method_not_supported_for_channel_type")
    if trait == "bot_member" and to and workspace.installation is None:
        raise SlackError("app_not_installed")
    if getattr(channel, trait) == to:
        return []
    setattr(channel, trait, to)
    workspace.feed.send({"type": "channel", "channel": channel.as_page()})
    who = workspace.app.user_id if trait == "bot_member" else user.id
    event, text = _line(channel, trait, user, to=to)
    workspace.messages.post(channel.id, who, Content(text), event=event)
    if trait == "bot_member":
        return [joined(workspace, channel, user) if to else left(workspace, channel, user)]
    return [archived(workspace, channel, user)] if trait == "archived" and channel.bot_member else []


def _line(channel: Channel, trait: Trait, user: User, *, to: bool) -> tuple[str, str]:
    """Return Slack's subtype for the change, and the line in the channel."""
    kind = "group" if channel.private else "channel"
    match trait, to:
        case "archived", True:
            return f"{kind}_archive", "archived the channel"
        case "archived", False:
            return f"{kind}_unarchive", "un-archived the channel"
        case "bot_member", True:
            return f"{kind}_join", f"was added to the channel by <@{user.id}>"
        case "bot_member", False:
            return f"{kind}_leave", f"was removed from the channel by <@{user.id}>"
        case _, True:
            return "channel_convert_to_private", "made this channel private"
        case _:
            return "channel_convert_to_public", "made this channel public"
