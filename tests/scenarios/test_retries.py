"""Slack redelivers an unacknowledged event: immediately, after a minute, after five. The bot handles it once.

Here the acknowledgements of an event get lost, or Slack gets none because the event never arrived.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.slack.delivery.delivery import Kind, NotAcknowledgedError, RefusedError, Retry
from sandbox.slack.delivery.http import HttpDelivery
from sandbox.slack.delivery.socket_mode import SocketMode
from sandbox.slack.workspace.model import Json
from tests.scenarios.conftest import Scene, Stage
from tests.scenarios.person import Person, until
from tests.scenarios.roads import Mode

pytestmark = pytest.mark.both_modes

MEDIA = "https://vod.console.aliyun.com/#/media/video/detail/30e5d7000000000000bd900764de7c01/video"
TRIES = 4


@pytest.fixture
def retry_after() -> Sequence[float]:
    return (0.0, 0.1, 0.5)


def lose(monkeypatch: pytest.MonkeyPatch, mode: Mode, times: int, *, heard: bool) -> None:
    """Let the first deliveries of each event fail: after it was `heard`, or before."""
    road = SocketMode if mode == "socket" else HttpDelivery
    deliver = road.deliver

    async def failing(self: Any, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        fails = kind == "events_api" and (retry.attempt if retry else 0) < times
        if fails and not heard:
            raise RefusedError
        answer = await deliver(self, kind, payload, retry)
        if fails:
            raise NotAcknowledgedError
        return answer

    monkeypatch.setattr(road, "deliver", failing)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    """Delay every acknowledgement but the last beyond Slack's limit."""
    lose(monkeypatch, mode, TRIES - 1, heard=True)


async def told(dana: Person, number: int = 1) -> None:
    """Wait until the app has acknowledged this many events, each at the last attempt."""

    async def all_told() -> bool:
        return sum(each["acknowledged"] for each in await dana.events()) >= number

    await until(all_told)
    assert {each["attempts"] for each in await dana.events()} == {TRIES}


async def settled(dana: Person) -> None:
    """Ask for something else, and wait for its answer. All earlier answers have arrived by then."""
    await dana.types("/jobs help")


@pytest.mark.usefixtures("late")
class TestLateAcknowledgements:
    async def test_a_mention_is_answered_once(self, stage: Stage):
        await stage.dana.says("<@U0CALLBOARD> help")
        await told(stage.dana)
        await settled(stage.dana)
        assert len([each for each in await stage.dana.sees() if not each.json["ephemeral"]]) == 1

    async def test_also_while_the_first_is_being_answered(self, stage: Stage):
        await stage.fault("video-ocr", "slow", seconds=1)
        await stage.dana.says("<@U0CALLBOARD> list video-ocr")
        await told(stage.dana)
        await stage.dana.hears("1–10 of", ephemeral=False)
        await settled(stage.dana)
        assert len([each for each in await stage.dana.sees() if not each.json["ephemeral"]]) == 1

    async def test_direct_messages_that_say_the_same_are_two(self, stage: Stage):
        await stage.dana.says("accounts", "D0DANA")
        await stage.dana.says("accounts", "D0DANA")
        await told(stage.dana, 2)

        async def answered() -> bool:
            return len(await stage.dana.sees("D0DANA")) >= 2

        await until(answered)
        await settled(stage.dana)
        assert len(await stage.dana.sees("D0DANA")) == 2

    async def test_a_link_is_unfolded_once(self, stage: Stage):
        await stage.dana.says(f"see <{MEDIA}>")
        await told(stage.dana)
        await stage.dana.reads_once("Succeeded", of="see ")
        calls = (await stage.dana.page.get("/test/calls")).json()
        assert len([each for each in calls if each["method"] == "chat.unfurl"]) == 1

    async def test_a_home_tab_is_published_once(self, stage: Stage):
        await stage.dana.looks_at_home(until="Accounts and services")
        await told(stage.dana)
        calls = (await stage.dana.page.get("/test/calls")).json()
        assert len([each for each in calls if each["method"] == "views.publish"]) == 2  # loading, and the tab

    async def test_of_two_bots_one_answers(self, scene: Scene):
        async with scene.bot(), scene.bot():
            await scene.dana.says("<@U0CALLBOARD> help")
            await told(scene.dana)
            await settled(scene.dana)
            await settled(scene.dana)
        assert len([each for each in await scene.dana.sees() if not each.json["ephemeral"]]) == 1


@pytest.mark.parametrize("times", [1, 3])
async def test_what_is_heard_of_late_is_answered_all_the_same(
    stage: Stage, mode: Mode, times: int, monkeypatch: pytest.MonkeyPatch
):
    lose(monkeypatch, mode, times, heard=False)
    await stage.dana.says("<@U0CALLBOARD> help")
    await stage.dana.hears("/jobs help list", ephemeral=False)
    [event] = await stage.dana.events()
    assert event["failures"] == [RefusedError.reason] * times
