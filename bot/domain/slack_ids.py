"""Qualified Slack ids: a channel or a user with the workspace, as one word, `T024BE7LD/C024BE91L`.

Slack's ids are unique within a workspace (or within an organisation that has the app as a whole) and no further, so
everything that Callboard keeps or compares has a qualified id. Slack itself, and what people read, has the bare id.
"""

ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
"""What an id of Slack's may look like. They are opaque, but none has what would end a link or a key."""
TS = r"\d{1,12}(?:\.\d{1,9})?"
"""What a message's timestamp looks like."""


def qualify(workspace: str, slack_id: str) -> str:
    """Return the qualified id of a channel or a user; an empty workspace is the only one that there is."""
    return f"{workspace}/{slack_id}" if workspace else slack_id


def workspace_of(qualified_id: str) -> str:
    """Return the id of the workspace (T…) or organization (E…)."""
    return qualified_id.rpartition("/")[0]


def bare_id(qualified_id: str) -> str:
    """Return the id by which Slack knows the channel or user."""
    return qualified_id.rpartition("/")[2]


def is_user(qualified_id: str) -> bool:
    """Whether this is a user, for direct messages: ids of users begin with U or W."""
    return bare_id(qualified_id)[:1] in {"U", "W"}


def is_direct_channel(qualified_id: str) -> bool:
    """Whether this is a conversation of two: direct messages of the bot arrive in one."""
    return bare_id(qualified_id)[:1] == "D"


def is_direct_message(qualified_id: str) -> bool:
    """Whether what is posted there is a direct message, by the id of the user or of the channel."""
    return is_user(qualified_id) or is_direct_channel(qualified_id)
