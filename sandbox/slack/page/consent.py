"""An app's request at /oauth/v2/authorize: check it, ask a person, redirect the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.slack.delivery.app_lifecycle import check_destination
from sandbox.slack.workspace.credentials import CLIENT_ID
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Enterprise, Installation, Json
from sandbox.slack.workspace.scopes import BOT_SCOPES, USER_SCOPES, split
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World


@dataclass(frozen=True)
class Request:
    """An app's request. `redirect_uri` is empty if it names none, `team` if any workspace is allowed."""

    scopes: tuple[str, ...]
    user_scopes: tuple[str, ...]
    redirect_uri: str
    state: str | None
    team: str


@dataclass(frozen=True)
class Decision:
    """A person's decision: whether to install, into the workspace `team` or its whole organization."""

    user: str
    team: str
    organization: bool = False
    allow: bool = True


def read_request(world: World, query: Mapping[str, str]) -> Request:
    """Check an app's request.

    Raises:
        SlackError: `invalid_client_id`, `bad_redirect_uri`, `invalid_scope`, `no_scopes` or `invalid_team`, with the
            words that people see.
    """
    if query.get("client_id") != CLIENT_ID:
        raise SlackError("invalid_client_id", ["Invalid client_id parameter"])
    redirect_uri = query.get("redirect_uri", "")
    if not world.manifest.redirect_urls or (redirect_uri and not world.manifest.redirects_to(redirect_uri)):
        words = f"redirect_uri did not match any configured URIs. Passed URI: {redirect_uri}"
        raise SlackError("bad_redirect_uri", [words])
    scopes, user_scopes = split(query.get("scope", "")), split(query.get("user_scope", ""))
    unknown = [each for each in scopes if each not in BOT_SCOPES]
    unknown += [each for each in user_scopes if each not in USER_SCOPES]
    if unknown:
        raise SlackError("invalid_scope", [f"Invalid permissions requested: {', '.join(unknown)}"])
    if not scopes and not user_scopes:
        raise SlackError("no_scopes", ["No scopes requested"])
    team = query.get("team", "")
    if team and team not in world.workspaces and team not in [each.id for each in world.enterprises]:
        raise SlackError("invalid_team", [f"Workspace {team} not found"])
    return Request(tuple(scopes), tuple(user_scopes), redirect_uri, query.get("state"), team)


def decide(world: World, request: Request, decision: Decision) -> str:
    """Return the app's URL for the browser, with a code or with `access_denied`.

    Raises:
        SlackError: `invalid_team`, `invalid_user`, `org_install_not_allowed` or `cannot_install_an_org_installed_app`.
    """
    workspace = world.workspaces.get(decision.team)
    if workspace is None:
        raise SlackError("invalid_team")
    if decision.user not in [each.id for each in workspace.people]:
        raise SlackError("invalid_user")
    if not decision.allow:
        return _back(world, request, {"error": "access_denied"})
    asked = _request(workspace, decision, request.scopes)
    if asked.org_wide and not (asked.enterprise and world.manifest.org_deploy):
        raise SlackError("org_install_not_allowed")
    check_destination(world, asked)
    scopes, user_scopes = list(request.scopes), list(request.user_scopes)
    code = world.codes.issue(asked, decision.user, scopes, user_scopes, request.redirect_uri)
    return _back(world, request, {"code": code})


def as_page(world: World, request: Request) -> Json:
    """Return the page's content for a request."""
    return {
        "app": {"name": world.manifest.name},
        "team": request.team,
        "scopes": [BOT_SCOPES[each] for each in request.scopes],
        "user_scopes": [USER_SCOPES[each] for each in request.user_scopes],
        "places": [_target(world, workspace) for workspace in world.workspaces.values()],
    }


def _request(workspace: Workspace, decision: Decision, scopes: tuple[str, ...]) -> Installation:
    team = None if decision.organization else workspace.team
    return Installation(team, workspace.enterprise, decision.user, scopes)


def _target(world: World, workspace: Workspace) -> Json:
    """Return a workspace to install the app into, and whether its organization is possible too."""
    return {
        "team": workspace.team.id,
        "name": workspace.team.name,
        "installed": workspace.installation is not None,
        "org_wide": workspace.org_wide,
        "organization": _offered(world, workspace.enterprise),
        "people": [{"id": each.id, "name": each.name, "real_name": each.real_name} for each in workspace.people],
    }


def _offered(world: World, enterprise: Enterprise | None) -> Json | None:
    if enterprise is None:
        return None
    return {**enterprise.short, "offered": world.manifest.org_deploy}


def _back(world: World, request: Request, answer: dict[str, str]) -> str:
    """Return the redirect URI with the answer in its query, for example `http://127.0.0.1:3000/slack/oauth?code=…`.

    The manifest's first URI counts if the app names none.
    """
    url = urlsplit(request.redirect_uri or world.manifest.redirect_urls[0])
    state = {} if request.state is None else {"state": request.state}
    query = urlencode([*parse_qsl(url.query, keep_blank_values=True), *answer.items(), *state.items()])
    return urlunsplit(url._replace(query=query))
