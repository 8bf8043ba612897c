"""Modals at Slack's limit of views, after a timeout, and with calls out of order."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_app.modals import Modal, Origin
from bot.views.slack.block_kit import Message, modal, section
from tests.bot.slack import Reply, refused

VIEW = modal("Raw", [section("Asking …")])
BODY = {"trigger_id": "1.2", "view": {"id": "V1", "hash": "h1", "type": "modal", "title": {"text": "Find jobs"}}}


async def aiter_of(answers: Iterator[bool]) -> AsyncIterator[bool]:
    for answer in answers:
        yield answer


@dataclass
class Client:
    """A client that fails with the error codes in `trouble`, in their order; empty for success."""

    trouble: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def __getattr__(self, name: str) -> Any:
        async def call(**arguments: Any) -> Reply:
            self.calls.append((name, arguments))
            if code := self.trouble.pop(0) if self.trouble else "":
                raise refused(code)
            return Reply({"view": {"id": "V2", "hash": "h2"}})

        return call

    @property
    def web(self) -> AsyncWebClient:
        return cast("AsyncWebClient", self)


async def test_a_modal_is_pushed_over_a_modal_and_opened_elsewhere():
    client = Client()
    await Modal.over(client.web, BODY, VIEW)
    await Modal.over(client.web, {"trigger_id": "1.2", "view": {"id": "V1", "type": "home"}}, VIEW)
    await Modal.over(client.web, {"trigger_id": "1.2"}, VIEW)
    assert [name for name, _ in client.calls] == ["views_push", "views_open", "views_open"]


async def test_above_three_views_it_replaces_the_clicked_one():
    client = Client(["push_limit_reached"])
    opened = await Modal.over(client.web, BODY, VIEW)
    await opened.show(Message("text", [section("there")]))
    (_, pushed), (_, replaced), (_, shown) = client.calls
    assert replaced["view_id"] == "V1"
    assert pushed["view"]["external_id"] == replaced["view"]["external_id"] == shown["external_id"]
    assert opened.title == "Raw"


@pytest.mark.parametrize("code", ["not_found", "hash_conflict"])
async def test_a_closed_or_newer_view_stays_as_it_is(code: str):
    client = Client([code])
    await Modal.clicked(client.web, BODY).update(VIEW)
    assert client.calls == [("views_update", {"view": VIEW, "view_id": "V1", "hash": "h1"})]


async def test_an_update_waits_for_the_view_of_an_acknowledgement(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.slack_app.modals.PAUSES_S", (0, 0, 0))
    client = Client(["not_found", "not_found", ""])
    renamed = Modal.clicked(client.web, BODY).renamed()
    await renamed.update(VIEW)
    assert [call["external_id"] for _, call in client.calls] == [renamed.name] * 3
    assert client.calls[-1][1]["view"]["external_id"] == renamed.name
    client = Client(["not_found"] * 9)
    await Modal.clicked(client.web, BODY).renamed().update(VIEW)
    assert len(client.calls) == 4


@pytest.mark.parametrize("code", ["not_found", "hash_conflict"])
async def test_an_answer_overtaken_by_a_later_click_changes_nothing(code: str):
    newest = iter([True, False])
    client = Client([code])
    await Modal.clicked(client.web, BODY, partial(anext, aiter_of(newest))).update(VIEW)
    assert [call.get("hash") for _, call in client.calls] == ["h1"]


async def test_the_answer_to_the_newest_click_replaces_late_answers():
    newest = iter([True, True])
    client = Client(["hash_conflict", ""])
    updated = await Modal.clicked(client.web, BODY, partial(anext, aiter_of(newest))).update(VIEW)
    assert [call.get("hash") for _, call in client.calls] == ["h1", None]
    assert (updated.hash, updated.newest) == ("h2", None)


async def test_an_answer_is_for_the_clicked_view():
    client = Client()
    asked = {"view": {"id": "V1", "external_id": "first question"}}
    await Modal.clicked(client.web, asked).update(VIEW)
    [(_, call)] = client.calls
    assert (call["external_id"], call["view"]["external_id"]) == ("first question", "first question")
    assert "view_id" not in call


async def test_other_refusals_are_raised():
    with pytest.raises(SlackApiError, match="refused"):
        await Modal.clicked(Client(["invalid_arguments"]).web, BODY).update(VIEW)


def test_the_view_carries_its_origin():
    origin = Origin(channel="C1", response_url="https://hooks.slack.example/x", thread_ts="1.2")
    assert Origin.of({"view": origin.mark(VIEW)}) == origin
    assert Origin().mark(VIEW) == VIEW
    assert "hooks.slack" not in repr(origin)


@pytest.mark.parametrize("forged", ["", "[]", "null", "{", '{"channel":"<!channel>"}', '{"channel":5}', None, 5])
def test_a_forged_origin_is_ignored(forged: object):
    assert Origin.of({"view": {"private_metadata": forged}}) == Origin()
