"""What the bot asks a workspace's owner for; manifest.yml asks for the same."""

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
"""Each scope that the bot token needs, and what for. A direct message by a user's id needs no more than chat:write.

(docs.slack.dev, chat.postMessage, "Post to a direct message channel": Slack opens the conversation itself.)
"""
WISHED_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:history": "public channels",
        "groups:history": "private channels",
        "im:write": "direct messages, which it has to open to know where to look",
    }
)
"""Each scope that the bot does without, and where it looks with it for a post that a crash left in doubt."""
HANDY_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:read": "what others follow in a channel, in the Home tab; which channels are shared",
        "groups:read": "the same of private channels",
        "usergroups:read": "user groups by name in the form to subscribe",
        "users:read": "who is a guest; in whose morning a snooze ends at 9:00",
    }
)
"""Each scope that makes something more convenient, and what: without it there is less to pick from."""
ACCESS_SCOPES: Mapping[str, str] = MappingProxyType({"usergroups:read": "access rules that name user groups"})
"""Each scope that the bot needs only where the configuration asks for it, and what for."""
GUESTS_SCOPE = "users:read"
"""The scope that distinguishes guests from members; rules that say something about guests need it."""
APP_SCOPE = "connections:write"
"""The scope of the app token, which opens Socket Mode's connections."""
ALL_SCOPES = (*BOT_SCOPES, *WISHED_SCOPES, *HANDY_SCOPES)
"""What a workspace is asked for that installs the app, as manifest.yml says it."""
