"""Places in Slack: a channel or a person with the workspace that they are in, as one word, `T024BE7LD/C024BE91L`.

Slack's ids are unique within a workspace (or within an organisation that has the app as a whole) and no further, so
everything that Callboard keeps or compares is about places. Slack itself, and what people read, has the id alone.
"""

ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
"""What an id of Slack's may look like. They are opaque, but none has what would end a link or a key."""
TS = r"\d{1,12}(?:\.\d{1,9})?"
"""What a message's timestamp looks like."""


def qualify(workspace: str, slack_id: str) -> str:
    """Return the place of a channel's or person's id; an empty workspace is the only one that there is."""
    return f"{workspace}/{slack_id}" if workspace else slack_id


def workspace_of(place: str) -> str:
    """The id of a place's workspace (T…) or organisation (E…)."""
    return place.rpartition("/")[0]


def bare_id(place: str) -> str:
    """The id by which Slack knows a place."""
    return place.rpartition("/")[2]


def is_user(place: str) -> bool:
    """Whether a place is somebody's direct messages: ids of users begin with U or W."""
    return bare_id(place)[:1] in {"U", "W"}


def is_direct_channel(place: str) -> bool:
    """Whether a place is a conversation of two: the one with the bot is where a person's direct messages arrive."""
    return bare_id(place)[:1] == "D"


def is_direct_message(place: str) -> bool:
    """Whether what is posted to a place is a direct message, however the place is known."""
    return is_user(place) or is_direct_channel(place)
