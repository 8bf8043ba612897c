"""oauth.v2.access, auth.* and apps.uninstall: exchange codes for tokens, test tokens, revoke tokens."""

from sandbox.slack.web_api.directory import page
from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.credentials import CLIENT_ID, CLIENT_SECRET
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Installation, Json
from sandbox.slack.workspace.tokens import Token


class _App(Arguments):
    client_id: str = ""
    client_secret: str = ""


class _Access(_App):
    code: str = ""
    redirect_uri: str = ""
    grant_type: str = "authorization_code"
    refresh_token: str = ""


class _Revoke(Arguments):
    test: bool = False


class _Teams(Arguments):
    cursor: str = ""
    limit: int = 100
    include_icon: bool = False


def oauth_methods() -> Methods:
    """Return the methods about the app's own tokens, by name."""
    return {
        "oauth.v2.access": Method(_access, _Access, tokens=()),
        "auth.test": Method(_test, Arguments, tokens=("bot", "user")),
        "auth.revoke": Method(_revoke, _Revoke, tokens=("bot", "user")),
        "auth.teams.list": Method(_teams, _Teams, tokens=("bot", "user")),
        "apps.uninstall": Method(_uninstall, _App, tokens=("bot", "user")),
    }


def _access(caller: Caller, asked: _Access) -> Json:
    _check_app(asked)
    match asked.grant_type:
        case "authorization_code":
            return _exchange(caller, asked)
        case "refresh_token":
            token = caller.world.tokens.rotate(asked.refresh_token)
            return {**_token_fields(caller, token), **_installed(caller, token)}
        case _:
            raise SlackError("invalid_grant_type")


def _exchange(caller: Caller, asked: _Access) -> Json:
    """Exchange a code: install the app and issue its tokens. Granted user scopes get a user token."""
    code = caller.world.codes.exchange(asked.code, asked.redirect_uri)
    installation = caller.life.install(code)
    authed: Json = {"id": code.user}
    tokens = caller.world.tokens
    if code.user_scopes:
        authed |= _token_fields(caller, tokens.issue(installation, "user", code.user, code.user_scopes))
    bot = caller.world.covered(installation)[0].app.user_id
    token = tokens.issue(installation, "bot", bot, code.scopes)
    return {**_token_fields(caller, token), **_installed(caller, token), "authed_user": authed}


def _token_fields(caller: Caller, token: Token) -> Json:
    fields: Json = {"access_token": token.value, "token_type": token.kind, "scope": ",".join(token.scopes)}
    if token.refresh:
        fields |= {"refresh_token": token.refresh, "expires_in": caller.world.tokens.life_s}
    return fields


def _installed(caller: Caller, token: Token) -> Json:
    """Return where a token is valid."""
    installation = _installation(token)
    team, enterprise = installation.team, installation.enterprise
    return {
        "app_id": caller.workspace.app.id,
        **({"bot_user_id": token.user} if token.kind == "bot" else {}),
        "team": {"id": team.id, "name": team.name} if team else None,
        "enterprise": enterprise.short if enterprise else None,
        "is_enterprise_install": installation.org_wide,
    }


def _test(caller: Caller, _: Arguments) -> Json:
    installation, workspace = _installation(caller.token), caller.workspace
    enterprise, user = installation.enterprise, workspace.users[caller.token.user]
    place = enterprise if installation.org_wide and enterprise else workspace.team
    return {
        "url": f"{caller.address}/",
        "team": place.name,
        "team_id": place.id,
        "user": user.name,
        "user_id": user.id,
        **({"bot_id": workspace.app.bot_id} if caller.token.kind == "bot" else {}),
        **({"enterprise_id": enterprise.id} if enterprise else {}),
        "is_enterprise_install": installation.org_wide,
    }


def _revoke(caller: Caller, asked: _Revoke) -> Json:
    if not asked.test:
        caller.life.revoke(caller.token)
    return {"revoked": not asked.test}


def _teams(caller: Caller, asked: _Teams) -> Json:
    """List the workspaces where a token is valid."""
    covered = caller.world.covered(_installation(caller.token))
    shown, more = page([each.team for each in covered], asked.cursor, asked.limit)
    teams = [{"id": each.id, "name": each.name} for each in shown]
    return {"teams": teams, "response_metadata": {"next_cursor": more}}


def _uninstall(caller: Caller, asked: _App) -> Json:
    _check_app(asked)
    caller.life.remove(_installation(caller.token))
    return {}


def _check_app(asked: _App) -> None:
    if asked.client_id != CLIENT_ID:
        raise SlackError("invalid_client_id")
    if asked.client_secret != CLIENT_SECRET:
        raise SlackError("bad_client_secret")


def _installation(token: Token) -> Installation:
    if token.installation is None:
        raise SlackError("not_allowed_token_type")
    return token.installation
