"""The consent page: its question, its answers, and the browser's redirect."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import CLIENT_ID
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.browser import ON_THE_PAGE, Scheme, looking_at
from tests.sandbox.page.accessible import complaints

pytestmark = ON_THE_PAGE

APP = "http://127.0.0.1:3000/slack/oauth_redirect"


@pytest.fixture
def world(manifest: Path) -> World:
    return seeded_world(manifest, org_deploy=True)


@pytest_asyncio.fixture(loop_scope="session")
async def url(world: World) -> AsyncGenerator[str]:
    async with serving(world) as address:
        yield address


def link(url: str, **other: str) -> str:
    asked = {"client_id": CLIENT_ID, "scope": "commands,chat:write", "redirect_uri": APP, "state": "a b&c", **other}
    return f"{url}/oauth/v2/authorize?{urlencode(asked)}"


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, url: str) -> AsyncGenerator[Page]:
    """Yield the page, with an app that answers the redirect."""

    async def welcome(route: Route) -> None:
        await route.fulfill(body="<title>back at the app</title>", content_type="text/html")

    async with looking_at(chromium, link(url)) as opened:
        await opened.route(f"{APP}*", welcome)
        yield opened


async def returned(page: Page) -> dict[str, list[str]]:
    """Return the query that the app receives from the browser."""
    await expect(page).to_have_title("back at the app")
    return parse_qs(urlsplit(page.url).query)


async def test_it_shows_the_app_and_its_scopes(page: Page) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Callboard is requesting permission to access Northwind"
    )
    await expect(page.get_by_role("listitem")).to_have_text(
        ["Add shortcuts and slash commands that people can use", "Send messages as itself"]
    )
    await expect(page.get_by_label("You are").locator("option")).to_have_text(
        ["Nora Lindqvist (nora)", "Ivo Petrov (ivo)"]
    )
    assert await complaints(page) == []


async def test_allow_redirects_with_a_code_and_the_state(page: Page, world: World) -> None:
    await page.get_by_label("You are").select_option("Ivo Petrov (ivo)")
    await page.get_by_role("button", name="Allow").click()
    answer = await returned(page)
    assert answer["state"] == ["a b&c"]
    code = world.codes.exchange(answer["code"][0], APP)
    assert (code.installation.owner, code.user) == ("T0NORTH", "U0IVO")


async def test_cancel_redirects_with_an_error(page: Page) -> None:
    await page.get_by_role("button", name="Cancel").click()
    assert await returned(page) == {"error": ["access_denied"], "state": ["a b&c"]}


async def test_a_whole_organization_can_have_it(page: Page, world: World) -> None:
    await page.get_by_label("Install in").select_option("All of Harbor Group")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("access Harbor Group")
    await page.get_by_label("You are").select_option("June Abara (june)")
    await page.get_by_role("button", name="Allow").click()
    code = world.codes.exchange((await returned(page))["code"][0], APP)
    assert (code.installation.owner, code.installation.org_wide, code.user) == ("E0HARBOR", True, "U0JUNE")


async def test_the_app_can_name_the_workspace(page: Page, url: str) -> None:
    await page.goto(link(url, team="T0LIVE"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("access Harbor Live")


async def test_an_existing_installation_is_shown(page: Page, world: World) -> None:
    await page.get_by_label("Install in").select_option("Callboard workspace")
    await expect(page.get_by_role("status")).to_contain_text("already installed in Callboard workspace")
    await page.get_by_label("Install in").select_option("All of Harbor Group")
    await expect(page.get_by_role("status")).to_have_count(0)
    await page.get_by_role("button", name="Allow").click()
    code = world.codes.exchange((await returned(page))["code"][0], APP)
    for workspace in world.covered(code.installation):
        workspace.installation = code.installation
    await page.go_back()
    await page.reload()
    await page.get_by_label("Install in").select_option("Harbor Live")
    await expect(page.get_by_role("status")).to_contain_text("already installed for all of Harbor Group")
    await expect(page.get_by_role("button", name="Allow")).to_be_disabled()


async def test_an_invalid_request_is_explained(chromium: Browser, url: str) -> None:
    refused: AbstractAsyncContextManager[Page] = looking_at(
        chromium, link(url, redirect_uri="https://elsewhere.example/x"), forgiven="400 (Bad Request)"
    )
    async with refused as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "Something went wrong when authorizing this app."
        )
        await expect(page.get_by_role("main")).to_contain_text("bad_redirect_uri")
        await expect(page.get_by_role("main")).to_contain_text("Passed URI: https://elsewhere.example/x")
        await expect(page.get_by_role("button")).to_have_count(0)
        assert await complaints(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_all_of_it(chromium: Browser, url: str, world: World, scheme: Scheme) -> None:
    everything = ",".join(world.manifest.scopes)
    phone = looking_at(
        chromium, link(url, scope=everything), viewport={"width": 360, "height": 640}, color_scheme=scheme
    )
    async with phone as page:
        await expect(page.get_by_role("button", name="Allow")).to_be_in_viewport(ratio=1)
        await page.get_by_role("listitem").last.scroll_into_view_if_needed()
        await expect(page.get_by_role("button", name="Allow")).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await complaints(page) == []
