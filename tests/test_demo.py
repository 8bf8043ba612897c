"""`callboard demo` as a newcomer meets it: the program itself, a browser, and README's "Two minutes in the demo"."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.clouds.known import VIDEO_OCR_ID, VOD_FAILED_TRANSCODE_ID
from tests.browser import NEEDS_CHROMIUM, browser, looking_at

ENDS_WITHIN_S = 30
"""How long stopping may take on a busy machine: a bound, not an expectation."""


@dataclass(frozen=True)
class Demo:
    """A running demo; whatever it leaves on disk while it runs lies in `folder`."""

    program: "subprocess.Popen[str]"
    slack: str
    clouds: str
    folder: Path

    def stop(self, how: signal.Signals) -> int:
        self.program.send_signal(how)
        self.program.communicate(timeout=ENDS_WITHIN_S)
        return self.program.returncode

    def leftovers(self) -> list[str]:
        """Processes, files and sockets that outlived the demo."""
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        left = [line for line in processes.splitlines() if str(self.folder) in line]
        left += [str(path) for path in self.folder.rglob("*")]
        return left + [url for url in (self.slack, self.clouds) if _listens(url)]


@contextmanager
def running() -> Generator[Demo]:
    """The demo on free ports, with a temporary folder of its own whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        command = (sys.executable, "-m", "bot.cli", "demo", "--port", "0", "--clouds-port", "0")
        environment = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as program:
            assert program.stdout
            try:
                said = "".join(program.stdout.readline() for _ in range(5))
                slack, clouds = re.findall(r"http://[\d.:]+", said)
                yield Demo(program, slack, clouds, Path(folder))
            finally:
                program.terminate()
                program.wait(ENDS_WITHIN_S)


def _listens(url: str) -> bool:
    place = urlsplit(url)
    with socket.socket() as caller:
        return caller.connect_ex((place.hostname, place.port)) == 0


@dataclass(frozen=True)
class Newcomer:
    """Somebody who reads README and does what it says."""

    page: Page

    async def types(self, text: str) -> Locator:
        """Type a line and return the answer that appears below."""
        below = await self._below()
        await self.page.get_by_role("textbox").fill(text)
        await self.page.get_by_role("textbox").press("Enter")
        return await self._appears(below)

    async def presses(self, name: str, on: Locator) -> Locator:
        """Press the first button of that name and return what appears below."""
        below = await self._below()
        await on.get_by_role("button", name=name).first.click()
        return await self._appears(below)

    async def _below(self) -> Locator:
        """The place after the last message there is now."""
        return self.page.get_by_role("article").nth(await self.page.get_by_role("article").count())

    async def _appears(self, message: Locator) -> Locator:
        await expect(message).to_be_visible()
        ts = await message.get_attribute("data-ts")
        return self.page.locator(f'article[data-ts="{ts}"]')


@pytest.fixture
def demo() -> Generator[Demo]:
    with running() as program:
        yield program


@pytest.fixture
async def chromium_pages(demo: Demo) -> AsyncGenerator[tuple[Newcomer, Page]]:
    """The workspace once the bot is there, and the clouds' control page."""
    async with AsyncExitStack() as stack:
        running_browser = await stack.enter_async_context(browser())
        workspace = await stack.enter_async_context(looking_at(running_browser, demo.slack))
        clouds = await stack.enter_async_context(looking_at(running_browser, f"{demo.clouds}/control"))
        await expect(workspace.get_by_text("Bot connected")).to_be_visible()
        yield Newcomer(workspace), clouds


def rows(answer: Locator) -> Locator:
    """The jobs of a list."""
    return answer.locator(".block-section", has=answer.page.get_by_role("button", name="Details of"))


