"""Requests at /oauth/v2/authorize, and the use of codes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.slack.app import create_app
from sandbox.slack.workspace.credentials import CLIENT_ID, CLIENT_SECRET
from sandbox.slack.workspace.manifest import Manifest
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.sandbox.slack.conftest import FakeClock, code_of

REDIRECT = "http://127.0.0.1:3000/slack/oauth_redirect"
ASKED = {"client_id": CLIENT_ID, "scope": "commands,chat:write", "redirect_uri": REDIRECT, "state": "s"}


@pytest.fixture
def org_deploy() -> bool:
    return True


@pytest.fixture
def world(manifest: Path, clock: FakeClock, *, org_deploy: bool) -> World:
    return seeded_world(manifest, org_deploy=org_deploy, clock=clock)


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(world)
    async with httpx.AsyncClient(base_url="http://slack.test", transport=httpx.ASGITransport(app)) as client:
        yield client
    app.state.life.close()


def link(**other: str) -> str:
    return f"/oauth/v2/authorize?{urlencode({**ASKED, **other})}"


async def allow(http: httpx.AsyncClient, base: str = "/w/T0NORTH", url: str = "", **order: Any) -> Json:
    return (await http.post(f"{base}/test/authorize", json={"url": url or link(), **order})).json()


async def code(http: httpx.AsyncClient, base: str = "/w/T0NORTH", **order: Any) -> str:
    return code_of((await allow(http, base, **order))["redirect"])


async def access(http: httpx.AsyncClient, **arguments: str) -> Json:
    right = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT}
    return (await http.post("/api/oauth.v2.access", data={**right, **arguments})).json()


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.example/x"}, "bad_redirect_uri"),
        ({"scope": "commands,chat:shout"}, "invalid_scope"),
        ({"user_scope": "commands"}, "invalid_scope"),
        ({"scope": ""}, "no_scopes"),
        ({"team": "T0NOWHERE"}, "invalid_team"),
    ],
)
async def test_an_invalid_request_is_refused_without_asking(
    http: httpx.AsyncClient, other: dict[str, str], error: str
) -> None:
    page = await http.get(link(**other))
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    shown = await http.get(link(**other).replace("authorize?", "authorize/request?"))
    assert (shown.status_code, shown.json()["error"]) == (400, error)
    assert (await allow(http, url=link(**other)))["error"] == error


async def test_the_manifests_first_url_is_the_default_redirect(
    http: httpx.AsyncClient,
) -> None:
    url = f"/oauth/v2/authorize?{urlencode({'client_id': CLIENT_ID, 'scope': 'commands'})}"
    redirect = (await allow(http, url=url))["redirect"]
    assert redirect == f"http://127.0.0.1?code={code_of(redirect)}"
    value = code_of(redirect)
    assert (await access(http, code=value))["error"] == "bad_redirect_uri"
    assert (await access(http, code=value, redirect_uri=""))["ok"] is True


async def test_the_answer_of_slack(http: httpx.AsyncClient) -> None:
    answer = await access(http, code=await code(http, user="U0IVO", url=link(user_scope="search:read")))
    tokens = (answer.pop("access_token"), answer["authed_user"].pop("access_token"))
    assert [token[:5] for token in tokens] == ["xoxb-", "xoxp-"]
    assert answer == {
        "ok": True,
        "app_id": "A0CALLBOARD",
        "authed_user": {"id": "U0IVO", "scope": "search:read", "token_type": "user"},
        "scope": "commands,chat:write",
        "token_type": "bot",
        "bot_user_id": "U0NORTHBOT",
        "team": {"id": "T0NORTH", "name": "Northwind"},
        "enterprise": None,
        "is_enterprise_install": False,
    }


async def test_the_answer_of_slack_for_an_organization(http: httpx.AsyncClient) -> None:
    answer = await access(http, code=await code(http, "/w/T0LIVE", organization=True))
    assert answer["team"] is None
    assert answer["enterprise"] == {"id": "E0HARBOR", "name": "Harbor Group"}
    assert (answer["is_enterprise_install"], answer["bot_user_id"]) == (True, "U0HARBORBOT")


async def test_a_workspace_of_an_organization_names_it(http: httpx.AsyncClient) -> None:
    answer = await access(http, code=await code(http, "/w/T0LIVE"))
    assert (answer["team"]["id"], answer["enterprise"]["id"]) == ("T0LIVE", "E0HARBOR")
    assert answer["is_enterprise_install"] is False


async def test_a_code_works_once(http: httpx.AsyncClient) -> None:
    value = await code(http)
    assert (await access(http, code=value, client_secret="guess"))["error"] == "bad_client_secret"
    assert (await access(http, code=value, client_id="1.2"))["error"] == "invalid_client_id"
    assert (await access(http, code=value, redirect_uri=f"{REDIRECT}/x"))["error"] == "bad_redirect_uri"
    assert (await access(http, code=value, grant_type="password"))["error"] == "invalid_grant_type"
    assert (await access(http, code=value))["ok"] is True
    assert (await access(http, code=value))["error"] == "code_already_used"
    assert (await access(http, code="1.2.3"))["error"] == "invalid_code"


async def test_a_code_lives_ten_minutes(http: httpx.AsyncClient, clock: FakeClock) -> None:
    value, late = await code(http), await code(http)
    clock.now += 599
    assert (await access(http, code=value))["ok"] is True
    clock.now += 1
    assert (await access(http, code=late))["error"] == "invalid_code"


async def test_the_id_and_the_secret_can_come_as_http_basic(http: httpx.AsyncClient) -> None:
    data = {"code": await code(http), "redirect_uri": REDIRECT}
    wrong = await http.post("/api/oauth.v2.access", data=data, auth=(CLIENT_ID, "guess"))
    assert wrong.json()["error"] == "bad_client_secret"
    assert (await http.post("/api/oauth.v2.access", data=data, auth=(CLIENT_ID, CLIENT_SECRET))).json()["ok"] is True
    kept = (await http.get("/test/calls")).json()
    assert [(call["method"], call["arguments"]) for call in kept] == [
        ("oauth.v2.access", {"client_id": CLIENT_ID, "redirect_uri": REDIRECT})
    ] * 2


async def test_allowing_again_without_rotation_gives_the_same_token_and_more_scopes(http: httpx.AsyncClient) -> None:
    first = await access(http, code=await code(http))
    second = await access(http, code=await code(http, url=link(scope="users:read")))
    assert second["access_token"] == first["access_token"]
    assert second["scope"] == "commands,chat:write,users:read"


async def test_only_people_of_the_workspace_decide(http: httpx.AsyncClient) -> None:
    assert (await allow(http, user="U0LEE"))["error"] == "invalid_user"
    assert (await allow(http, user="U0NORTHBOT"))["error"] == "invalid_user"
    assert (await allow(http, organization=True))["error"] == "org_install_not_allowed"


class TestWithoutOrgDeploy:
    @pytest.fixture
    def org_deploy(self) -> bool:
        return False

    async def test_no_organization_can_have_the_app(self, http: httpx.AsyncClient) -> None:
        assert (await allow(http, "/w/T0LIVE", organization=True))["error"] == "org_install_not_allowed"
        asked = (await http.get(link().replace("authorize?", "authorize/request?"))).json()
        assert {place["organization"] and place["organization"]["offered"] for place in asked["places"]} == {
            None,
            False,
        }


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://bot.example/slack", True),
        ("https://bot.example/slack/oauth_redirect?a=b", True),
        ("https://bot.example/slackers", False),
        ("https://bot.example/", False),
        ("http://bot.example/slack", False),
        ("https://bot.example:8443/slack", False),
        ("https://evil.example/slack", False),
        ("http://localhost:3000/anything", True),
        ("http://127.0.0.1:3000/", False),
    ],
)
def test_a_redirect_url_covers_the_paths_below_it(url: str, *, covered: bool) -> None:
    manifest = Manifest(name="a", bot_name="a", redirect_urls=("https://bot.example/slack", "http://localhost"))
    assert manifest.redirects_to(url) is covered
