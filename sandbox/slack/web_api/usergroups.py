"""usergroups.*: the members of a handle such as @on-call."""

from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json, UserGroup


class _List(Arguments):
    include_users: bool = False
    include_count: bool = False
    include_disabled: bool = False


class _Users(Arguments):
    usergroup: str
    include_disabled: bool = False


def group_methods() -> Methods:
    """Return the usergroups.* methods by name."""
    scopes = ("usergroups:read",)
    return {
        "usergroups.list": Method(_list, _List, scopes, needs_team=True),
        "usergroups.users.list": Method(_users, _Users, scopes, needs_team=True),
    }


def _list(caller: Caller, asked: _List) -> Json:
    return {"usergroups": [_group(caller, group, asked) for group in caller.workspace.groups.values()]}


def _users(caller: Caller, asked: _Users) -> Json:
    group = caller.workspace.groups.get(asked.usergroup)
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def _group(caller: Caller, group: UserGroup, asked: _List) -> Json:
    return {
        "id": group.id,
        "team_id": caller.workspace.team.id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_delete": 0,
        **({"users": list(group.users)} if asked.include_users else {}),
        **({"user_count": len(group.users)} if asked.include_count else {}),
    }
