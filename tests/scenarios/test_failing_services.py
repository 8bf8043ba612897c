"""A service that hangs, throttles or refuses costs one line, never the whole answer."""

import pytest

from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.mode("socket")


@pytest.mark.parametrize(
    ("fault", "details", "said"),
    [
        ("error", {"status": 503}, "is unavailable"),
        ("throttle", {"seconds": 60}, "is rate limiting us"),
        ("unauthorized", {}, "rejected our credentials"),
        ("forbidden", {}, "denied permission"),
        ("malformed", {}, "sent an invalid response"),
        ("cut", {}, "the connection broke"),
        ("down", {}, "the connection broke"),
    ],
)
async def test_one_line_says_what_is_wrong(stage: Stage, fault: str, details: dict[str, object], said: str) -> None:
    await stage.fault("video-ocr", fault, **details)
    answer = await stage.dana.types("/jobs list")
    assert "*media-cn/video-ocr*" in answer.text
    assert said in answer.text
    assert "digital-human" in answer.text
    assert ", checked" in answer.text


class TestLate:
    @pytest.fixture
    def patience_s(self) -> float:
        return 1.0

    async def test_a_service_that_hangs_is_late_and_the_others_answer(self, stage: Stage) -> None:
        await stage.fault("digital-human", "hang")
        answer = await stage.dana.types("/jobs list")
        assert "*media-cn/digital-human* isn't responding (no answer within 1 s)" in answer.text
        assert "video-ocr" in answer.text


async def test_an_unknown_state_is_shown_with_the_vendors_word(stage: Stage) -> None:
    await stage.fault("video-ocr", "unknown_state")
    answer = await stage.dana.types("/jobs list video-ocr")
    assert "❔ *Unknown*" in answer.text


async def test_one_malformed_job_does_not_hide_its_neighbours(stage: Stage) -> None:
    await stage.fault("video-ocr", "malformed_job")
    answer = await stage.dana.types("/jobs list video-ocr")
    assert "unreadable job" in answer.text
    assert "1–10" in answer.text


async def test_when_nothing_answers_it_does_not_look_like_there_are_no_jobs(stage: Stage) -> None:
    await stage.fault("video-ocr", "unauthorized")
    answer = await stage.dana.types("/jobs list video-ocr")
    assert "No service responded" in answer.text


async def test_the_start_of_an_outage_is_shown(stage: Stage) -> None:
    await stage.fault("video-ocr", "unauthorized")
    first = await stage.dana.types("/jobs list video-ocr")
    again = await stage.dana.turns("Refresh", first)
    assert ", failing since <!date^" in again.text


async def test_the_service_recovers(stage: Stage) -> None:
    await stage.fault("video-ocr", "unauthorized", count=1)
    failed = await stage.dana.types("/jobs list video-ocr")
    recovered = await stage.dana.turns("Refresh", failed)
    assert "1–10 of" in recovered.text
    assert "⚠️" not in recovered.text
