"""The two messages of an answer: the second replaces or follows the first."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain.answers import Answered, Late
from bot.domain.button_payloads import SELECTS, CommandPayload
from bot.domain.errors import Problem, UsageError
from bot.slack_app.payloads import clicked, read_ask
from bot.slack_app.response_urls import NotDelivered, Respond
from bot.slack_app.responses import ChannelPost, InPlace, ResponseUrl, to_the_last
from bot.store import Store
from bot.store.redis.connection import RedisLink
from bot.views.slack.block_kit import Message, actions, button, marked, section, select
from handlers.slack.partial_answers import Answer, give
from sandbox.slack.workspace.faults import Fault
from tests.bot.memory import services
from tests.bot.slack import Reply, refused
from tests.desk import Desk

LATE = (Late(account="acme", service="slow"),)
PAGE = Message(
    "page",
    [
        section("row", button("Details", "open:details", CommandPayload(text="show a/b/c"))),
        *actions(
            f"{SELECTS}{CommandPayload(text='list').encode()}", [select("State", "pick-state", [("Any", "any")], "any")]
        ),
        *actions("page", button("Refresh", "run:refresh", CommandPayload(text="list"))),
    ],
)
WHOLE, REST = Message("whole", [section("whole")]), Message("rest", [section("rest")])


@dataclass
class Canned:
    """Return a question whose services answer immediately, or one of them late."""

    late: bool = True

    async def first(self) -> Answered:
        return Answered(pending=LATE if self.late else ())

    async def whole(self) -> Answered:
        return Answered(late=LATE)


def answer(*, late: bool = True) -> Answer[Answered]:
    return Answer(Canned(late), lambda known: PAGE if known.pending else WHOLE, lambda _: REST)


@dataclass
class Client:
    """Refuses edits with the codes in `trouble`, in their order."""

    trouble: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def chat_postMessage(self, *, text: str, **_: Any) -> Reply:  # noqa: N802  # Slack's name
        self.calls.append(("post", text))
        return Reply({"channel": "C1", "ts": "1.5"})

    async def chat_update(self, *, channel: str, ts: str, text: str, **_: Any) -> None:
        assert (channel, ts) == ("C1", "1.5")
        self.calls.append(("update", text))
        if self.trouble:
            raise refused(self.trouble.pop(0))


def of(deps: Deps) -> AsyncBoltContext:
    return AsyncBoltContext({"services": deps})


@pytest.fixture
def parts(store: Store) -> Deps:
    return services(store)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("bot.slack_app.responses", "bot.slack_app.response_urls"):
        monkeypatch.setattr(f"{where}.TRIED_AGAIN_S", (0.0, 0.0))


async def test_a_channel_gets_one_post_that_is_edited(parts: Deps):
    client = Client()
    await give(of(parts), ChannelPost(cast("AsyncWebClient", client), "C1"), answer())
    assert client.calls == [("post", "page"), ("update", "whole")]
    client = Client()
    await give(of(parts), ChannelPost(cast("AsyncWebClient", client), "C1"), answer(late=False))
    assert client.calls == [("post", "whole")]


@pytest.mark.parametrize("code", ["ratelimited", "internal_error", ""])
async def test_an_edit_is_tried_again(parts: Deps, code: str):
    client = Client([code])
    await give(of(parts), ChannelPost(cast("AsyncWebClient", client), "C1"), answer())
    assert client.calls == [("post", "page"), ("update", "whole"), ("update", "whole")]


@pytest.mark.parametrize("trouble", [["message_not_found"], ["ratelimited"] * 9, ["edit_window_closed"]])
async def test_a_message_that_cannot_be_edited_is_posted_again(parts: Deps, trouble: list[str]):
    client = Client(trouble)
    await give(of(parts), ChannelPost(cast("AsyncWebClient", client), "C1"), answer())
    assert client.calls[-1] == ("post", "whole")


async def test_a_later_error_replaces_the_first_message(parts: Deps):
    class Broken(Canned):
        async def whole(self) -> Answered:
            raise UsageError(Problem.NOT_FOR_YOU)

    client, context = Client(), of(parts)
    broken = Answer(Broken(), lambda _: PAGE, lambda _: REST)
    with pytest.raises(UsageError):
        await give(context, ChannelPost(cast("AsyncWebClient", client), "C1"), broken)
    await context["reply"].show(WHOLE)
    assert client.calls == [("post", "page"), ("update", "whole")]


async def test_a_click_is_answered_in_place_for_as_long_as_it_is_the_newest(desk: Desk, parts: Deps):
    newest = [True, False]

    async def still() -> bool:
        return newest.pop(0)

    url = desk.response_url()
    await give(of(parts), InPlace(Respond(response_url=url), still), answer())
    assert [each.json["text"] for each in await desk.dana.sees()] == ["page"]


async def test_elsewhere_the_rest_follows_unless_the_first_words_were_used(desk: Desk, parts: Deps):
    await give(of(parts), ResponseUrl(Respond(response_url=desk.response_url())), answer())
    assert [each.json["text"] for each in await desk.dana.sees()] == ["page", "rest"]


async def test_without_redis_it_follows(desk: Desk, nowhere: RedisLink):
    await give(of(services(Store.over(nowhere))), ResponseUrl(Respond(response_url=desk.response_url())), answer())
    assert [each.json["text"] for each in await desk.dana.sees()] == ["page", "rest"]


async def test_every_element_of_first_words_names_its_answer(parts: Deps):
    assert not await clicked(parts, "0a1b2c3d")
    row, selects, page = marked(PAGE, "0a1b2c3d").blocks
    carried = (
        row["accessory"]["value"],
        selects["block_id"].removeprefix(SELECTS),
        page["elements"][0]["value"],
    )
    for value in carried:
        assert CommandPayload.model_validate_json(value).answer == "0a1b2c3d"
    assert await read_ask(parts, carried[0]) == CommandPayload(text="show a/b/c")
    assert await clicked(parts, "0a1b2c3d")
    assert not await clicked(parts, "ffffffff")


async def test_answers_leave_the_last_use_of_a_response_url_to_an_error(desk: Desk):
    respond = Respond(response_url=desk.response_url())
    desk.workspace.faults.order(Fault(method="response_url", status=503, times=4))
    for used in (3, 4, 4):
        with pytest.raises(NotDelivered) as lost:
            await ResponseUrl(respond).show(WHOLE)
        assert (respond.used, lost.value.message) == (used, WHOLE)
    await to_the_last(ResponseUrl(respond)).show(REST)
    assert respond.used == 5
    assert [each.json["text"] for each in await desk.dana.sees()] == ["rest"]
    with pytest.raises(NotDelivered):
        await ResponseUrl(respond).show(REST)


async def test_a_connection_that_breaks_is_a_use_too(desk: Desk):
    respond = Respond(response_url=desk.response_url())
    desk.workspace.faults.order(Fault(method="response_url", drop=True, times=9))
    with pytest.raises(NotDelivered):
        await ResponseUrl(respond).show(WHOLE)
    assert respond.used == 3


async def test_first_words_that_slack_does_not_take_give_way_to_the_whole_answer(desk: Desk, parts: Deps):
    desk.workspace.faults.order(Fault(method="response_url", error="expired_url"))
    with pytest.raises(NotDelivered) as lost:
        await give(of(parts), ResponseUrl(Respond(response_url=desk.response_url())), answer())
    assert lost.value.message == WHOLE
