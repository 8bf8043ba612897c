"""The user groups of a workspace by name, for commands that mention one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class UserGroup(NamedTuple):
    """A user group. People mention it by its handle, `@on-call`, which Slack stores without the sign."""

    id: str
    handle: str
    name: str


@dataclass(slots=True)
class GroupNames:
    """The groups of each workspace as last read, and when."""

    kept: dict[str, tuple[datetime, Sequence[UserGroup]]] = field(
        default_factory=dict[str, tuple[datetime, Sequence[UserGroup]]]
    )


def handles(groups: Sequence[UserGroup]) -> Mapping[str, str]:
    """Return the ids of groups by handle, in lower case. Example: `on-call` -> `S123`."""
    return {each.handle.lower(): each.id for each in groups}
