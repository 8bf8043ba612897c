"""The page's protocol: state, live events, and forged clicks."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from sandbox.slack.workspace.seed import DANA, LEE, ON_CALL
from tests.sandbox.slack.conftest import Slack

OPTION = {"text": {"type": "plain_text", "text": "Failed"}, "value": "failed"}
ROW = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}},
        {"type": "overflow", "action_id": "more", "options": [OPTION]},
    ],
}


@pytest.fixture
def over_sockets(request: pytest.FixtureRequest) -> bool:
    return "live" in request.fixturenames


@pytest.fixture
async def live(slack: Slack) -> AsyncIterator[ClientConnection]:
    url = slack.url.replace("http", "ws")
    async with connect(f"{url}/ui/live?user={DANA.id}", proxy=None) as socket:
        yield socket


async def event(socket: ClientConnection) -> Any:
    return json.loads(await socket.recv())


async def test_the_state_is_the_persons_view(slack: Slack) -> None:
    await slack.api("chat.postEphemeral", channel=ON_CALL.id, user=LEE.id, text="for lee")
    state = (await slack.http.get("/ui/state", params={"user": DANA.id})).json()
    assert state["me"] == DANA.id
    assert state["app"] == {"name": "Callboard", "bot_user_id": "U0CALLBOARD", "installed": True, "organization": ""}
    assert state["channels"][-1]["id"] == "D0DANA"  # the app has a Home tab there
    assert state["channels"][-2] == {
        "id": "C0ARCHIVED",
        "name": "random-archived",
        "im": False,
        "private": False,
        "archived": True,
        "bot_member": True,
    }
    assert state["commands"][0]["command"] == "/jobs"
    assert [each["username"] for each in state["messages"][ON_CALL.id]] == [
        "Dana Whitfield",
        "Alertmanager",
        "Lee Aldana",
    ]


async def test_a_stranger_sees_nothing(slack: Slack, live: ClientConnection) -> None:
    assert (await slack.http.get("/ui/state", params={"user": "U0NOBODY"})).status_code == 404
    with pytest.raises(InvalidStatus):
        await connect(slack.url.replace("http", "ws") + "/ui/live?user=U0NOBODY", proxy=None)


async def test_events_are_pushed(slack: Slack, live: ClientConnection) -> None:
    posted = await slack.api("chat.postMessage", channel=ON_CALL.id, text="one")
    await slack.api("chat.update", channel=ON_CALL.id, ts=posted["ts"], text="two")
    await slack.api("chat.delete", channel=ON_CALL.id, ts=posted["ts"])
    await slack.api("chat.postEphemeral", channel=ON_CALL.id, user=LEE.id, text="not for dana")
    await slack.type("/unknown thing")
    events = [await event(live) for _ in range(4)]
    assert [each["type"] for each in events] == ["message", "message_changed", "message_deleted", "notice"]
    assert (events[0]["message"]["text"], events[1]["message"]["edited"]) == ("one", True)
    assert events[2] == {"type": "message_deleted", "channel": ON_CALL.id, "ts": posted["ts"]}
    assert events[3]["text"].startswith("/unknown is not a valid command.")


async def test_the_app_is_invited_as_in_slack(slack: Slack) -> None:
    channel = slack.workspace.channels[ON_CALL.id]
    channel.bot_member = False
    await slack.type("/invite @somebody")
    assert not channel.bot_member
    await slack.type("/invite @Callboard")
    assert channel.bot_member


async def test_a_modal_is_pushed_with_its_errors(slack: Slack, live: ClientConnection) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [{"type": "divider"}]}
    await slack.api("views.open", trigger_id=slack.workspace.grants.trigger(DANA.id), view=view)
    pushed = await event(live)
    assert pushed["type"] == "views"
    shown = pushed["view_stack"][0]
    assert shown["title"]["text"] == "x"
    slack.workspace.modals.refuse(slack.workspace.modals.find(shown["id"]), {"name": "too short"})
    assert (await event(live))["view_stack"][0]["errors"] == {"name": "too short"}


async def test_typed_text_is_escaped_and_its_mentions_resolved(slack: Slack, live: ClientConnection) -> None:
    await slack.type("@lee <!channel> & dana@example.com #media")
    said = (await event(live))["message"]
    assert said["text"] == "<@U0LEE> &lt;!channel&gt; &amp; dana@example.com <#C0MEDIA|media>"
    assert (said["user"], said["bot"], said["ephemeral"]) == (DANA.id, False, False)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"action_id": "other"}, "no_such_element"),
        ({"block_id": "other"}, "no_such_element"),
        ({"message_ts": "1.000001"}, "message_not_found"),
        ({"user": "U0NOBODY"}, "user_not_found"),
        ({"action_id": "more", "selected_option": {"value": "forged"}}, "no_such_option"),
        ({"view_id": "V0"}, "not_found"),
    ],
)
async def test_a_forged_click_is_refused(slack: Slack, place: dict[str, Any], error: str) -> None:
    posted = await slack.api("chat.postMessage", channel=ON_CALL.id, text="x", blocks=[ROW])
    right = {"channel": ON_CALL.id, "message_ts": posted["ts"], "block_id": "row", "action_id": "go", "type": "button"}
    response = await slack.ui("action", **{**right, **place})
    assert (response.status_code, response.json()["error"]) == (400, error)


async def test_a_click_in_another_persons_ephemeral_message_is_refused(slack: Slack) -> None:
    hidden = await slack.api("chat.postEphemeral", channel=ON_CALL.id, user=LEE.id, text="x", blocks=[ROW])
    where = {"channel": ON_CALL.id, "message_ts": hidden["message_ts"], "block_id": "row", "action_id": "go"}
    assert (await slack.ui("action", **where)).json()["error"] == "message_not_found"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"channel": ON_CALL.id}, "invalid_arguments"),
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "D0LEE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0ARCHIVED", "text": "x"}, "is_archived"),
    ],
)
async def test_where_people_cannot_write(slack: Slack, body: dict[str, Any], error: str) -> None:
    response = await slack.ui("message", **body)
    assert (response.status_code, response.json()["error"]) == (400, error)


async def test_an_unknown_channel_has_no_messages(slack: Slack) -> None:
    assert (await slack.http.get("/test/messages", params={"channel": "C0NOWHERE"})).status_code == 404
