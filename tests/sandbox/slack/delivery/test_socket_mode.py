"""Socket Mode on the wire, without the SDK: greetings, limits, and notices without an answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sandbox.slack.delivery.socket_mode import CONNECTIONS_MAX
from sandbox.slack.workspace.seed import DANA, ON_CALL
from tests.sandbox.slack.conftest import Slack, until


@pytest.fixture
def over_sockets() -> bool:
    return True


@pytest.fixture
async def sockets(slack: Slack) -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def dial(slack: Slack, sockets: AsyncExitStack) -> ClientConnection:
    return await sockets.enter_async_context(connect(await slack.open_socket_url(), proxy=None, close_timeout=0.1))


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await socket.recv())


async def connected(slack: Slack) -> bool:
    return (await slack.http.get("/ui/state", params={"user": DANA.id})).json()["connected"]


async def test_a_connection_gets_hello_and_shows_on_the_page(slack: Slack, sockets: AsyncExitStack) -> None:
    assert await connected(slack) is False
    hello = await receive(await dial(slack, sockets))
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert await connected(slack) is True
    await sockets.aclose()

    async def gone() -> bool:
        return not await connected(slack)

    await until(gone)


async def test_a_ticket_opens_one_connection(slack: Slack, sockets: AsyncExitStack) -> None:
    url = await slack.open_socket_url()
    await sockets.enter_async_context(connect(url, proxy=None))
    with pytest.raises(InvalidStatus):
        await connect(url, proxy=None)


async def test_the_eleventh_connection_is_refused(slack: Slack, sockets: AsyncExitStack) -> None:
    for _ in range(CONNECTIONS_MAX):
        assert (await receive(await dial(slack, sockets)))["type"] == "hello"
    extra = await dial(slack, sockets)
    assert (await receive(extra))["reason"] == "too_many_websockets"
    with pytest.raises(ConnectionClosed):
        await extra.recv()


async def test_a_ping_is_answered(slack: Slack, sockets: AsyncExitStack) -> None:
    socket = await dial(slack, sockets)
    assert await (await socket.ping()) >= 0


async def test_an_unknown_acknowledgement_is_ignored(slack: Slack, sockets: AsyncExitStack) -> None:
    socket = await dial(slack, sockets)
    await receive(socket)
    for message in ("{", "[]", '{"envelope_id": "unknown"}'):
        await socket.send(message)
    await slack.type("/jobs help")
    envelope = await receive(socket)
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    await socket.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "answer"}}))
    await slack.said("answer")


async def test_an_invalid_acknowledgement_is_shown(slack: Slack, sockets: AsyncExitStack) -> None:
    socket = await dial(slack, sockets)
    await receive(socket)
    await slack.type("/jobs")
    answer = {"text": "x", "blocks": [{"type": "banner"}]}
    await socket.send(json.dumps({"envelope_id": (await receive(socket))["envelope_id"], "payload": answer}))
    await slack.noticed('/jobs failed with the error "invalid_command_response"')


async def test_without_a_bot_the_user_gets_a_notice(slack: Slack) -> None:
    await slack.type("/jobs")
    notice = await slack.noticed('/jobs failed with the error "dispatch_failed"')
    assert notice == {"user": DANA.id, "channel": ON_CALL.id, "text": '/jobs failed with the error "dispatch_failed"'}


class TestTimeout:
    @pytest.fixture
    def ack_within(self) -> float:
        return 0.05

    async def test_an_unacknowledged_command_shows_a_notice(self, slack: Slack, sockets: AsyncExitStack) -> None:
        await receive(await dial(slack, sockets))
        await slack.type("/jobs")
        await slack.noticed('/jobs failed with the error "operation_timeout"')

    async def test_an_unacknowledged_click_shows_a_notice(self, slack: Slack, sockets: AsyncExitStack) -> None:
        await receive(await dial(slack, sockets))
        button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
        block = {"type": "actions", "block_id": "row", "elements": [button]}
        posted = await slack.api("chat.postMessage", channel=ON_CALL.id, text="x", blocks=[block])
        where = {"channel": ON_CALL.id, "message_ts": posted["ts"], "block_id": "row", "action_id": "go"}
        assert (await slack.ui("action", **where, type="button")).json() == {"ok": True}
        await slack.noticed("operation_timeout")

    async def test_an_unacknowledged_submission_keeps_the_modal(self, slack: Slack, sockets: AsyncExitStack) -> None:
        await receive(await dial(slack, sockets))
        label = {"type": "plain_text", "text": "x"}
        view = {"type": "modal", "title": label, "submit": label, "blocks": [{"type": "divider"}]}
        opened = await slack.api("views.open", trigger_id=slack.workspace.grants.trigger(DANA.id), view=view)
        await slack.ui("view_submit", view_id=opened["view"]["id"])
        await slack.noticed("We had some trouble connecting")
        assert len(await slack.views()) == 1


async def lost(socket: ClientConnection) -> ConnectionClosed:
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    return closed.value


class TestEvents:
    @pytest.fixture
    def ack_within(self) -> float:
        return 0.05

    @pytest.fixture
    def retry_after(self) -> list[float]:
        return [0.0]

    async def test_an_unacknowledged_event_is_retried(self, slack: Slack, sockets: AsyncExitStack) -> None:
        socket = await dial(slack, sockets)
        await receive(socket)
        await slack.type("hello", channel="D0DANA")
        first, second = [await receive(socket) for _ in range(2)]
        assert (first["type"], first["accepts_response_payload"]) == ("events_api", False)
        assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
        assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
        assert first["payload"] == second["payload"]
        assert first["envelope_id"] != second["envelope_id"]


class TestDeafness:
    @pytest.fixture
    def ack_within(self) -> float:
        return 0.05

    async def test_a_deaf_connection_stays_open_and_does_nothing(self, slack: Slack, sockets: AsyncExitStack) -> None:
        socket = await dial(slack, sockets)
        await receive(socket)
        assert (await slack.hook("deafen", seconds=None))["deafened"] == 1
        pong = asyncio.ensure_future(await socket.ping())
        await slack.type("/jobs")
        await slack.noticed('/jobs failed with the error "operation_timeout"')
        assert await connected(slack) is True
        assert not pong.done()
        await slack.hook("deafen", seconds=0)
        await pong

    async def test_a_later_connection_is_not_deaf(self, slack: Slack, sockets: AsyncExitStack) -> None:
        deaf = await dial(slack, sockets)
        await receive(deaf)
        await slack.hook("deafen")
        well = await dial(slack, sockets)
        assert (await receive(well))["num_connections"] == 2
        await (await well.ping())
        await slack.type("/jobs")
        await slack.type("/jobs")
        assert (await receive(well))["type"] == "slash_commands"
        await slack.noticed("operation_timeout")

    async def test_a_deaf_connection_ends_with_its_app(self, slack: Slack, sockets: AsyncExitStack) -> None:
        socket = await dial(slack, sockets)
        await receive(socket)
        await slack.hook("deafen")
        socket.transport.abort()

        async def gone() -> bool:
            return not await connected(slack)

        await until(gone)
        await slack.hook("deafen", seconds=0)

    async def test_a_deaf_connection_is_not_warned(self, slack: Slack, sockets: AsyncExitStack) -> None:
        socket = await dial(slack, sockets)
        await receive(socket)
        await slack.hook("deafen")
        assert (await slack.hook("disconnect"))["dropped"] == 1
        assert await connected(slack) is False


async def test_connections_can_break_without_a_warning(slack: Slack, sockets: AsyncExitStack) -> None:
    opened = [await dial(slack, sockets) for _ in range(2)]
    for socket in opened:
        await receive(socket)
    assert (await slack.hook("drop"))["dropped"] == 2
    assert [(await lost(socket)).rcvd for socket in opened] == [None, None]
    assert await connected(slack) is False
