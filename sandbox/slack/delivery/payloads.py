"""The payloads that the app receives, field for field as Slack sends them."""

from sandbox.slack.delivery.rich_text import as_rich_text
from sandbox.slack.workspace.credentials import VERIFICATION_TOKEN
from sandbox.slack.workspace.model import Channel, Json, Message, User, View
from sandbox.slack.workspace.workspace import Workspace


def command_payload(workspace: Workspace, user: User, channel: Channel, command: str, text: str) -> Json:
    """Return a slash command without its trigger_id and response_url."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team_of(user).id,
        "team_domain": workspace.team_of(user).domain,
        **({} if user.team else _organisation(workspace)),
        "channel_id": channel.id,
        "channel_name": _command_channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": workspace.app.id,
        "is_enterprise_install": str(workspace.org_wide).lower(),
    }


def message_shortcut_payload(workspace: Workspace, user: User, message: Message, callback_id: str) -> Json:
    """Return a shortcut from a message's menu, without trigger_id and response_url."""
    channel = workspace.channels[message.channel]
    return {
        **_shortcut(workspace, user, "message_action", callback_id),
        "channel": {"id": channel.id, "name": _command_channel_name(channel)},
        "message_ts": message.ts,
        "message": api_message(workspace, message),
    }


def global_shortcut_payload(workspace: Workspace, user: User, callback_id: str) -> Json:
    """Return a shortcut of the workspace, without trigger_id. It has no conversation, so no response_url either."""
    shortcut = _shortcut(workspace, user, "shortcut", callback_id)
    return {**shortcut, "team": None} if workspace.org_wide else shortcut


def message_action_payload(
    workspace: Workspace, user: User, message: Message, actions: list[Json], state_values: Json
) -> Json:
    """Return a block action on a message, without trigger_id and response_url. Slack leaves ephemeral messages out."""
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


def attachment_origin(payload: Json, attachment: Json) -> Json:
    """Return the fields of a block action that differ for an element in an attachment."""
    unfurled = bool(attachment.get("is_app_unfurl"))
    container = {
        **payload["container"],
        "type": "message_attachment",
        "attachment_id": attachment["id"],
        "is_app_unfurl": unfurled,
    }
    if not unfurled:
        return {"container": container}
    return {"container": {**container, "app_unfurl_url": attachment["app_unfurl_url"]}, "app_unfurl": attachment}


def suggestion_payload(
    workspace: Workspace, user: User, surface: View | Message, menu: tuple[str, str], typed: str
) -> Json:
    """Return the request for an external select's options. `menu` is its block_id and action_id."""
    if isinstance(surface, View):
        origin = view_action_payload(workspace, user, surface, [])
    else:
        origin = message_action_payload(workspace, user, surface, [], {})
    del origin["actions"]
    origin.pop("state", None)
    block_id, action_id = menu
    return {**origin, "type": "block_suggestion", "block_id": block_id, "action_id": action_id, "value": typed}


def view_action_payload(workspace: Workspace, user: User, view: View, actions: list[Json]) -> Json:
    """Return a block action in a modal or Home tab, without trigger_id."""
    return {
        **_of_no_team(workspace, user, "block_actions"),
        "container": {"type": "view", "view_id": view.id},
        "view": api_view(workspace, view),
        "actions": actions,
    }


def submission_payload(workspace: Workspace, user: User, view: View, response_urls: list[Json]) -> Json:
    """Return the submission of a modal, without trigger_id."""
    return {
        **_of_no_team(workspace, user, "view_submission"),
        "view": api_view(workspace, view),
        "response_urls": response_urls,
    }


def closed_payload(workspace: Workspace, user: User, view: View, *, cleared: bool) -> Json:
    """Return the closing of a modal with `notify_on_close`."""
    return {
        **_of_no_team(workspace, user, "view_closed"),
        "view": api_view(workspace, view),
        "is_cleared": cleared,
    }


def api_message(workspace: Workspace, message: Message) -> Json:
    """Return a message as the Web API and interaction payloads show it."""
    shown: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.content.text,
        "team": workspace.team_of(workspace.users[message.user]).id,
    }
    author = workspace.users[message.user]
    if message.by_app:
        shown |= {"bot_id": workspace.app.bot_id, "app_id": workspace.app.id}
    elif author.is_bot and not message.event:
        shown["bot_id"] = f"B{author.id[1:]}"
    if message.content.blocks:
        shown["blocks"] = message.content.blocks
    elif not author.is_bot and message.content.text and not message.event:
        shown["blocks"] = [as_rich_text(message.content.text, f"rt{message.ts[-5:]}")]
    if message.attachments:
        shown["attachments"] = message.attachments
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
    """Return a view as the Web API and interaction payloads show it."""
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
        "app_installed_team_id": installation.owner if (installation := workspace.installation) else workspace.team.id,
        "bot_id": workspace.app.bot_id,
    }


def _shortcut(workspace: Workspace, user: User, kind: str, callback_id: str) -> Json:
    interaction = _interaction(workspace, user, kind)
    del interaction["api_app_id"]  # Slack leaves it out of shortcuts
    return {**interaction, "callback_id": callback_id, "action_ts": workspace.timestamps.next()}


def _interaction(workspace: Workspace, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_of(user).id},
        "api_app_id": workspace.app.id,
        "token": VERIFICATION_TOKEN,
        "team": {"id": workspace.team.id, "domain": workspace.team.domain, **_organisation(workspace)},
        "enterprise": workspace.enterprise.short if workspace.enterprise else None,
        "is_enterprise_install": workspace.org_wide,
    }


def _of_no_team(workspace: Workspace, user: User, kind: str) -> Json:
    """Return an interaction outside conversations. An org-wide app gets the organization and the person's team."""
    interaction = _interaction(workspace, user, kind)
    return {**interaction, "team": None} if workspace.org_wide else interaction


def _organisation(workspace: Workspace) -> Json:
    enterprise = workspace.enterprise
    return {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}


def _command_channel_name(channel: Channel) -> str:
    """Return the channel name for a command. Slack hides the names of private conversations."""
    if channel.im_of:
        return "directmessage"
    return "privategroup" if channel.private else channel.name
