"""Determines whether a person is a member, a guest or an outsider.

The sources are the payload and Slack's users.info, cached for an hour and called after the acknowledgement.
"""

import asyncio
from dataclasses import replace

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.deps.deps import Deps
from bot.domain.access import Audience
from bot.domain.membership import Claim, Facts, Standing, standing
from bot.domain.slack_ids import bare_id
from bot.domain.workspaces import Workspace
from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.workspaces import home_of, teams_of
from providers.json_fields import mapping, text

KEPT_S = 3600.0
"""Seconds for which users.info is cached. After half of them it is refreshed in the background."""
WAIT_S = 2.0
"""The maximum of seconds that an answer waits for users.info: a form must open within 3 s."""
KEPT_MAX = 10_000
"""The maximum of cached people. The oldest entries are dropped first."""

log = structlog.get_logger("callboard")


def recognized(deps: Deps, workspace: Workspace, asker: Audience, claim: Claim) -> Audience | None:
    """Return the requester with their membership; None if that needs a call to Slack (`recognize`)."""
    home = _home(workspace)
    if not home:  # the only workspace, with a token that names no workspace to compare with
        return asker
    if known := _known(deps, workspace, asker.user):
        return _as(asker, standing(claim, known, home))
    # An organization has several workspaces, and only users.info says to which of them a person belongs.
    if claim.team and not any(map(_is_organization, home)) and standing(claim, None, home) is Standing.OUTSIDE:
        return _as(asker, Standing.OUTSIDE)
    return None


async def recognize(deps: Deps, workspace: Workspace, asker: Audience, claim: Claim) -> Audience:
    """Return the requester with their membership; a guest if Slack does not answer within WAIT_S."""
    if known := recognized(deps, workspace, asker, claim):
        return known
    asking = _ask(deps, workspace, asker.user)
    await asyncio.wait({asking}, timeout=WAIT_S)
    facts = asking.result() if asking.done() and not asking.cancelled() else None
    return _as(asker, standing(claim, facts, _home(workspace)))


async def person(deps: Deps, user: str) -> Audience:
    """Return a person outside of a request with their membership, like `recognize`. Raises StoreUnavailable."""
    asker = Audience(user)
    home = await home_of(deps.workspaces, user)
    return await recognize(deps, home, asker, Claim()) if home else asker


async def readers(deps: Deps, destination: str, user: str = "") -> Audience:
    """Return the readers of a destination (`Audience.of_destination`).

    A person counts as a guest only if Slack says so. Raises StoreUnavailable.
    """
    audience = Audience.of_destination(destination, user)
    if not audience.user:
        return audience
    known = await person(deps, audience.user)
    return replace(known, guest=False, unsure=False) if known.unsure else known


def _as(asker: Audience, who: Standing) -> Audience:
    guest = who in {Standing.GUEST, Standing.UNKNOWN}
    return replace(asker, outside=who is Standing.OUTSIDE, guest=guest, unsure=who is Standing.UNKNOWN)


def _home(workspace: Workspace) -> frozenset[str]:
    return frozenset(filter(None, (workspace.id, workspace.team_id, workspace.enterprise_id)))


def _is_organization(team: str) -> bool:
    return team.startswith("E")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _known(deps: Deps, workspace: Workspace, user: str) -> Facts | None:
    at, facts = deps.standings.facts.get(user, (0.0, None))
    age = _now() - at
    if facts and age > KEPT_S / 2:
        _ask(deps, workspace, user)
    return facts if age < KEPT_S else None


def _ask(deps: Deps, workspace: Workspace, user: str) -> "asyncio.Task[Facts | None]":
    """Start a call of users.info for a person, unless one is running."""
    asking = deps.standings.asking
    if user not in asking:
        asking[user] = deps.background.start(_learn(deps, workspace, user))
        asking[user].add_done_callback(lambda _: asking.pop(user, None))
    return asking[user]


async def _learn(deps: Deps, workspace: Workspace, user: str) -> Facts | None:
    """Call users.info for a person and cache the result; None on failure."""
    try:
        facts = await _facts(deps, workspace, user)
        if _is_organization(workspace.id) and facts.organization not in _home(workspace):
            facts = facts._replace(siblings=await _siblings(deps, workspace))
    except SlackApiError as error:
        reason = error_code(error)
    except TRANSPORT_ERRORS as error:
        reason = type(error).__name__
    else:
        kept = deps.standings.facts
        kept.pop(user, None)
        kept[user] = _now(), facts
        if len(kept) > KEPT_MAX:
            kept.pop(next(iter(kept)))
        return facts
    log.info("unknown whether a user is a guest", reason=reason)
    return None


async def _facts(deps: Deps, workspace: Workspace, user: str) -> Facts:
    """Return the facts of users.info; no facts without its scope, unless access rules need it.

    Raises:
        SlackApiError: Slack refused the call.
        SlackClientError: The response has no person.
    """
    try:
        answer = mapping((await workspace.client.users_info(user=bare_id(user))).data)
    except SlackApiError as error:
        if error_code(error) != "missing_scope" or deps.access.names_guests:
            raise
        return Facts()
    found = mapping(answer.get("user"))
    if not text(found.get("id")):
        raise SlackClientError("users.info has no user")
    return Facts.of(found)


async def _siblings(deps: Deps, workspace: Workspace) -> frozenset[str]:
    """Return the workspaces of an organization, cached for an hour. Raises SlackApiError."""
    at, known = deps.standings.siblings.get(workspace.id, (0.0, None))
    if known is None or _now() - at > KEPT_S:
        known = frozenset(filter(None, await teams_of(workspace.client, workspace.id)))
        deps.standings.siblings[workspace.id] = _now(), known
    return known