@pytest.mark.browser
@NEEDS_CHROMIUM
async def test_two_minutes_in_the_demo(demo: Demo, chromium_pages: tuple[Newcomer, Page]) -> None:
    dana, clouds = chromium_pages

    listed = await dana.types("/jobs list")
    await expect(rows(listed)).to_have_count(10)
    for service in ("video-ocr", "image-moderation", "digital-human"):
        await expect(rows(listed).filter(has_text=service).first).to_be_visible()
    await expect(listed).to_contain_text("vod-sg/vod-jobs cannot list its jobs")
    await listed.get_by_role("button", name="Next").click()
    await expect(listed).to_contain_text("11–20 of")
    await listed.get_by_role("button", name="Previous").click()
    await expect(listed).to_contain_text("1–10 of")
    await listed.get_by_role("combobox").first.click()
    await dana.page.get_by_role("option", name="Failed").click()
    await expect(rows(listed).filter(has_text="Failed")).to_have_count(10)

    details = await dana.presses("Details of", listed)
    await expect(details).to_contain_text("Why it failed")
    await details.get_by_role("button", name="Raw").click()
    await expect(dana.page.get_by_role("dialog", name="Raw").locator("pre")).to_contain_text(
        re.compile(r'"(state|status)": "fail', re.IGNORECASE)
    )
    await dana.page.keyboard.press("Escape")
    await expect(dana.page.get_by_role("dialog")).to_have_count(0)
    shared = await dana.presses("Share", details)
    await expect(shared).to_contain_text("Shared by @dana")
    await expect(shared).not_to_contain_text("Only visible to you")

    running_job = await dana.types(f"/jobs show {VIDEO_OCR_ID}")
    await expect(running_job).to_contain_text("Running")
    await expect(await dana.types(f"/jobs show {VOD_FAILED_TRANSCODE_ID}")).to_contain_text("TranscodeFail")
    await expect(rows(await dana.types("/jobs list vod-jobs"))).to_have_count(1)

    await running_job.get_by_role("button", name="Subscribe").click()
    form = dana.page.get_by_role("dialog", name="Subscribe to jobs")
    await expect(form.get_by_label("Jobs")).to_have_value(re.compile(VIDEO_OCR_ID))
    await form.get_by_role("button", name="Subscribe").click()
    card = dana.page.get_by_role("article").filter(has_text="Subscribed by @dana").last
    await expect(card).to_contain_text("next check")
    cloud = clouds.locator("section", has=clouds.get_by_role("heading", name="media-cn/video-ocr"))
    await cloud.get_by_role("button", name="Fail ocr-task").click()
    await card.get_by_role("button", name="Refresh").click()
    await expect(card).to_contain_text("Failed")
    told = dana.page.get_by_role("article").filter(has_text="replied to a thread").last
    await expect(told).to_contain_text("ocr-task")
    await expect(told).to_contain_text("was 🔄 running")

    mistyped = await dana.types("/jobs lst")
    await expect(mistyped).to_contain_text("Did you mean /jobs list")
    await mistyped.get_by_role("button", name="Yes, run it").click()
    await expect(rows(mistyped)).to_have_count(10)

    await cloud.get_by_role("button", name="down").click()
    await expect(cloud.get_by_role("button", name="down")).to_have_attribute("aria-pressed", "true")
    partly = await dana.types("/jobs list")
    await expect(rows(partly)).to_have_count(10)
    await expect(rows(partly).filter(has_text="video-ocr")).to_have_count(0)
    await expect(partly).to_contain_text("media-cn/video-ocr")
    await expect(dana.page.get_by_role("article", name="Workspace")).to_have_count(0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_clean(demo: Demo, how: signal.Signals) -> None:
    assert demo.leftovers() != []
    demo.stop(how)
    assert demo.leftovers() == []


def test_the_sandbox_says_how_to_run_a_bot_in_it(tmp_path: Path) -> None:
    """One for the first workspace, and one that several install: what is printed is all that either needs."""
    url = "http://127.0.0.1:3456/slack/events"
    sandbox = (sys.executable, "-m", "bot.cli", "sandbox", "--port", "0", "--clouds-port", "0", "--request-url", url)
    (tmp_path / "left").mkdir()
    inherited = {**os.environ, "TMPDIR": str(tmp_path / "left"), "XDG_DATA_HOME": str(tmp_path)}
    inherited.pop("REDIS_URL", None)
    with subprocess.Popen(sandbox, stdout=subprocess.PIPE, env=inherited, text=True) as program:
        assert program.stdout
        said = "".join(_until(program.stdout, "installed.toml"))
        told = {**inherited, **dict(re.findall(r"export (\w+)=(.+)", said))}
        files = re.findall(r"callboard run --config (.+)", said)
        assert len(files) == 2
        for file in files:
            command = (sys.executable, "-m", "bot.cli", "check", "--config", file)
            checked = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
            assert (checked.returncode, "Slack in http mode" in checked.stdout) == (0, True), checked.stdout
        program.terminate()
        assert program.wait(ENDS_WITHIN_S) == 0
    assert "at http://127.0.0.1:3456/slack/install" in said
    assert list((tmp_path / "left").iterdir()) == []


def _until(lines: Iterable[str], word: str) -> Generator[str]:
    """The lines up to the first that has the word."""
    for line in lines:
        yield line
        if word in line:
            return
