"""After a second the answer shows what has arrived. Late results follow, or replace it."""

import asyncio
import os
import pty
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.button_payloads import CommandPayload
from bot.store.health import HealthBook, Outcome
from sandbox.clouds.server import serving
from sandbox.clouds.world import World
from sandbox.demo import environment
from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Answer, Json, elements, until
from tests.scenarios.terminal import Terminal, beside, configuration

pytestmark = pytest.mark.mode("socket")
OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"
ROW = " · video-ocr · media-cn"
ASKING = "⏳ still asking video-ocr"
SLOW_S = 2.5
"""Seconds of a slow service: longer than the wait for a partial answer, shorter than that for the whole."""


@pytest.fixture(autouse=True)
def first_words() -> None:
    """Send partial answers after a second, as in production."""


@pytest.fixture
def patience_s() -> float:
    return 4.0


@pytest.fixture(autouse=True)
def slow_answer(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return an event for the slow service's answer. It stays set during its next request."""
    answered, record = asyncio.Event(), HealthBook.record

    async def recorded(book: HealthBook, outcomes: Sequence[Outcome], at: datetime) -> dict[tuple[str, str], datetime]:
        since = await record(book, outcomes, at)
        if any(each.latency_s >= SLOW_S for each in outcomes):
            answered.set()
        return since

    monkeypatch.setattr(HealthBook, "record", recorded)
    return answered


@pytest.fixture
async def slow(stage: Stage) -> Stage:
    await stage.fault("video-ocr", "slow", seconds=SLOW_S)
    return stage


def rows(*answers: Answer | Json) -> list[str]:
    """Return the refs of the jobs that have a row in these answers."""
    blocks = [block for each in answers for block in (each.blocks if isinstance(each, Answer) else each["blocks"])]
    asks = [
        CommandPayload.model_validate_json(element["value"]) for _, element in elements(blocks) if is_details(element)
    ]
    return [command.text.removeprefix("show ") for command in asks]


def is_details(element: Json) -> bool:
    return element.get("text", {}).get("text") == "Details"


def posts(stage: Stage, method: str) -> int:
    return sum(call.method == method for call in stage.dana.workspace.calls)


async def comes(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await event.wait()


async def nothing_follows(stage: Stage, slow_answer: asyncio.Event) -> None:
    """Fail if a new message follows the slow service's answer."""
    await comes(slow_answer)
    for _ in range(2):
        await stage.dana.types("/jobs help")
    assert not any(each.says("video-ocr after") for each in await stage.dana.sees())


class TestCommands:
    async def test_one_message_follows_with_the_late_rows_alone(self, slow: Stage) -> None:
        first = await slow.dana.types("/jobs list")
        assert ASKING in first.text
        assert rows(first)
        assert not any("/video-ocr/" in ref for ref in rows(first))
        later = await slow.dana.hears("video-ocr after", ephemeral=True)
        assert rows(later)
        assert all("/video-ocr/" in ref for ref in rows(later))
        assert f"{len(rows(later))} job" in later.text
        assert posts(slow, "response_url") == 2
        (await slow.clouds.delete("/control/fault")).raise_for_status()
        whole = await slow.dana.types("/jobs list")
        assert "still asking" not in whole.text
        assert set(rows(whole)) <= {*rows(first), *rows(later)}

    async def test_a_service_that_never_answers_has_one_line(self, stage: Stage) -> None:
        await stage.fault("video-ocr", "hang")
        first = await stage.dana.types("/jobs failed")
        assert ASKING in first.text
        later = await stage.dana.hears("video-ocr didn't respond in 4 s", ephemeral=True)
        assert rows(later) == []

    async def test_when_nothing_is_there_that_is_said_and_no_more(self, slow: Stage) -> None:
        first = await slow.dana.types("/jobs list video-ocr")
        assert ASKING in first.text
        assert "No answer yet." in first.text
        assert "Next ▶" not in first.buttons()
        assert len(rows(await slow.dana.hears("video-ocr after", ephemeral=True))) == 10

    async def test_show(self, slow: Stage) -> None:
        first = await slow.dana.types(f"/jobs show media-cn/video-ocr/{OCR}")
        assert ASKING in first.text
        assert "not known" not in first.text
        later = await slow.dana.hears("video-ocr after", ephemeral=True)
        assert "1 job" in later.text
        assert f"media-cn/video-ocr/{OCR}" in later.text

    async def test_a_job_that_only_the_late_service_could_know(self, stage: Stage) -> None:
        await stage.fault("video-ocr", "slow", seconds=SLOW_S, count=1)
        first = await stage.dana.types(f"/jobs show {'a' * 32}")
        assert "not known" not in first.text
        later = await stage.dana.hears("video-ocr after", ephemeral=True)
        assert "no jobs" in later.text
        assert "was not found in" in later.text

    async def test_find(self, stage: Stage) -> None:
        await stage.fault("video-ocr", "slow", seconds=SLOW_S, count=1)
        assert ASKING in (await stage.dana.types(f"/jobs find {OCR[:8]}")).text
        assert rows(await stage.dana.hears("video-ocr after", ephemeral=True)) == [f"media-cn/video-ocr/{OCR}"]

    async def test_accounts(self, slow: Stage) -> None:
        first = await slow.dana.types("/jobs accounts")
        assert ASKING in first.text
        assert "*video-ocr* in" not in first.text
        later = await slow.dana.hears("✅ *video-ocr*", ephemeral=True)
        assert "digital-human" not in later.text

    async def test_a_subscription_is_confirmed_once(self, slow: Stage) -> None:
        job = slow.scene.job()
        first = await slow.dana.types(f"/jobs subscribe media-cn/video-ocr/{job.id}")
        assert first.text == ASKING
        later = await slow.dana.hears("Following", ephemeral=True)
        assert later.ts != first.ts

    async def test_a_message_shortcut(self, slow: Stage) -> None:
        await slow.dana.says(f"what about media-cn/video-ocr/{OCR}?")
        message = await slow.dana.reads(OCR)
        assert ASKING in (await slow.dana.chooses("look_up_jobs", message)).text
        assert OCR in (await slow.dana.hears("video-ocr after", ephemeral=True)).text

    @pytest.mark.parametrize("label", ["Details", "Refresh"])
    async def test_nothing_follows_once_the_first_words_were_used(
        self, slow: Stage, label: str, slow_answer: asyncio.Event
    ) -> None:
        first = await slow.dana.types("/jobs list")
        await slow.dana.starts(label, first)
        await nothing_follows(slow, slow_answer)

    async def test_a_select_counts_as_used_too(self, slow: Stage, slow_answer: asyncio.Event) -> None:
        first = await slow.dana.types("/jobs list")
        await slow.dana.starts_picking("media-cn/digital-human", first)
        await nothing_follows(slow, slow_answer)

    async def test_a_click_on_another_message_does_not_count(self, slow: Stage) -> None:
        other = await slow.dana.types("/jobs list digital-human")
        await slow.dana.types("/jobs list")
        await slow.dana.starts("Details", other)
        await slow.dana.hears("video-ocr after", ephemeral=True)

    async def test_a_response_url_keeps_one_use_for_an_error(self, slow: Stage) -> None:
        workspace = slow.dana.workspace
        workspace.faults.order(Fault(method="response_url", status=503, times=2))
        assert ASKING in (await slow.dana.types("/jobs list")).text
        workspace.faults.order(Fault(method="response_url", status=503, times=9))
        await slow.dana.hears("video-ocr after", ephemeral=True)
        assert posts(slow, "response_url") == 4
        assert posts(slow, "chat.postEphemeral") == 1

    async def test_first_words_that_slack_does_not_take_leave_the_whole_answer(self, slow: Stage) -> None:
        slow.dana.workspace.faults.order(Fault(method="response_url", status=503, times=9))
        answer = await slow.dana.types("/jobs list")
        assert "still asking" not in answer.text
        assert any("/video-ocr/" in ref for ref in rows(answer))
        assert any("/digital-human/" in ref for ref in rows(answer))


class TestEdited:
    async def test_a_click_is_answered_in_place_twice(self, stage: Stage) -> None:
        listed = await stage.dana.types("/jobs list")
        await stage.fault("video-ocr", "slow", seconds=SLOW_S)
        first = await stage.dana.turns("Refresh", listed)
        assert ASKING in first.text
        whole = await stage.dana.hears(ROW, ts=first.ts)
        assert "still asking" not in whole.text
        assert rows(whole) == rows(listed)
        assert len(await stage.dana.sees()) == 1

    async def test_a_select_too(self, stage: Stage) -> None:
        listed = await stage.dana.types("/jobs list digital-human")
        await stage.fault("video-ocr", "slow", seconds=SLOW_S)
        first = await stage.dana.picks("media-cn", listed)
        assert ASKING in first.text
        whole = await stage.dana.hears(ROW, ts=first.ts)
        assert "still asking" not in whole.text

    async def test_a_later_click_is_not_undone_by_what_came_late(
        self, stage: Stage, slow_answer: asyncio.Event
    ) -> None:
        listed = await stage.dana.types("/jobs list")
        await stage.fault("video-ocr", "slow", seconds=SLOW_S, count=1)
        first = await stage.dana.turns("Refresh", listed)
        turned = await stage.dana.picks("media-cn/digital-human", first)
        await comes(slow_answer)
        await stage.dana.types("/jobs help")
        assert (await stage.dana.hears("list media-cn/digital-human", ts=listed.ts)).json == turned.json

    @pytest.mark.parametrize(("text", "channel"), [("<@U0CALLBOARD> list", "C0ONCALL"), ("list", "D0DANA")])
    async def test_a_mention_and_a_direct_message(self, slow: Stage, text: str, channel: str) -> None:
        bot = slow.dana.workspace.app.user_id
        await slow.dana.says(text.replace("U0CALLBOARD", bot), channel)
        first = await slow.dana.hears(ASKING, channel)
        whole = await slow.dana.hears(ROW, channel, ts=first.ts)
        assert "still asking" not in whole.text
        assert (posts(slow, "chat.postMessage"), posts(slow, "chat.update")) == (1, 1)

    async def test_an_answer_that_is_shared(self, stage: Stage) -> None:
        listed = await stage.dana.types("/jobs list video-ocr")
        await stage.fault("video-ocr", "slow", seconds=SLOW_S)
        await stage.dana.starts("Share", listed)
        first = await stage.lee.hears(ASKING)
        whole = await stage.lee.hears("1–10 of", ts=first.ts)
        assert "still asking" not in whole.text

    async def test_a_form(self, slow: Stage) -> None:
        await slow.dana.opened(lambda: slow.dana.picks_shortcut("find_jobs"), until=ASKING)
        whole = await slow.dana.opened(lambda: slow.dana.says("time passes"), until="/video-ocr/")
        assert "still asking" not in str(whole)

    async def test_a_page_turned_in_a_form_before_the_rest_came(self, stage: Stage, slow_answer: asyncio.Event) -> None:
        await stage.fault("video-ocr", "slow", seconds=SLOW_S, count=1)
        form = await stage.dana.opened(lambda: stage.dana.picks_shortcut("find_jobs"), until=ASKING)
        await stage.dana.uses(form, "Next ▶")
        await comes(slow_answer)
        await stage.dana.opened(lambda: stage.dana.says("time passes"), until="11–20 of")
        await stage.dana.types("/jobs help")
        assert "11–20 of" in str(await stage.dana.opened(lambda: stage.dana.says("more time passes")))

    async def test_the_home_tab(self, slow: Stage) -> None:
        first = await slow.dana.looks_at_home(until=ASKING)
        assert "digital-human" in str(first)
        whole = await slow.dana.home("/video-ocr/")
        assert "still asking" not in str(whole)

    async def test_details_over_the_home_tab(self, stage: Stage) -> None:
        job = stage.scene.job()
        tab = await stage.dana.looks_at_home(until=job.id)
        await stage.fault("video-ocr", "slow", seconds=SLOW_S)
        nth = rows(tab).index(f"media-cn/video-ocr/{job.id}")
        await stage.dana.opened(lambda: stage.dana.uses(tab, "Details", nth=nth), until=ASKING)
        whole = await stage.dana.opened(lambda: stage.dana.says("time passes"), until="Created")
        assert "still asking" not in str(whole)


async def test_a_service_that_keeps_missing_its_deadline_is_waited_for_two_seconds(stage: Stage) -> None:
    await stage.fault("video-ocr", "hang")
    first, second = await stage.dana.types("/jobs list"), await stage.dana.types("/jobs list")
    assert first.ts != second.ts

    async def missed_twice() -> bool:
        return sum(each.says("didn't respond in 4 s") for each in await stage.dana.sees()) == 2

    await until(missed_twice)
    assert ASKING in (await stage.dana.types("/jobs list")).text
    await stage.dana.hears("video-ocr didn't respond in 2 s", ephemeral=True)


@pytest.fixture
def terminal(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Terminal]:
    world = World(jobs_per_service=40, arrival_s=0)
    for name, value in {**environment("http://127.0.0.1:1"), "REDIS_URL": redis_url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CALLBOARD_CONFIG", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with beside(serving(world)) as url:
        file = tmp_path / "callboard.toml"
        file.write_text(configuration(url))
        yield Terminal(file, world)


def on_a_screen(terminal: Terminal, *words: str) -> str:
    """Run a command as a program in its own terminal. Returns all output to its screen."""
    screen, keyboard = pty.openpty()
    with terminal.starts(*words, out=keyboard, err=keyboard) as program:
        os.close(keyboard)
        seen = b""
        while chunk := _read(screen):
            seen += chunk
        program.wait()
    os.close(screen)
    return seen.decode()


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 4096)
    except OSError:  # EIO: the program has closed its end
        return b""


def test_a_terminal_turns_a_spinner_while_services_are_asked(terminal: Terminal) -> None:
    terminal.fault("video-ocr", "slow", seconds=SLOW_S)
    seen = on_a_screen(terminal, "jobs", "list")
    assert "asking every service" in seen
    assert "still asking video-ocr" in seen
    assert "1–10 of" in seen


@pytest.mark.parametrize("words", [("jobs", "list"), ("jobs", "list", "--json")])
def test_no_spinner_without_a_terminal(terminal: Terminal, words: tuple[str, ...]) -> None:
    printed = terminal.runs(*words)
    assert printed.err == ""
    assert "asking" not in printed.out


def test_no_spinner_beside_json(terminal: Terminal) -> None:
    assert "asking" not in on_a_screen(terminal, "jobs", "list", "--json")
