"""The scopes that an app can request, and their descriptions for people."""

from collections.abc import Mapping

BOT_SCOPES: Mapping[str, str] = {
    "app_mentions:read": "View messages that mention it directly",
    "channels:history": "View messages in public channels that it has been added to",
    "channels:join": "Join public channels",
    "channels:manage": "Manage public channels that it has been added to, and create new ones",
    "channels:read": "View basic information about public channels",
    "chat:write": "Send messages as itself",
    "chat:write.customize": "Send messages under another name and picture",
    "chat:write.public": "Send messages to channels that it is not a member of",
    "commands": "Add shortcuts and slash commands that people can use",
    "emoji:read": "View custom emoji",
    "files:read": "View files in conversations that it has been added to",
    "files:write": "Upload, edit and delete files",
    "groups:history": "View messages in private channels that it has been added to",
    "groups:read": "View basic information about private channels that it has been added to",
    "groups:write": "Manage private channels that it has been added to, and create new ones",
    "im:history": "View messages in its direct messages",
    "im:read": "View basic information about its direct messages",
    "im:write": "Start direct messages with people",
    "incoming-webhook": "Post messages to one channel",
    "links:read": "View the links to its domains in messages",
    "links:write": "Show previews of the links to its domains",
    "metadata.message:read": "View the metadata of messages",
    "mpim:history": "View messages in group direct messages that it has been added to",
    "mpim:read": "View basic information about group direct messages that it has been added to",
    "mpim:write": "Start group direct messages with people",
    "pins:read": "View pinned content",
    "reactions:read": "View emoji reactions",
    "reactions:write": "Add and edit emoji reactions",
    "team:read": "View the name, domain and icon of the workspace",
    "usergroups:read": "View user groups and who is in them",
    "users.profile:read": "View profile details of people",
    "users:read": "View people in the workspace",
    "users:read.email": "View email addresses of people",
}
"""The bot scopes of docs.slack.dev/reference/scopes that a bot like Callboard could need."""

USER_SCOPES: Mapping[str, str] = {
    "channels:history": "View messages in your public channels",
    "channels:read": "View basic information about your public channels",
    "chat:write": "Send messages as you",
    "groups:history": "View messages in your private channels",
    "groups:read": "View basic information about your private channels",
    "im:history": "View messages in your direct messages",
    "search:read": "Search what you can see",
    "users.profile:read": "View profile details of people",
    "users:read": "View people in the workspace",
}


def split(asked: str) -> list[str]:
    """Return the unique scopes of a comma-separated list, such as `commands,chat:write`."""
    return list(dict.fromkeys(filter(None, (each.strip() for each in asked.replace(" ", ",").split(",")))))
