"""A person's relation to a workspace, by payloads and by Slack's answers."""

from typing import Any

import pytest

from bot.domain.membership import Claim, Facts, Standing, standing

Json = dict[str, Any]
HOME = frozenset({"T0HOME"})
GRID = frozenset({"T0HOME", "E0HOME"})
"""A workspace of an organization."""
ORG = frozenset({"E0HOME"})
"""An organization that has the app as a whole."""
NOTHING = Facts()
MEMBER, GUEST, UNSURE, OUTSIDE = Standing.MEMBER, Standing.GUEST, Standing.UNKNOWN, Standing.OUTSIDE


def command(team: str, organization: str | None = None) -> Json:
    of = {"enterprise_id": organization, "enterprise_name": "Home"} if organization else {}
    return {"command": "/jobs", "team_id": team, "user_id": "U1", "channel_id": "C1", **of}


def click(team: str, app: Json | None, organization: Json | None = None) -> Json:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "u", "name": "u", "team_id": team},
        "team": app,
        "enterprise": organization,
        "is_enterprise_install": app is None,
    }


def event(inner: Json, *, shared: bool = True, **around: str) -> Json:
    bot = {"enterprise_id": None, "team_id": "T0HOME", "user_id": "U0BOT", "is_bot": True}
    around = {"team_id": "T0HOME", "context_team_id": "T0HOME", **around}
    return {
        "type": "event_callback",
        "event": {"user": "U1", "channel": "C1", **inner},
        "authorizations": [bot],
        "is_ext_shared_channel": shared,
        **around,
    }


APP: Json = {"id": "T0HOME", "domain": "home"}
GRID_APP: Json = {**APP, "enterprise_id": "E0HOME", "enterprise_name": "Home"}
ENTERPRISE: Json = {"id": "E0HOME", "name": "Home"}
MENTION: Json = {"type": "app_mention", "team": "T0HOME"}
THEIR_MENTION: Json = {**MENTION, "user_team": "T0OTHER", "source_team": "T0OTHER", "user_profile": {"team": "T0OTHER"}}
GRID_MENTION: Json = {**MENTION, "user_team": "E0OTHER", "source_team": "E0OTHER", "user_profile": {"team": "E0OTHER"}}
MESSAGE: Json = {"type": "message", "channel_type": "im"}
LINK: Json = {"type": "link_shared", "links": []}
HOME_TAB: Json = {"type": "app_home_opened", "tab": "home"}

# fmt: off
PAYLOADS: list[tuple[str, Json, frozenset[str], Standing]] = [
    # a payload, the workspace that gets it, and the person's relation to it without facts from Slack
    ("a command of a member", command("T0HOME"), HOME, MEMBER),
    ("a command of another organization", command("T0OTHER"), HOME, OUTSIDE),
    ("a command of another organization's grid", command("T0OTHER", "E0OTHER"), GRID, OUTSIDE),
    ("a command in a sibling workspace", command("T0SIBLING", "E0HOME"), GRID, MEMBER),
    ("a command to an organization's app", command("T0SIBLING", "E0HOME"), ORG, MEMBER),
    ("a click of a member", click("T0HOME", APP), HOME, MEMBER),
    ("a click of another organization", click("T0OTHER", APP), HOME, OUTSIDE),
    ("a click of another organization on a grid's message", click("T0OTHER", GRID_APP, ENTERPRISE), GRID, OUTSIDE),
    ("a click in an organization's workspace", click("T0LIVE", {**GRID_APP, "id": "T0LIVE"}, ENTERPRISE), ORG, MEMBER),
    ("a click that names the organization", click("E0HOME", None, ENTERPRISE), ORG, MEMBER),
    ("a click of another organization in a view of an organization", click("T0OTHER", None, ENTERPRISE), ORG, OUTSIDE),
    ("a click that names no team of the person", {"user": {"id": "U1"}, "team": APP}, HOME, MEMBER),
    ("a mention by a member", event(MENTION), HOME, MEMBER),
    ("a mention by another organization", event(THEIR_MENTION), HOME, OUTSIDE),
    ("a mention by another organization's grid", event(GRID_MENTION), HOME, OUTSIDE),
    ("a mention by a member in a channel of others", event({**MENTION, "source_team": "T0OTHER"}), HOME, MEMBER),
    ("a message of a member", event({**MESSAGE, "team": "T0HOME"}, shared=False), HOME, MEMBER),
    ("a message of another organization", event({**MESSAGE, "team": "T0OTHER"}, team_id="T0OTHER"), HOME, OUTSIDE),
    ("a message in a sibling workspace", event(
        {**MESSAGE, "team": "T0SIBLING"}, shared=False, team_id="T0SIBLING", enterprise_id="E0HOME"), GRID, MEMBER),
    ("a link", event(LINK, shared=False), HOME, MEMBER),
    ("a link in a shared channel, by an unknown person", event(LINK), HOME, OUTSIDE),
    ("the Home tab of a member", event(HOME_TAB, shared=False), HOME, MEMBER),
    ("the Home tab of another organization", event(HOME_TAB, shared=False, team_id="T0OTHER"), HOME, OUTSIDE),
]
# fmt: on


