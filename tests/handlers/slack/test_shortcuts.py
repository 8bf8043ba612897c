"""Message shortcuts on messages of other people."""

from typing import Any

import pytest

from bot.domain.button_payloads import LOOK_UP, SUBSCRIBE_TO
from bot.store import Store
from providers.models import JobRef, JobState
from tests.bot.memory import InMemory
from tests.bot.views import judges
from tests.desk import DANA, ON_CALL, Desk

A, B, NOWHERE = "a" * 32, "b" * 32, "0" * 32


@pytest.fixture
def provider() -> InMemory:
    provider = InMemory()
    provider.jobs = [provider.job(A), provider.job(B, 5, state=JobState.FAILED)]
    return provider


def chosen(callback_id: str, **message: Any) -> dict[str, Any]:
    """Return the payload of a message shortcut, as Slack documents it."""
    return {
        "type": "message_action",
        "callback_id": callback_id,
        "action_ts": "1.5",
        "message_ts": "1.2",
        "user": {"id": DANA, "name": "dana"},
        "channel": {"id": ON_CALL, "name": "on-call"},
        "message": {"type": "message", "ts": "1.2", "text": "", "bot_id": "B0ALERTS", **message},
    }


async def test_look_up_shows_every_job_of_an_alert_and_what_is_none(desk: Desk):
    attachment = {"fallback": f"{A} is slow", "fields": [{"title": "job", "value": f"`{B}`", "short": True}]}
    text = f"{NOWHERE} aasdcsfg7827****"
    answer = await desk.answers(chosen(LOOK_UP, text=text, attachments=[attachment]))
    assert answer.json["ephemeral"]
    assert f"acme/video/{A}" in answer.text
    assert f"acme/video/{B}" in answer.text
    assert f"`{NOWHERE}` was not found in *acme/video*" in answer.text
    assert "`aasdcsfg7827****` is a masked id" in answer.text
    assert "Refresh" in answer.buttons()


async def test_an_id_is_asked_for_once_in_one_request(desk: Desk, provider: InMemory):
    await desk.answers(chosen(LOOK_UP, text=f"{A} {B}", blocks=[{"type": "markdown", "text": f"{A} {B}"}]))
    assert provider.asked == [(A, B)]


async def test_twenty_of_many_are_looked_up(desk: Desk, provider: InMemory):
    ids = [f"{number:032x}" for number in range(1, 31)]
    answer = await desk.answers(chosen(LOOK_UP, text=" ".join(ids)))
    assert "The message names 30 jobs: these are the first 20." in answer.text
    assert provider.asked == [tuple(ids[:20])]


async def test_a_message_that_names_no_job(desk: Desk):
    answer = await desk.answers(chosen(LOOK_UP, text="good morning"))
    assert "I found no job in this message" in answer.text
    answer = await desk.answers(chosen(SUBSCRIBE_TO, text="good morning"))
    assert "I found no job in this message" in answer.text


async def test_in_a_thread_the_answer_is_there(desk: Desk):
    root = desk.says("an alert")
    answer = await desk.answers(chosen(LOOK_UP, text=A, thread_ts=root))
    assert answer.json["thread_ts"] == root


async def test_subscribe_follows_what_runs_and_says_why_the_rest_is_not_followed(desk: Desk, store: Store):
    answer = await desk.answers(chosen(SUBSCRIBE_TO, text=f"{A} {B} {NOWHERE}"))
    assert f"Following *{A}*" in answer.text
    assert "already finished" in answer.text
    assert "was not found in" in answer.text
    assert "Keep looking for 10 minutes" in answer.buttons()
    assert await store.tracked.subscribed_cards(JobRef("acme", "video", A)) != {}


async def test_without_a_response_url_the_answer_is_a_modal(desk: Desk):
    view = await desk.modal(chosen(LOOK_UP, text=A), until=f"acme/video/{A}")
    assert view["title"]["text"] == "Callboard"
    judges.accept_modal(view)
    assert "Share" not in judges.commands(view["blocks"])


async def test_an_error_is_shown_in_the_modal(desk: Desk, provider: InMemory):
    def bug(_: int) -> None:
        raise ZeroDivisionError

    provider.trouble = bug
    await desk.modal(chosen(LOOK_UP, text=A), until="wrong on our side")
