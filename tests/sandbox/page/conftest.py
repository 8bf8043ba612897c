"""The page in a real browser, served by the real server, no bot connected."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from sandbox.slack.seed import seeded
from sandbox.slack.server import serving
from sandbox.slack.workspace import Workspace
from tests.browser import browser, looking_at, visit

MANIFEST = Path(__file__).parents[3] / "bot" / "manifest.yml"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    async with browser() as running:
        yield running


@pytest.fixture
def workspace() -> Workspace:
    return seeded(MANIFEST)


@pytest_asyncio.fixture(loop_scope="session")
async def url(workspace: Workspace) -> AsyncGenerator[str]:
    async with serving(workspace) as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sitting(chromium: Browser) -> AsyncGenerator[BrowserContext]:
    """One for all pages that need none of their own: the page keeps nothing in the browser."""
    async with await visit(chromium) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def page(sitting: BrowserContext, url: str) -> AsyncGenerator[Page]:
    """The page as dana sees it first: three messages in #on-call."""
    async with looking_at(sitting, url) as opened:
        await expect(opened.get_by_role("article")).to_have_count(3)
        yield opened
