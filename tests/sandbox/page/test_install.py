"""From an app's install link to the installed app, in one browser. The app's own pages are Bolt's."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import SIGNING_SECRET
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.slack.installer import oauth_settings

pytestmark = [
    *ON_THE_PAGE,
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),  # slack_sdk still uses it
]


@pytest.fixture
def world(manifest: Path) -> World:
    return seeded_world(manifest)


@pytest_asyncio.fixture(loop_scope="session")
async def url(world: World) -> AsyncGenerator[str]:
    async with serving(world) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def bot(url: str, world: World, tmp_path: Path) -> AsyncGenerator[str]:
    """Yield the address of a Bolt app that is installed by OAuth."""
    settings = oauth_settings(url, tmp_path, list(world.manifest.scopes))
    app = AsyncApp(
        client=AsyncWebClient(base_url=f"{url}/api/"), signing_secret=SIGNING_SECRET, oauth_settings=settings
    )
    runner = web.AppRunner(app.web_app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    settings.redirect_uri = settings.authorize_url_generator.redirect_uri = f"{address}/slack/oauth_redirect"
    yield address
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, bot: str) -> AsyncGenerator[Page]:
    async with looking_at(chromium, f"{bot}/slack/install", forgiven="404 (Not Found)") as opened:  # Bolt has no icon
        yield opened


async def test_a_person_installs_the_app_and_finds_it_in_the_workspace(page: Page, url: str, world: World) -> None:
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    installation = world.workspaces["T0NORTH"].installation
    assert installation
    assert installation.installer == "U0DANA"
    await page.goto(f"{url}/w/T0NORTH/")
    await expect(page.get_by_role("button", name="Remove Callboard")).to_be_visible()


async def test_the_app_confirms_a_cancellation(page: Page, world: World) -> None:
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("access_denied")).to_be_visible()
    assert world.workspaces["T0NORTH"].installation is None
