"""conversations.*, users.* and the methods about connections: channels, people, sockets."""

from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Channel, Json, User

_PAGE = 100
_READS = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}
T = TypeVar("T")


class _Info(Arguments):
    channel: str
    include_num_members: bool = False
    include_locale: bool = False


class _List(Arguments):
    types: str = "public_channel"
    exclude_archived: bool = False
    limit: int = _PAGE
    cursor: str = ""


class _Conversations(_List):
    user: str = ""


class _Members(Arguments):
    channel: str
    limit: int = _PAGE
    cursor: str = ""


class _Open(Arguments):
    users: str = ""
    channel: str = ""
    return_im: bool = False


class _UserInfo(Arguments):
    user: str
    include_locale: bool = False


def directory_methods() -> Methods:
    """Return the methods about connections, channels and people, by name."""
    reads = ("channels:read", "groups:read", "im:read", "mpim:read")
    writes = ("im:write", "mpim:write", "channels:manage", "groups:write")
    return {
        "apps.connections.open": Method(_connections_open, Arguments, tokens=("app",)),
        "conversations.info": Method(_info, _Info, reads),
        "conversations.list": Method(_list, _List, reads, needs_team=True),
        "conversations.members": Method(_members, _Members, reads),
        "conversations.open": Method(_open, _Open, writes),
        "users.conversations": Method(_conversations, _Conversations, needs_team=True),
        "users.info": Method(_user_info, _UserInfo, ("users:read",)),
    }


def _connections_open(caller: Caller, _: Arguments) -> Json:
    return {"url": caller.sockets.ticket(caller.origin)}


def _info(caller: Caller, asked: _Info) -> Json:
    return {"channel": _channel(caller.channel(asked.channel))}


def _list(caller: Caller, asked: _List) -> Json:
    wanted = set(asked.types.replace(" ", "").split(","))
    found = [
        channel
        for channel in caller.workspace.channels.values()
        if channel.kind in wanted
        and not (asked.exclude_archived and channel.archived)
        and (channel.bot_member or not channel.private)
    ]
    shown, more = page(found, asked.cursor, asked.limit)
    return {"channels": [_channel(channel) for channel in shown], "response_metadata": {"next_cursor": more}}


def _conversations(caller: Caller, asked: _Conversations) -> Json:
    """List the conversations of the app or a person. Private ones appear only if the app is in them."""
    wanted = asked.types.replace(" ", "").split(",")
    for kind in wanted:
        caller.needs((_READS[kind],))
    found = [
        channel
        for channel in caller.workspace.channels.values()
        if channel.kind in wanted
        and not (asked.exclude_archived and channel.archived)
        and (channel.bot_member if channel.private or not asked.user else True)
        and (not asked.user or channel.visible_to(asked.user))
    ]
    shown, more = page(found, asked.cursor, asked.limit)
    return {"channels": [_channel(channel) for channel in shown], "response_metadata": {"next_cursor": more}}


def _members(caller: Caller, asked: _Members) -> Json:
    """List the conversation's people, and the app if it is in it."""
    channel, app = caller.channel(asked.channel), caller.workspace.app.user_id
    people = [user for user in caller.workspace.users if user != app and channel.visible_to(user)]
    shown, more = page([*people, *([app] if channel.bot_member else [])], asked.cursor, asked.limit)
    return {"members": shown, "response_metadata": {"next_cursor": more}}


def page(found: Sequence[T], cursor: str, limit: int) -> tuple[Sequence[T], str]:
    """Return one page and the next page's cursor, or an empty cursor. Raises `invalid_cursor`."""
    if cursor and not cursor.isdecimal():
        raise SlackError("invalid_cursor")
    start = int(cursor or 0)
    after = start + limit
    return found[start:after], str(after) if after < len(found) else ""


def _open(caller: Caller, asked: _Open) -> Json:
    if asked.channel:
        return {"channel": {"id": caller.channel(asked.channel).id}}
    user = caller.workspace.users.get(asked.users)
    if user is None:
        raise SlackError("user_not_found")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    return {"channel": {"id": caller.workspace.direct_message(user).id}}


def _user_info(caller: Caller, asked: _UserInfo) -> Json:
    user = caller.workspace.users.get(asked.user)
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _user(caller, user)}


def _user(caller: Caller, user: User) -> Json:
    enterprise = None if user.team else caller.workspace.enterprise
    return {
        "id": user.id,
        "team_id": caller.workspace.team_of(user).id,
        "name": user.name,
        "real_name": user.real_name,
        "is_bot": user.is_bot,
        "is_restricted": bool(user.guest),
        "is_ultra_restricted": user.guest == "single",
        "is_stranger": False,  # Slack sets it only for people without a shared channel
        **({"enterprise_user": {"id": user.id, "enterprise_id": enterprise.id}} if enterprise else {}),
        "deleted": False,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "profile": {"real_name": user.real_name, "display_name": user.name},
    }


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private and not channel.im_of,
        "is_im": bool(channel.im_of),
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.bot_member,
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "is_org_shared": False,
        **({"user": channel.im_of} if channel.im_of else {}),
    }
