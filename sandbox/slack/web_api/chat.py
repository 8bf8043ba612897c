"""chat.*: post, update and delete the app's messages."""

from typing import Any

from sandbox.slack.block_kit.message_rules import TEXT_UPDATE_MAX, check_size, read_content, read_metadata
from sandbox.slack.delivery.payloads import api_message
from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Channel, Content, Json, Message


class _Says(Arguments):
    channel: str
    text: str = ""
    blocks: Any = None
    attachments: Any = None
    mrkdwn: bool = True
    parse: str = "none"
    link_names: bool = False


class _Post(_Says):
    thread_ts: str = ""
    reply_broadcast: bool = False
    metadata: Any = None
    unfurl_links: bool = False
    unfurl_media: bool = False


class _PostEphemeral(_Says):
    user: str
    thread_ts: str = ""


class _Update(_Says):
    ts: str
    metadata: Any = None
    reply_broadcast: bool = False


class _Delete(Arguments):
    channel: str
    ts: str


class _Permalink(Arguments):
    channel: str
    message_ts: str


def chat_methods() -> Methods:
    """Return the chat.* methods by name."""
    scopes = ("chat:write",)
    return {
        "chat.postMessage": Method(_post, _Post, scopes),
        "chat.postEphemeral": Method(_post_ephemeral, _PostEphemeral, scopes),
        "chat.update": Method(_update, _Update, scopes),
        "chat.delete": Method(_delete, _Delete, scopes),
        "chat.getPermalink": Method(_permalink, _Permalink),
    }


def _post(caller: Caller, asked: _Post) -> Json:
    workspace = caller.workspace
    channel = _destination(caller, asked.channel)
    content = read_content(asked.text, asked.blocks, asked.attachments)
    check_size(content)
    if asked.reply_broadcast and not asked.thread_ts:
        raise SlackError("invalid_arguments", ["reply_broadcast needs thread_ts"])
    message = workspace.messages.post(
        channel.id,
        workspace.app.user_id,
        content,
        by_app=True,
        thread_ts=_thread(caller, channel, asked.thread_ts),
        broadcast=asked.reply_broadcast,
        metadata=read_metadata(asked.metadata),
    )
    return {"channel": channel.id, "ts": message.ts, "message": api_message(workspace, message)}


def _post_ephemeral(caller: Caller, asked: _PostEphemeral) -> Json:
    workspace = caller.workspace
    channel = caller.writable(asked.channel)
    if not channel.bot_member:
        raise SlackError("not_in_channel")
    if asked.user not in workspace.users or not channel.visible_to(asked.user):
        raise SlackError("user_not_in_channel")
    content = read_content(asked.text, asked.blocks, asked.attachments)
    check_size(content)
    thread_ts = _thread(caller, channel, asked.thread_ts)
    message = workspace.messages.post(
        channel.id, workspace.app.user_id, content, by_app=True, viewer=asked.user, thread_ts=thread_ts
    )
    return {"message_ts": message.ts}


def _update(caller: Caller, asked: _Update) -> Json:
    workspace = caller.workspace
    message = _own_message(caller, asked.channel, asked.ts, "cant_update_message")
    if workspace.channels[message.channel].archived:
        raise SlackError("is_inactive")
    metadata = message.metadata if asked.metadata is None else read_metadata(asked.metadata, or_none=True)
    content = _broadcast_later(message, asked) if asked.reply_broadcast else _new_content(message, asked)
    message.metadata = metadata
    workspace.messages.edit(message, content, marked=not asked.reply_broadcast)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": content.text,
        "message": api_message(workspace, message),
    }


def _new_content(message: Message, asked: _Update) -> Content:
    """Return a message's content after an update.

    Text without blocks removes the blocks (docs.slack.dev, chat.update).
    """
    old, same = message.content, asked.blocks is None and asked.attachments is None and not asked.text
    blocks, attachments = (old.blocks, old.attachments) if same else (asked.blocks, asked.attachments)
    content = read_content(asked.text, blocks, attachments, text_max=TEXT_UPDATE_MAX)
    check_size(content)
    return content


def _broadcast_later(message: Message, asked: _Update) -> Content:
    """Also show a reply in the channel. Its content cannot change in the same update."""
    if message.thread_ts is None:
        raise SlackError("cant_broadcast_message")
    if asked.text or asked.blocks is not None:
        raise SlackError("no_dual_broadcast_content_update")
    message.broadcast = True
    return message.content


def _delete(caller: Caller, asked: _Delete) -> Json:
    message = _own_message(caller, asked.channel, asked.ts, "cant_delete_message")
    caller.workspace.messages.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def _permalink(caller: Caller, asked: _Permalink) -> Json:
    channel = caller.channel(asked.channel)
    message = caller.workspace.messages.find(channel.id, asked.message_ts)
    if message is None:
        raise SlackError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{caller.address}/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _destination(caller: Caller, name_or_id: str) -> Channel:
    """Return a channel, or the direct message with a person whose id was given."""
    user = caller.workspace.users.get(name_or_id)
    if user is None:
        return caller.writable(name_or_id)
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    return caller.workspace.direct_message(user)


def _thread(caller: Caller, channel: Channel, thread_ts: str) -> str | None:
    """Return the parent of a reply. A reply to a reply belongs to the same thread."""
    if not thread_ts:
        return None
    found = caller.workspace.messages.find(channel.id, thread_ts)
    if found is None:
        raise SlackError("cannot_reply_to_message")
    return found.thread_ts or found.ts


def _own_message(caller: Caller, channel: str, ts: str, refusal: str) -> Message:
    """Return a message of the app's. Ephemeral messages are not found, as in Slack."""
    message = caller.workspace.messages.find(caller.channel(channel).id, ts)
    if message is None:
        raise SlackError("message_not_found")
    if not message.by_app:
        raise SlackError(refusal)
    return message
