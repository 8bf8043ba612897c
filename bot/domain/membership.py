"""Decides whether a person is a member, a guest, or an outsider of a workspace.

Pure: it compares a payload's claims about its person with Slack's facts.
"""

from asyncio import Task
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple, Self

from providers.json_fields import mapping, text

Payload = Mapping[str, Any]


class Standing(Enum):
    """A person's relation to a workspace. UNKNOWN: Slack did not say whether the person is a guest."""

    MEMBER = auto()
    GUEST = auto()
    UNKNOWN = auto()
    OUTSIDE = auto()


class Claim(NamedTuple):
    """The claims of a payload about its person.

    `team` is the person's workspace (T…) or organization (E…), empty if none is named. `organization` is that of the
    team, if both are named together. `shared` is set if the channel is shared with another organization.
    """

    team: str = ""
    organization: str = ""
    shared: bool = False

    @classmethod
    def of(cls, payload: Payload) -> Self:
        """Read a payload. In a click, `team` is the app's workspace, and `user.team_id` the person's."""
        if event := mapping(payload.get("event")):
            return cls._of_event(payload, event)
        app, team = mapping(payload.get("team")), text(mapping(payload.get("user")).get("team_id"))
        if team:
            return cls(team, (text(app.get("enterprise_id")) or "") if app.get("id") == team else "")
        return cls._around(payload)

    @classmethod
    def _of_event(cls, payload: Payload, event: Payload) -> Self:
        """Read an event. In a mention, `team` is the app's workspace if `user_team` is another one.

        An event of a shared channel may name no team. Then the payload's team may be either side's.
        """
        named = (event.get("user_team"), mapping(event.get("user_profile")).get("team"), event.get("team"))
        team = next(filter(None, map(text, named)), "")
        shared = payload.get("is_ext_shared_channel") is True
        if not team:
            return cls(shared=True) if shared else cls._around(payload)
        pairs = (("team_id", "enterprise_id"), ("context_team_id", "context_enterprise_id"))
        organization = next((text(payload.get(of)) for one, of in pairs if payload.get(one) == team), None)
        return cls(team, organization or "", shared)

    @classmethod
    def _around(cls, payload: Payload) -> Self:
        """Read the payload's own team. A team in an object is the app's."""
        if mapping(payload.get("team")):
            return cls()
        return cls(text(payload.get("team_id")) or "", text(payload.get("enterprise_id")) or "")


class Facts(NamedTuple):
    """Slack's facts about a person, empty without the scope users:read.

    `siblings` are the workspaces of the organization that has the app, if Slack does not say whether the person belongs
    to it.
    """

    team: str = ""
    organization: str = ""
    stranger: bool = False
    restricted: bool = False
    siblings: frozenset[str] = frozenset()

    @classmethod
    def of(cls, user: Payload) -> Self:
        """Read a user object of users.info."""
        return cls(
            text(user.get("team_id")) or "",
            text(mapping(user.get("enterprise_user")).get("enterprise_id")) or "",
            user.get("is_stranger") is True,
            user.get("is_restricted") is True or user.get("is_ultra_restricted") is True,
        )


def standing(claim: Claim, facts: Facts | None, home: Collection[str]) -> Standing:
    """Return a person's relation to the workspace. `facts` is None if Slack did not answer.

    `home` are the ids of the workspace and of its organization.
    """
    if _is_outside(claim, facts or Facts(), home):
        return Standing.OUTSIDE
    if facts is None:
        return Standing.UNKNOWN
    return Standing.GUEST if facts.restricted else Standing.MEMBER


def _is_outside(claim: Claim, facts: Facts, home: Collection[str]) -> bool:
    """Return whether the payload or Slack places a person in another organization.

    People from another workspace of the same organization are not outside.
    """
    if facts.stranger:
        return True
    if facts.organization in home:
        return False
    ours = {*home, *facts.siblings}
    foreign = any(each.team and not {each.team, each.organization} & ours for each in (claim, facts))
    return foreign or (claim.shared and not (claim.team or facts.team))


@dataclass(slots=True)
class Standings:
    """Slack's recent answers about people, with their times (event loop), and the open questions."""

    facts: dict[str, tuple[float, Facts]] = field(default_factory=dict[str, tuple[float, Facts]])
    asking: dict[str, "Task[Facts | None]"] = field(default_factory=dict[str, "Task[Facts | None]"])
    siblings: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict[str, tuple[float, frozenset[str]]])
