"""The Slack scopes of the app, the same as in manifest.yml."""

from collections.abc import Mapping
from types import MappingProxyType

BOT_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "commands": "/jobs and the shortcuts",
        "chat:write": "Share, which posts an answer to the channel",
        "app_mentions:read": "@Callboard, which is answered in its thread",
        "im:history": "direct messages, which need no /jobs",
        "links:read": "links into the console",
        "links:write": "the jobs under such links",
    }
)
"""Each scope that the bot token needs, and what for. A direct message by a user's id needs only chat:write.

(docs.slack.dev, chat.postMessage, "Post to a direct message channel": Slack opens the conversation itself.)
"""
WISHED_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:history": "public channels",
        "groups:history": "private channels",
        "im:write": "direct messages, which it has to open to know where to look",
    }
)
"""Each optional scope, and where the bot uses it to search for a post that a crash left in doubt."""
HANDY_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:read": "what others follow in a channel, in the Home tab; which channels are shared",
        "groups:read": "the same of private channels",
        "usergroups:read": "user groups by name in the form to subscribe",
        "users:read": "who is a guest; in whose morning a snooze ends at 9:00",
    }
)
"""Each scope that adds a convenience, and which one. Without it there is less to pick from."""
ACCESS_SCOPES: Mapping[str, str] = MappingProxyType({"usergroups:read": "access rules that name user groups"})
"""Each scope that only some configurations need, and what for."""
GUESTS_SCOPE = "users:read"
"""The scope that distinguishes guests from members. Rules that mention guests need it."""
APP_SCOPE = "connections:write"
"""The scope of the app token, which opens Socket Mode's connections."""
ALL_SCOPES = (*BOT_SCOPES, *WISHED_SCOPES, *HANDY_SCOPES)
"""The scopes that a workspace grants when it installs the app, as in manifest.yml."""
