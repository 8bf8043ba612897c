"""A real Chromium for tests: found, started, and watched for errors on the page."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 20_000
"""How long a condition on the page may take: a bound for busy machines, not an expectation."""
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
    """The browser's path: `CALLBOARD_CHROMIUM`, else the first of the usual names on PATH."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("CALLBOARD_CHROMIUM") or next((path for path in found if path), None)


NEEDS_CHROMIUM = pytest.mark.skipif(
    _path() is None, reason=f"no browser: none of {', '.join(NAMES)} on PATH, and CALLBOARD_CHROMIUM is not set"
)

ON_THE_PAGE = [pytest.mark.browser, NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]
"""The marks of a test in the browser. One browser serves them all, so they share its event loop."""


@asynccontextmanager
async def browser() -> AsyncGenerator[Browser]:
    """A Chromium without a window, for as long as the block runs."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=_path(), args=QUIET)
        try:
            yield running
        finally:
            await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """The browser of all tests."""
    async with browser() as running:
        yield running


async def visit(running: Browser, **context: Any) -> BrowserContext:
    """A person's sitting, in New York and in English unless `context` says otherwise."""
    settings: dict[str, Any] = {"locale": "en-US", "timezone_id": "America/New_York", **context}
    return await running.new_context(**settings)


@asynccontextmanager
async def looking_at(
    running: Browser | BrowserContext, url: str, *, forgiven: str = "", **context: Any
) -> AsyncGenerator[Page]:
    """A fresh page at `url`, of a given sitting, or of one of its own (`context` as for `visit`).

    An error on the page, in its console or in loading one of its files fails the test, unless it contains `forgiven`.
    """
    wrong: list[str] = []
    own = await visit(running, **context) if isinstance(running, Browser) else None
    page = await (own or running).new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    try:
        await page.goto(url)
        yield page
    finally:
        await (own or page).close()
    assert [error for error in wrong if not forgiven or forgiven not in error] == []
