"""Qualified Slack ids: a channel or a user with its workspace, in one word: `T024BE7LD/C024BE91L`.

Slack's ids are unique only within a workspace, or within an organization that has the app as a whole. Callboard stores
and compares qualified ids. Slack's API, and texts for people, have bare ids.
"""

ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
"""A Slack id. It is opaque, but never contains characters that would end a link or a key."""
TS = r"\d{1,12}(?:\.\d{1,9})?"
"""The timestamp of a message."""


def qualify(workspace: str, slack_id: str) -> str:
    """Return the qualified id: `T024BE7LD/C024BE91L`; the bare id without a workspace (the only one)."""
    return f"{workspace}/{slack_id}" if workspace else slack_id


def workspace_of(qualified_id: str) -> str:
    """Return the id of the workspace (T…) or organization (E…). Example: `T024BE7LD`."""
    return qualified_id.rpartition("/")[0]


def bare_id(qualified_id: str) -> str:
    """Return the id that Slack uses. Example: `C024BE91L`."""
    return qualified_id.rpartition("/")[2]


def is_user(qualified_id: str) -> bool:
    """Return whether this is a user, for direct messages. Ids of users start with U or W."""
    return bare_id(qualified_id)[:1] in {"U", "W"}


def is_direct_channel(qualified_id: str) -> bool:
    """Return whether this is a conversation of two, such as the bot's direct messages. Its id starts with D."""
    return bare_id(qualified_id)[:1] == "D"


def is_direct_message(qualified_id: str) -> bool:
    """Return whether posts to this user or channel are direct messages."""
    return is_user(qualified_id) or is_direct_channel(qualified_id)
