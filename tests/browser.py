"""A real Chromium for tests: found, started, and watched for errors on the page."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Error, Page, ViewportSize, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 20_000
"""The time limit of a condition on the page, for busy machines."""
Scheme = Literal["light", "dark"]
SCREEN: ViewportSize = {"width": 1280, "height": 720}
NOTHING = "about:blank"
QUIET = (
    "--no-sandbox",  # containers have no user namespaces to build one from
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _path() -> str | None:
    """Return the browser's path: `CALLBOARD_CHROMIUM`, else the first of the usual names on PATH."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("CALLBOARD_CHROMIUM") or next((path for path in found if path), None)


NEEDS_CHROMIUM = pytest.mark.skipif(
    _path() is None, reason=f"no browser: none of {', '.join(NAMES)} on PATH, and CALLBOARD_CHROMIUM is not set"
)

ON_THE_PAGE = [pytest.mark.browser, NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]
"""The marks of a browser test. All of them share one browser, so they share its event loop."""


@asynccontextmanager
async def browser() -> AsyncGenerator[Browser]:
    """Run Chromium without a window during the block."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=_path(), args=QUIET)
        try:
            yield running
        finally:
            await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """Run the browser of all tests."""
    async with browser() as running:
        yield running


async def _window(running: Browser) -> Page:
    """Return an empty window. Windows are reused, because a new one costs half a second of CPU.

    Each page has a separate window: Chromium draws a hidden tab at most once per second.
    """
    pages = (page for context in running.contexts for page in context.pages)
    idle = next((page for page in pages if page.url == NOTHING), None)
    return idle or await running.new_page(locale="en-US", timezone_id="America/New_York")


@asynccontextmanager
async def looking_at(
    running: Browser,
    url: str,
    *,
    forgiven: str = "",
    color_scheme: Scheme = "light",
    viewport: ViewportSize = SCREEN,
) -> AsyncGenerator[Page]:
    """Open a page as an English-speaking person in New York, without other tests' traces.

    A window keeps nothing from one page to the next: the workspace and the clouds store nothing there. An error on the
    page, in its console or in loading one of its files fails the test, unless it contains `forgiven`.
    """
    wrong: list[str] = []
    page = await _window(running)

    def failed(error: Error) -> None:
        wrong.append(str(error))

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    page.on("pageerror", failed)
    page.on("console", said)
    try:
        await page.set_viewport_size(viewport)
        await page.emulate_media(color_scheme=color_scheme)
        await page.mouse.move(0, 0)
        await page.goto(url)
        yield page
    except BaseException:
        await page.close()
        raise
    await page.goto(NOTHING)
    await page.unroute_all()
    page.remove_listener("pageerror", failed)
    page.remove_listener("console", said)
    assert [error for error in wrong if not forgiven or forgiven not in error] == []
