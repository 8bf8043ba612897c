"""Several workspaces and one app: each call and payload belongs to one workspace, even with shared ids."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.slack.app import create_app
from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN, CLIENT_ID, CLIENT_SECRET
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.more_workspaces import LOCAL_REDIRECTS, seeded_world
from sandbox.slack.workspace.world import World
from tests.sandbox.slack.conftest import FakeClock, code_of, until
from tests.sandbox.slack.recorder import Recorder

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "M"}, "blocks": [{"type": "divider"}]}
HOME = {"type": "home", "blocks": [{"type": "divider"}]}


@dataclass
class Slack:
    """The served world, and an app with its tokens."""

    world: World
    http: httpx.AsyncClient

    async def install(self, team: str, *, organization: bool = False, user_scope: str = "") -> Json:
        """Install the app with every scope of the manifest, and return the answer of oauth.v2.access."""
        scopes = ",".join(self.world.manifest.scopes)
        asked = {"client_id": CLIENT_ID, "scope": scopes, "user_scope": user_scope}
        order = {"url": f"/?{urlencode(asked)}", "organization": organization}
        allowed = await self.http.post(f"{self.base(team)}/test/authorize", json=order)
        code = code_of(allowed.json()["redirect"])
        credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return (await self.http.post("/api/oauth.v2.access", data={"code": code, **credentials})).json()

    def base(self, team: str) -> str:
        return self.world.path(self.world.workspaces[team])

    async def api(self, method: str, token: str, **arguments: Any) -> Json:
        headers = {"Authorization": f"Bearer {token}"}
        return (await self.http.post(f"/api/{method}", json=arguments, headers=headers)).json()

    async def ui(self, team: str, what: str, **body: Any) -> httpx.Response:
        user = self.world.workspaces[team].people[0].id
        return await self.http.post(f"{self.base(team)}/ui/{what}", json={"user": user, **body})

    async def hook(self, team: str, what: str, **body: Any) -> Json:
        return (await self.http.post(f"{self.base(team)}/test/{what}", json=body)).json()


@pytest.fixture
async def slack(manifest: Path, clock: FakeClock, app: Recorder) -> AsyncIterator[Slack]:
    world = seeded_world(manifest, org_deploy=True, clock=clock)
    served = create_app(world, delivery=app, retry_after=[])
    async with httpx.AsyncClient(base_url="http://slack.test", transport=httpx.ASGITransport(served)) as http:
        yield Slack(world, http)
    served.state.life.close()


@pytest.fixture
def bot_events() -> list[str]:
    return ["app_home_opened", "app_uninstalled", "message.im", "tokens_revoked"]


async def event(app: Recorder, kind: str) -> Json:
    """Return the newest envelope of that kind of event."""

    async def found() -> Json | None:
        told = [each for each in app.payloads if each.get("event", {}).get("type") == kind]
        return told[-1] if told else None

    return await until(found)


def texts(slack: Slack, team: str, channel: str) -> list[str]:
    return [each.content.text for each in slack.world.workspaces[team].messages.seen_by(channel, None)]


async def test_a_call_is_answered_by_the_workspace_of_its_token(slack: Slack) -> None:
    token = (await slack.install("T0NORTH"))["access_token"]
    await slack.ui("T0NORTH", "channel", channel="C0ONCALL", bot_member=True)
    posted = await slack.api("chat.postMessage", token, channel="C0ONCALL", text="north")
    await slack.api("chat.postMessage", BOT_TOKEN, channel="C0ONCALL", text="home")
    assert texts(slack, "T0NORTH", "C0ONCALL")[-1] == "north"
    assert texts(slack, "T0SANDBOX", "C0ONCALL")[-1] == "home"
    assert (posted["message"]["user"], posted["message"]["bot_id"]) == ("U0NORTHBOT", "B0NORTH")
    assert (await slack.api("users.info", token, user="U0DANA"))["user"]["real_name"] == "Nora Lindqvist"
    assert (await slack.api("users.info", BOT_TOKEN, user="U0DANA"))["user"]["real_name"] == "Dana Whitfield"
    assert (await slack.api("users.info", token, user="U0LEE"))["error"] == "user_not_found"
    link = await slack.api("chat.getPermalink", token, channel="C0ONCALL", message_ts=posted["ts"])
    assert link["permalink"].startswith("http://slack.test/w/T0NORTH/archives/C0ONCALL/p")
    led = await slack.http.get(link["permalink"])
    assert led.headers["location"] == "/w/T0NORTH/#C0ONCALL"


async def test_calls_faults_and_rate_limits_belong_to_a_workspace(slack: Slack) -> None:
    token = (await slack.install("T0NORTH"))["access_token"]
    await slack.hook("T0NORTH", "fault", method="users.info", error="fatal_error")
    assert (await slack.api("users.info", BOT_TOKEN, user="U0DANA"))["ok"] is True
    assert (await slack.api("users.info", token, user="U0DANA"))["error"] == "fatal_error"
    calls = [(await slack.http.get(f"{slack.base(team)}/test/calls")).json() for team in ("T0NORTH", "T0SANDBOX")]
    assert [[call["method"] for call in made] for made in calls] == [["users.info"], ["oauth.v2.access", "users.info"]]


async def test_a_response_url_answers_only_in_its_workspace(slack: Slack, app: Recorder) -> None:
    await slack.install("T0NORTH")
    await slack.ui("T0NORTH", "message", channel="C0ONCALL", text="/jobs help")
    url = app.payloads[-1]["response_url"]
    assert url.startswith("http://slack.test/response/T0NORTH/")
    assert (await slack.http.post(url, json={"text": "yes", "response_type": "in_channel"})).text == "ok"
    assert texts(slack, "T0NORTH", "C0ONCALL")[-1] == "yes"
    other = await slack.http.post(url.replace("T0NORTH", "T0SANDBOX"), json={"text": "no"})
    nowhere = await slack.http.post(url.replace("T0NORTH", "T0NOWHERE"), json={"text": "no"})
    assert {(answer.status_code, answer.json()["error"]) for answer in (other, nowhere)} == {(404, "invalid_url")}


async def test_a_trigger_of_one_workspace_opens_nothing_in_another(slack: Slack) -> None:
    token = (await slack.install("T0NORTH"))["access_token"]
    trigger = slack.world.home.grants.trigger("U0DANA")
    assert (await slack.api("views.open", token, trigger_id=trigger, view=MODAL))["error"] == "invalid_trigger_id"


async def test_only_an_installed_workspace_offers_the_app(slack: Slack, app: Recorder) -> None:
    state = (await slack.http.get("/w/T0NORTH/ui/state")).json()
    assert (state["commands"], state["shortcuts"], state["app"]["installed"]) == ([], [], False)
    await slack.ui("T0NORTH", "message", channel="C0ONCALL", text="/jobs help")
    assert (await slack.ui("T0NORTH", "shortcut", callback_id="find")).json()["error"] == "no_such_shortcut"
    assert (await slack.ui("T0NORTH", "home", tab="home")).json()["error"] == "not_enabled"
    refused = await slack.ui("T0NORTH", "channel", channel="C0ONCALL", bot_member=True)
    assert refused.json()["error"] == "app_not_installed"
    assert (await slack.ui("T0NORTH", "remove_app")).json()["error"] == "app_not_installed"
    assert app.payloads == []


@pytest.mark.parametrize(
    ("team", "organization", "installed_team", "enterprise"),
    [
        ("T0NORTH", False, "T0NORTH", None),
        ("T0LIVE", False, "T0LIVE", "E0HARBOR"),
        ("T0LIVE", True, None, "E0HARBOR"),
    ],
)
async def test_each_payload_names_its_workspace(
    slack: Slack, app: Recorder, team: str, *, organization: bool, installed_team: str | None, enterprise: str | None
) -> None:
    token = (await slack.install(team, organization=organization))["access_token"]
    person = slack.world.workspaces[team].people[0].id
    await slack.ui(team, "home", tab="home")
    envelope = await event(app, "app_home_opened")
    assert (envelope["team_id"], envelope.get("enterprise_id")) == (team, enterprise)
    assert (envelope["context_team_id"], envelope["context_enterprise_id"]) == (team, enterprise)
    authorization = envelope["authorizations"][0]
    assert (authorization["team_id"], authorization["enterprise_id"]) == (installed_team, enterprise)
    assert authorization["is_enterprise_install"] is organization
    await slack.ui(team, "shortcut", callback_id="find")
    shortcut = app.payloads[-1]
    assert (shortcut["team"] and shortcut["team"]["id"], shortcut["user"]["team_id"]) == (installed_team, team)
    assert (shortcut["enterprise"] and shortcut["enterprise"]["id"]) == enterprise
    assert shortcut["is_enterprise_install"] is organization
    opened = await slack.api("views.open", token, trigger_id=shortcut["trigger_id"], view=MODAL)
    assert (opened["view"]["team_id"], opened["view"]["app_installed_team_id"]) == (team, installed_team or enterprise)
    published = await slack.api("views.publish", token, user_id=person, view=HOME)
    assert published["view"]["team_id"] == team


async def test_an_org_wide_token_finds_the_workspace_by_the_ids_or_by_team_id(slack: Slack) -> None:
    token = (await slack.install("T0LIVE", organization=True))["access_token"]
    await slack.ui("T0STUDIO", "channel", channel="C0STUDIO", bot_member=True)
    assert (await slack.api("chat.postMessage", token, channel="C0STUDIO", text="cut"))["ok"] is True
    assert texts(slack, "T0STUDIO", "C0STUDIO")[-1] == "cut"
    assert (await slack.api("users.info", token, user="U0JUNE"))["user"]["team_id"] == "T0STUDIO"
    assert (await slack.api("conversations.open", token, users="U0HANA"))["channel"]["id"] == "D0HANA"
    assert (await slack.api("chat.postMessage", token, channel="#studio-ops", text="x"))["error"] == "team_not_found"
    assert (await slack.api("chat.postMessage", token, channel="C0ONCALL", text="x"))["error"] == "channel_not_found"
    listed = await slack.api("conversations.list", token)
    assert (listed["error"], listed["arg"]) == ("missing_argument", "team_id")
    listed = await slack.api("conversations.list", token, team_id="T0STUDIO")
    assert [channel["id"] for channel in listed["channels"]] == ["C0STUDIO", "C0STUDIOALL"]
    assert (await slack.api("usergroups.list", token, team_id="T0NORTH"))["error"] == "team_access_not_granted"
    assert [team["id"] for team in (await slack.api("auth.teams.list", token))["teams"]] == ["T0LIVE", "T0STUDIO"]


async def test_an_org_wide_token_shows_a_modal_in_the_triggers_workspace(slack: Slack) -> None:
    token = (await slack.install("T0LIVE", organization=True))["access_token"]
    studio = slack.world.workspaces["T0STUDIO"]
    trigger = studio.grants.trigger("U0JUNE")
    opened = await slack.api("views.open", token, trigger_id=trigger, view=MODAL, team_id="E0HARBOR")
    assert opened["view"]["team_id"] == "T0STUDIO"
    changed = await slack.api("views.update", token, view_id=opened["view"]["id"], view={**MODAL, "callback_id": "2"})
    assert changed["view"]["callback_id"] == "2"
    assert [view.body["callback_id"] for view in studio.modals.stack("U0JUNE")] == ["2"]


async def test_auth_test_returns_the_owner_of_a_token(slack: Slack) -> None:
    workspace, whole = await slack.install("T0NORTH", user_scope="search:read"), None
    north = await slack.api("auth.test", workspace["access_token"])
    assert (north["team_id"], north["url"]) == ("T0NORTH", "http://slack.test/w/T0NORTH/")
    assert (north["bot_id"], north["is_enterprise_install"], "enterprise_id" in north) == ("B0NORTH", False, False)
    person = await slack.api("auth.test", workspace["authed_user"]["access_token"])
    assert (person["user_id"], "bot_id" in person) == ("U0DANA", False)
    whole = await slack.api("auth.test", (await slack.install("T0LIVE", organization=True))["access_token"])
    assert (whole["team_id"], whole["enterprise_id"], whole["is_enterprise_install"]) == ("E0HARBOR", "E0HARBOR", True)
    posted = await slack.api("chat.postMessage", workspace["authed_user"]["access_token"], channel="C0ONCALL", text="x")
    assert posted["error"] == "not_allowed_token_type"
    assert (await slack.api("auth.test", APP_TOKEN))["error"] == "not_allowed_token_type"


async def test_an_organizations_installation_replaces_a_workspaces(slack: Slack, app: Recorder) -> None:
    own = (await slack.install("T0LIVE"))["access_token"]
    await slack.install("T0STUDIO", organization=True)
    assert (await slack.api("auth.test", own))["error"] == "token_revoked"
    envelope = await event(app, "tokens_revoked")
    assert (envelope["team_id"], envelope["event"]["tokens"]["bot"]) == ("T0LIVE", ["U0HARBORBOT"])
    installed = (await slack.http.get("/test/installations")).json()
    assert [(each["team_id"], each["enterprise_id"]) for each in installed] == [("T0SANDBOX", None), (None, "E0HARBOR")]


async def test_an_app_uninstalls_itself(slack: Slack, app: Recorder) -> None:
    token = (await slack.install("T0NORTH", user_scope="search:read"))["access_token"]
    await slack.ui("T0NORTH", "channel", channel="C0ONCALL", bot_member=True)
    await slack.api("views.publish", token, user_id="U0DANA", view=HOME)
    wrong = await slack.api("apps.uninstall", token, client_id=CLIENT_ID, client_secret="guess")
    assert wrong["error"] == "bad_client_secret"
    gone = await slack.api("apps.uninstall", token, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert gone == {"ok": True}
    assert (await slack.api("auth.test", token))["error"] == "account_inactive"
    assert (await event(app, "tokens_revoked"))["event"]["tokens"] == {"oauth": ["U0DANA"], "bot": ["U0NORTHBOT"]}
    envelope = await event(app, "app_uninstalled")
    assert (envelope["team_id"], "authorizations" in envelope) == ("T0NORTH", False)
    workspace = slack.world.workspaces["T0NORTH"]
    assert (workspace.channels["C0ONCALL"].bot_member, workspace.modals.homes) == (False, {})
    assert (await slack.api("auth.test", BOT_TOKEN))["ok"] is True
    await slack.hook("T0NORTH", "installed", installed=True)
    assert (await slack.api("auth.test", token))["ok"] is True
    assert workspace.channels["C0ONCALL"].bot_member is True


async def test_a_workspace_without_an_installation_has_nothing_to_restore(slack: Slack) -> None:
    assert (await slack.hook("T0LIVE", "installed", installed=True))["error"] == "app_not_installed"


def test_a_redirect_to_a_bot_on_this_machine_is_allowed(manifest: Path) -> None:
    world = seeded_world(manifest)
    assert world.manifest.redirect_urls == LOCAL_REDIRECTS
    assert world.manifest.redirects_to("http://localhost:3000/slack/oauth_redirect")
