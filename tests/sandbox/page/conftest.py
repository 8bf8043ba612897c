"""The page in a real browser, from the real server, without a bot."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sandbox.slack.server import serving
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import looking_at
from tests.sandbox.manifest import manifest_document, write_manifest
from tests.sandbox.slack.recorder import Recorder


@pytest.fixture
def declared() -> Json:
    """Return the app's features in addition to its command. A module that needs some overrides this."""
    return {}


@pytest.fixture
def manifest(tmp_path: Path, declared: Json) -> Path:
    """Return the project's manifest with these features."""
    document = manifest_document()
    plain = {key: document["features"][key] for key in ("bot_user", "slash_commands")}
    document["features"] = {**plain, **declared}
    path = tmp_path / "manifest.yml"
    write_manifest(document, path)
    return path


@pytest.fixture
def workspace(manifest: Path) -> Workspace:
    return seeded(manifest)


@pytest.fixture
def app() -> Recorder:
    """Return an app that accepts and records payloads. A test that needs it requests it."""
    return Recorder()


@pytest_asyncio.fixture(loop_scope="session")
async def url(request: pytest.FixtureRequest, workspace: Workspace) -> AsyncGenerator[str]:
    road = request.getfixturevalue("app") if "app" in request.fixturenames else None
    async with serving(workspace, delivery=road) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, url: str) -> AsyncGenerator[Page]:
    """Yield the page as dana sees it first: three messages in #on-call."""
    async with looking_at(chromium, url) as opened:
        await expect(opened.get_by_role("article")).to_have_count(3)
        yield opened
