"""Slack's processing of typed text: escapes, mentions, links."""

import re
from collections.abc import Iterable

from sandbox.slack.workspace.model import Channel, User, UserGroup

_URL = re.compile(r"https?://[^\s<>|]+")
_MENTION = re.compile(r"(?<![\w/.@])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_CHANNEL = re.compile(r"(?<![\w/&#])#([a-z0-9][a-z0-9_-]*)")


def escape(text: str) -> str:
    """Escape the three characters that mrkdwn reserves: `a < b` becomes `a &lt; b`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def decorate(
    text: str, users: Iterable[User], channels: Iterable[Channel], groups: Iterable[UserGroup] = (), *, names: bool
) -> str:
    """Return typed text as Slack passes it on: mentions, channels and links in angle brackets.

    The rest is escaped. With `names` a mention has its name (`<@U0DANA|dana>`), as in slash commands with
    should_escape.
    """
    people = {user.name: user.id for user in users}
    teams = {group.handle: group.id for group in groups}
    places = {channel.name: channel.id for channel in channels}

    def person(match: re.Match[str]) -> str:
        name = match[1].lower()
        if name in teams:
            return f"<!subteam^{teams[name]}|@{name}>" if names else f"<!subteam^{teams[name]}>"
        suffix = f"|{name}" if names else ""
        return f"<@{people[name]}{suffix}>" if name in people else match[0]

    def link(match: re.Match[str]) -> str:
        return f"<#{places[match[1]]}|{match[1]}>" if match[1] in places else match[0]

    mentioned = _MENTION.sub(person, escape(text))
    return _URL.sub(lambda match: f"<{match[0]}>", _CHANNEL.sub(link, mentioned))
