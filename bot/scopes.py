"""What the bot asks a workspace's owner for; manifest.yml asks for the same."""

from collections.abc import Mapping
from types import MappingProxyType

BOT_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "commands": "/jobs",
        "chat:write": "Share, which posts an answer to the channel",
    }
)
"""Each scope of the bot token, and what needs it."""
APP_SCOPE = "connections:write"
"""The scope of the app token, which opens Socket Mode's connections."""