@pytest.mark.parametrize(("payload", "home", "who"), [row[1:] for row in PAYLOADS], ids=[row[0] for row in PAYLOADS])
def test_the_team_in_a_payload_decides(payload: Json, home: frozenset[str], who: Standing):
    assert standing(Claim.of(payload), NOTHING, home) is who


@pytest.mark.parametrize("odd", [None, "", [], {}, 7, {"id": 3}, True])
@pytest.mark.parametrize("name", ["team", "team_id", "user", "event", "enterprise_id"])
def test_unusual_payloads_are_read_too(name: str, odd: object):
    assert standing(Claim.of({**command("T0HOME"), name: odd}), NOTHING, HOME) in Standing


LINKED = Claim.of(event(LINK))
OURS = Claim("T0HOME")


@pytest.mark.parametrize(
    ("claim", "said", "home", "who"),
    [
        (OURS, {"team_id": "T0HOME"}, HOME, MEMBER),
        (OURS, {}, HOME, MEMBER),
        (OURS, {"team_id": "T0HOME", "is_restricted": True}, HOME, GUEST),
        (OURS, {"team_id": "T0HOME", "is_restricted": True, "is_ultra_restricted": True}, HOME, GUEST),
        (OURS, {"team_id": "T0HOME", "is_ultra_restricted": True}, HOME, GUEST),
        (OURS, {"team_id": "T0OTHER"}, HOME, OUTSIDE),
        (OURS, {"is_stranger": True}, HOME, OUTSIDE),
        (Claim(), {"team_id": "T0OTHER", "is_restricted": True}, HOME, OUTSIDE),
        (Claim("T0OTHER"), {"team_id": "T0HOME"}, HOME, OUTSIDE),
        (LINKED, {"team_id": "T0HOME"}, HOME, MEMBER),
        (LINKED, {"team_id": "T0OTHER"}, HOME, OUTSIDE),
        (Claim("T0SIBLING"), {"enterprise_user": {"enterprise_id": "E0HOME"}}, GRID, MEMBER),
        (Claim("T0SIBLING"), {"enterprise_user": {"enterprise_id": "E0HOME"}, "is_restricted": True}, GRID, GUEST),
        (Claim("T0OTHER"), {"team_id": "T0OTHER", "enterprise_user": {"enterprise_id": "E0OTHER"}}, GRID, OUTSIDE),
        (Claim("T0LIVE"), {"team_id": "T0LIVE", "enterprise_user": {"enterprise_id": "E0HOME"}}, ORG, MEMBER),
    ],
)
def test_the_facts_from_slack_count_too(claim: Claim, said: Json, home: frozenset[str], who: Standing):
    assert standing(claim, Facts.of(said), home) is who


def test_the_workspaces_of_an_organization_are_its_own():
    facts = Facts(siblings=frozenset({"T0LIVE", "T0STUDIO"}))
    assert standing(Claim("T0LIVE"), facts, ORG) is MEMBER
    assert standing(Claim("T0OTHER"), facts, ORG) is OUTSIDE


def test_a_person_unknown_to_slack_is_no_member():
    assert standing(OURS, None, HOME) is UNSURE
    assert standing(Claim("T0OTHER"), None, HOME) is OUTSIDE
