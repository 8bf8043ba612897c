"""The user groups of a workspace by name, for somebody who wants to call one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class UserGroup(NamedTuple):
    """A user group: people call it by its handle, `@on-call`, which Slack keeps without the sign."""

    id: str
    handle: str
    name: str


@dataclass(slots=True)
class GroupNames:
    """What was last read of each workspace, and when."""

    kept: dict[str, tuple[datetime, Sequence[UserGroup]]] = field(
        default_factory=dict[str, tuple[datetime, Sequence[UserGroup]]]
    )


def handles(groups: Sequence[UserGroup]) -> Mapping[str, str]:
    """Return the id of each group by its handle, in lower case."""
    return {each.handle.lower(): each.id for each in groups}
