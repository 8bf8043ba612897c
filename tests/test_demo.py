"""`callboard demo` as a newcomer meets it: the program, a browser, and the steps of README and of docs/tour.md."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser import NEEDS_CHROMIUM, looking_at
from tests.demo import ENDS_WITHIN_S, Demo, running

STORM_MS = 120_000
"""How long the storm may take to be noticed, and each cause to have a second failure: it lasts a minute."""
ROOT = Path(__file__).parent.parent


def marked_words(page: str, heading: str) -> deque[str]:
    """Return what a section's steps say to type, press and pick: code, bold and italic words, without the titles."""
    section = (ROOT / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    steps = re.findall(r"^\d\. \*\*.+?\*\* (.+?)(?=^\d\. |\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
    return deque(first or second for first, second in re.findall(r"`([^`]+)`|\*+([^*]+)\*+", " ".join(steps)))


@dataclass(frozen=True)
class Newcomer:
    """A person who reads a page and does what it says, word by word: any other word fails the test."""

    page: Page
    clouds: Page
    words: deque[str] = field(default_factory=deque[str])

    def opens(self, page: str, heading: str) -> None:
        """Begin to read a section."""
        self.words.extend(marked_words(page, heading))

    def reads(self, words: str) -> str:
        """Read on to the next marked words, which must be these."""
        assert self.words.popleft() == words
        return words

    async def types(self, text: str, more: str = "") -> Locator:
        """Type a line and `more` after it; return the answer that appears below."""
        below = await self._below()
        await self.page.get_by_role("textbox").fill(self.reads(text) + more)
        await self.page.get_by_role("textbox").press("Enter")
        return await self._appears(below)

    async def presses(self, name: str, on: Locator) -> None:
        """Press the first button whose name begins so; some end with the job's name."""
        await on.get_by_role("button", name=re.compile(rf"^{self.reads(name)}\b")).first.click()

    async def gets(self, name: str, on: Locator) -> Locator:
        """Press a button and return what appears below."""
        below = await self._below()
        await self.presses(name, on)
        return await self._appears(below)

    async def picks(self, name: str, menu: Locator) -> None:
        """Open a select and pick an option of it."""
        await menu.click()
        await self.page.get_by_role("option", name=re.compile(rf"\b{self.reads(name)}\b")).click()

    async def uses_menu(self, name: str, message: Locator) -> Locator:
        """Press an entry of a message's menu and return what appears below."""
        below = await self._below()
        self.reads("⋯")
        await message.get_by_role("button", name="More actions").click()
        await self.page.get_by_role("menuitem", name=self.reads(name)).click()
        return await self._appears(below)

    async def goes_to(self, channel: str) -> None:
        """Open a channel, or the app's own screen."""
        await self.page.get_by_role("navigation").get_by_role("button", name=channel).first.click()

    def cloud(self, service: str) -> Locator:
        """The part of the control page about a service."""
        return self.clouds.locator("section", has=self.clouds.get_by_role("heading", name=service))

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


@pytest_asyncio.fixture(loop_scope="session")
async def dana(demo: Demo, chromium: Browser) -> AsyncGenerator[Newcomer]:
    """A person at the workspace and the control page, once the bot is connected."""
    async with (
        looking_at(chromium, demo.slack) as workspace,
        looking_at(chromium, f"{demo.clouds}/control") as clouds,
    ):
        await expect(workspace.get_by_text("Bot connected")).to_be_visible()
        yield Newcomer(workspace, clouds)


def rows(answer: Locator) -> Locator:
    """The jobs of a list."""
    return answer.locator(".block-section", has=answer.page.get_by_role("button", name="Details of"))


@pytest.mark.browser
@NEEDS_CHROMIUM
@pytest.mark.asyncio(loop_scope="session")
async def test_two_minutes_in_the_demo(dana: Newcomer) -> None:
    dana.opens("README.md", "Two minutes in the demo")
    await _a_list_and_why_a_job_failed(dana)
    await _a_card_for_the_alert(dana)
    await _a_watch_and_a_storm(dana)
    await _what_dana_follows(dana)
    await _a_service_that_is_down(dana)
    await _nothing_is_left(dana)


@pytest.mark.browser
@NEEDS_CHROMIUM
@pytest.mark.asyncio(loop_scope="session")
async def test_more_to_try_in_the_demo(dana: Newcomer) -> None:
    dana.opens("docs/tour.md", "More to try in the demo")
    await _details_raw_and_share(dana)
    await _the_form_to_subscribe(dana)
    await _what_others_follow(dana)
    await _the_form_to_find(dana)
    await _nothing_is_left(dana)


async def _nothing_is_left(dana: Newcomer) -> None:
    assert not dana.words
    await expect(dana.page.get_by_role("article", name="Workspace")).to_have_count(0)


async def _a_list_and_why_a_job_failed(dana: Newcomer) -> None:
    listed = await dana.types("/jobs list")
    await expect(rows(listed)).to_have_count(10)
    await dana.picks("Failed", listed.get_by_role("combobox").first)
    await expect(rows(listed).filter(has_text="Failed")).to_have_count(10)
    details = await dana.gets("Details", listed)
    await expect(details).to_contain_text("Why it failed")


async def _a_card_for_the_alert(dana: Newcomer) -> None:
    alert = dana.page.get_by_role("article").filter(has_text=dana.reads("VideoOcrStuck"))
    await dana.uses_menu("Subscribe to jobs", alert)
    card = dana.page.get_by_role("article").filter(has_text="Subscribed by @dana").last
    await expect(card).to_contain_text("next check")
    finish, job, service = dana.reads("Fail"), dana.reads("ocr-task"), dana.reads("media-cn/video-ocr")
    await dana.cloud(service).get_by_role("button", name=f"{finish} {job}").click()
    await dana.presses("Refresh", card)
    await expect(card).to_contain_text("Failed")
    await expect(card).to_contain_text("1 reply")
    notified = dana.page.get_by_role("article").filter(has_text="replied to a thread").last
    await expect(notified).to_contain_text("Ended manually in the sandbox")


async def _a_watch_and_a_storm(dana: Newcomer) -> None:
    await dana.goes_to(dana.reads("#media").removeprefix("#"))
    await dana.types("/jobs watch video-ocr")  # the line for the channel and the answer come in either order
    await expect(dana.page.get_by_role("article").filter(has_text="it would have posted")).to_be_visible()
    await dana.clouds.get_by_role("button", name=dana.reads("Start the storm")).click()
    await expect(dana.clouds.get_by_role("status")).to_contain_text("100 jobs will fail")
    heads = dana.page.get_by_role("article").filter(has_text=re.compile(r"\d+ failed: .+ · newest"))
    await expect(heads).to_have_count(3, timeout=STORM_MS)
    await dana.presses("Show all", heads.first)
    answers = dana.page.get_by_role("article")  # lines in threads come between them
    job = answers.filter(has_text=re.compile(r"1–\d+ of")).last.locator("code").last
    await dana.types("/jobs why", f" {await job.inner_text()}")
    await expect(answers.filter(has_text="What happened")).to_contain_text(re.compile("same cause as|first failure of"))


async def _what_dana_follows(dana: Newcomer) -> None:
    alert = dana.page.get_by_role("article").filter(has_text=dana.reads("Jobs over their time"))
    await dana.uses_menu("Subscribe to jobs", alert)
    card = dana.page.get_by_role("article").filter(has_text="Subscribed by @dana")
    await expect(card).to_contain_text("Running")
    await expect(dana.page.get_by_role("article").filter(has_text="already finished:")).to_have_count(1)
    await dana.goes_to(dana.reads("Callboard"))
    home = dana.page.get_by_role("tabpanel", name="Home")
    for heading in ("My watches and subscriptions", "Running now", "Failed in the last 24 hours"):
        await expect(home.get_by_text(heading)).to_be_visible()
    snooze = home.get_by_role("combobox", name=dana.reads("Snooze"))
    await dana.picks("For 1 hour", snooze)
    answer = dana.page.get_by_role("dialog")
    await expect(answer).to_contain_text("is snoozed until")
    await dana.presses("Close", answer)
    await expect(home.get_by_role("button", name="Unsnooze")).to_be_visible()


async def _a_service_that_is_down(dana: Newcomer) -> None:
    fault, service = dana.reads("down"), dana.reads("media-cn/video-ocr")
    button = dana.cloud(service).get_by_role("button", name=fault)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await dana.goes_to(dana.reads("#on-call").removeprefix("#"))
    mistyped = await dana.types("/jobs lst")
    await expect(mistyped).to_contain_text("Did you mean /jobs list")
    await dana.presses("Yes, run it", mistyped)
    await expect(rows(mistyped)).to_have_count(10)
    # Equal questions share an answer for two seconds, and this test is faster than a newcomer.
    await mistyped.get_by_role("button", name="Refresh").click()
    await expect(rows(mistyped).filter(has_text="video-ocr")).to_have_count(0)
    await expect(mistyped).to_contain_text(service)


async def _details_raw_and_share(dana: Newcomer) -> None:
    listed = await dana.types("/jobs failed")
    await dana.presses("Next", listed)
    await expect(listed).to_contain_text("11–20 of")
    details = await dana.gets("Details", listed)
    await expect(details).to_contain_text("Why it failed")
    await dana.presses("Raw", details)
    dialog = dana.page.get_by_role("dialog", name="Raw")
    await expect(dialog.locator("pre")).to_contain_text(re.compile(r'"(state|status)": "fail', re.IGNORECASE))
    await dana.presses("Close", dialog)
    await expect(dialog).to_have_count(0)
    shared = await dana.gets("Share", details)
    await expect(shared).to_contain_text("Shared by @dana")
    await expect(shared).not_to_contain_text("Only visible to you")


async def _the_form_to_subscribe(dana: Newcomer) -> None:
    alert = dana.page.get_by_role("article").filter(has_text=dana.reads("VideoOcrStuck"))
    found = await dana.uses_menu("Look up jobs", alert)
    await expect(found).to_contain_text("Running")
    await dana.presses("Subscribe", found)
    form = dana.page.get_by_role("dialog", name="Subscribe to jobs")
    await dana.presses("Subscribe", form)
    await expect(form).to_have_count(0)
    card = dana.page.get_by_role("article").filter(has_text="Subscribed by @dana").last
    await expect(card).to_contain_text("next check")


async def _what_others_follow(dana: Newcomer) -> None:
    await dana.goes_to(dana.reads("Callboard"))
    home = dana.page.get_by_role("tabpanel", name="Home")
    await dana.picks("lee", dana.page.get_by_role("combobox", name="You are"))
    await expect(home).to_contain_text("You're not following any jobs")
    await dana.picks("on-call", home.get_by_role("combobox", name=dana.reads("Choose a channel")))
    await expect(home).to_contain_text("by @dana")


async def _the_form_to_find(dana: Newcomer) -> None:
    await dana.presses("Find jobs", dana.page.get_by_role("tabpanel", name="Home"))
    form = dana.page.get_by_role("dialog", name="Find jobs")
    offered = form.locator(".popup-option")  # of menus that are not open too: a form that changes closes them
    await expect(rows(form)).to_have_count(10)
    dana.reads("+")
    await dana.picks("vod-sg", form.get_by_role("combobox", name="Account"))
    await expect(offered.filter(has_text="vod-jobs")).to_have_count(1)
    await expect(offered.filter(has_text="video-ocr")).to_have_count(0)
    await dana.picks("media-cn", form.get_by_role("combobox", name="Account"))
    await expect(offered.filter(has_text="video-ocr")).to_have_count(1)
    await dana.picks("Failed", form.get_by_role("combobox", name="State"))
    await dana.page.keyboard.press("Escape")
    await dana.presses("Find", form)
    await expect(rows(form)).to_have_count(10)
    await dana.presses("Details", form)
    details = dana.page.get_by_role("dialog")
    await expect(details).to_contain_text("Why it failed")
    for _ in range(2):
        await dana.page.keyboard.press("Escape")
    await expect(details).to_have_count(0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_and_leaves_nothing(demo: Demo, how: signal.Signals) -> None:
    assert demo.leftovers() != []
    demo.stop(how)
    assert demo.leftovers() == []


@pytest.fixture
def folder() -> Generator[Path]:
    """A temporary folder whose path is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        yield Path(name)


def test_the_sandbox_says_how_to_run_a_bot_in_it(folder: Path) -> None:
    """It prints two commands: a bot of the first workspace, and one that several install. Neither needs more."""
    url = "http://127.0.0.1:3456/slack/events"
    sandbox = (sys.executable, "-m", "callboard", "sandbox", "--port", "0", "--clouds-port", "0", "--request-url", url)
    (folder / "left").mkdir()
    inherited = {**os.environ, "TMPDIR": str(folder / "left"), "XDG_DATA_HOME": str(folder)}
    inherited.pop("REDIS_URL", None)
    with subprocess.Popen(sandbox, stdout=subprocess.PIPE, env=inherited, text=True) as program:
        assert program.stdout
        said = "".join(_until(program.stdout, "installed.toml"))
        printed = {**inherited, **dict(re.findall(r"export (\w+)=(.+)", said))}
        files = re.findall(r"callboard run --config (.+)", said)
        checks = [
            subprocess.run(
                (sys.executable, "-m", "callboard", "check", "--config", file),
                env=printed,
                capture_output=True,
                text=True,
                check=False,
            )
            for file in files
        ]
        program.terminate()
        assert program.wait(ENDS_WITHIN_S) == 0
    assert [(each.returncode, "Slack in http mode" in each.stdout) for each in checks] == [(0, True)] * 2, checks
    assert "at http://127.0.0.1:3456/slack/install" in said
    assert list((folder / "left").iterdir()) == []


def _until(lines: Iterable[str], word: str) -> Generator[str]:
    """Yield the lines up to the first that has the word."""
    for line in lines:
        yield line
        if word in line:
            return
