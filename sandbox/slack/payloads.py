"""The payloads that the app receives, field for field as Slack sends them."""

from sandbox.slack.credentials import VERIFICATION_TOKEN
from sandbox.slack.model import Channel, Json, Message, User, View
from sandbox.slack.workspace import Workspace


def command_payload(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> Json:
    """A slash command without its trigger_id and response_url."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team.id,
        "team_domain": workspace.team.domain,
        "channel_id": channel.id,
        "channel_name": _command_channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
    }


def message_action_payload(
    workspace: Workspace, user: User, message: Message, actions: list[Json], state_values: Json
) -> Json:
    """A block action on a message, without trigger_id and response_url. Slack leaves ephemeral messages out."""
    channel = workspace.channels[message.channel]
    ephemeral = message.viewer is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    return {
        **_interaction(workspace, user, "block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": _command_channel_name(channel)},
        **({} if ephemeral else {"message": api_message(workspace, message)}),
        "state": {"values": state_values},
        "actions": actions,
    }


def view_action_payload(workspace: Workspace, user: User, view: View, actions: list[Json]) -> Json:
    """A block action in a modal or Home tab, without trigger_id."""
    return {
        **_interaction(workspace, user, "block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "view": api_view(workspace, view),
        "actions": actions,
    }


def submission_payload(workspace: Workspace, user: User, view: View) -> Json:
    """The submission of a modal, without trigger_id."""
    return {
        **_interaction(workspace, user, "view_submission"),
        "view": api_view(workspace, view),
        "response_urls": [],
    }


def closed_payload(workspace: Workspace, user: User, view: View, *, cleared: bool) -> Json:
    """The closing of a modal that asked to be told of it."""
    return {
        **_interaction(workspace, user, "view_closed"),
        "view": api_view(workspace, view),
        "is_cleared": cleared,
    }


def api_message(workspace: Workspace, message: Message) -> Json:
    """A message as the Web API and interaction payloads show it."""
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.content.text,
        "team": workspace.team.id,
    }
    if message.by_app:
        shown |= {"bot_id": workspace.app.bot_id, "app_id": workspace.app.id}
    if message.content.blocks:
        shown["blocks"] = message.content.blocks
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited:
        shown["edited"] = {"user": message.user, "ts": message.ts}
    if message.metadata:
        shown["metadata"] = message.metadata
    return shown


def api_view(workspace: Workspace, view: View) -> Json:
    """A view as the Web API and interaction payloads show it."""
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": None,
        "submit": None,
        "close": None,
        "clear_on_close": False,
        "notify_on_close": False,
        **view.body,
        "id": view.id,
        "team_id": workspace.team.id,
        "state": {"values": view.state_values},
        "hash": view.hash,
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": workspace.app.id,
        "app_installed_team_id": workspace.team.id,
        "bot_id": workspace.app.bot_id,
    }


def _interaction(workspace: Workspace, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team.id},
        "api_app_id": workspace.app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.team.id, "domain": workspace.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _command_channel_name(channel: Channel) -> str:
    """Slack does not tell an app the names of private conversations."""
    if channel.im_of:
        return "directmessage"
    return "privategroup" if channel.private else channel.name
