"""A small app on the real Bolt and the real SDK: what works against Slack works here."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.workspace.seed import DANA, LEE, ON_CALL
from tests.sandbox.slack.conftest import Slack, until

MORE = {
    "type": "button",
    "action_id": "more",
    "text": {"type": "plain_text", "text": "More"},
    "value": "show f18320e6",
}
BUTTON = {"type": "actions", "block_id": "row", "elements": [MORE]}
MENU = {
    "type": "section",
    "block_id": "pick",
    "text": {"type": "mrkdwn", "text": "Pick"},
    "accessory": {
        "type": "static_select",
        "action_id": "state",
        "options": [{"text": {"type": "plain_text", "text": "Failed"}, "value": "failed"}],
    },
}
INPUT = {
    "type": "input",
    "block_id": "name",
    "label": {"type": "plain_text", "text": "Name"},
    "element": {"type": "plain_text_input", "action_id": "value", "initial_value": "trailer"},
}


def modal(title: str, *blocks: Any) -> Any:
    return {
        "type": "modal",
        "callback_id": "raw",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Go"},
        "notify_on_close": True,
        "blocks": list(blocks) or [{"type": "divider"}],
    }


class TinyBot:
    """Acknowledges everything, keeps the payloads, and answers a few commands."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.seen: list[Any] = []
        self.submission: Any = None
        self.app = AsyncApp(client=client)
        self.app.command("/jobs")(self.command)
        self.app.action("more")(self.open_modal)
        self.app.action("state")(self.change)
        self.app.action("edit")(self.edit)
        self.app.view("raw")(self.submit)
        self.app.view_closed("raw")(self.submit)

    async def command(self, ack: Any, respond: Any, command: Any) -> None:
        self.seen.append(command)
        if command["text"] == "now":
            await ack("right now")
            return
        await ack()
        if command["text"] == "public":
            await respond("for everybody", response_type="in_channel")
        else:
            await respond(text="buttons", blocks=[BUTTON, MENU])

    async def open_modal(self, ack: Any, body: Any, client: AsyncWebClient) -> None:
        self.seen.append(body)
        await ack()
        opened: Any = await client.views_open(trigger_id=body["trigger_id"], view=modal("Loading"))
        await client.views_update(view_id=opened["view"]["id"], hash=opened["view"]["hash"], view=modal("Raw", INPUT))

    async def change(self, ack: Any, body: Any, respond: Any) -> None:
        self.seen.append(body)
        await ack()
        await respond(text="changed", replace_original=True)

    async def edit(self, ack: Any, body: Any) -> None:
        self.seen.append(body)
        await ack()

    async def submit(self, ack: Any, body: Any) -> None:
        self.seen.append(body)
        await (ack(self.submission) if self.submission else ack())


@pytest.fixture
def over_sockets() -> bool:
    return True


@pytest.fixture
async def bot(slack: Slack) -> AsyncIterator[TinyBot]:
    client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/")
    tiny = TinyBot(client)
    handler = AsyncSocketModeHandler(tiny.app, APP_TOKEN, ping_interval=0.2)
    await handler.connect_async()
    yield tiny
    await handler.close_async()


async def test_a_command_arrives_as_slack_sends_it_and_only_its_sender_sees_the_answer(
    slack: Slack, bot: TinyBot
) -> None:
    await slack.type("/jobs  show @lee in #media <b> https://x.test/a?b=1&c")
    answer = await slack.said("buttons")
    command = bot.seen[0]
    assert command["text"] == "show <@U0LEE|lee> in <#C0MEDIA|media> &lt;b&gt; <https://x.test/a?b=1&amp;c>"
    assert command["user_id"] == DANA.id
    assert command["channel_name"] == "on-call"
    assert command["is_enterprise_install"] == "false"
    assert answer["ephemeral"] is True
    assert answer["username"] == "Callboard"
    assert "buttons" not in [each["text"] for each in await slack.seen(LEE.id)]


async def test_an_acknowledgement_can_have_the_answer(slack: Slack, bot: TinyBot) -> None:
    await slack.type("/jobs now")
    assert (await slack.said("right now"))["ephemeral"] is True


async def test_everyone_sees_an_answer_in_channel(slack: Slack, bot: TinyBot) -> None:
    await slack.type("/jobs public", channel="C0FINANCE")
    assert (await slack.said("for everybody", user=LEE.id, channel="C0FINANCE"))["ephemeral"] is False


async def test_a_button_opens_a_modal_that_is_then_updated(slack: Slack, bot: TinyBot) -> None:
    view = await open_modal(slack)
    body = bot.seen[1]
    assert "message" not in body  # Slack leaves ephemeral messages out
    assert body["container"]["is_ephemeral"] is True
    assert body["actions"][0]["value"] == "show f18320e6"
    assert body["state"]["values"]["pick"]["state"] == {"type": "static_select", "selected_option": None}
    assert view["title"]["text"] == "Raw"


async def test_a_submission_has_the_typed_values_and_closes_the_modal(slack: Slack, bot: TinyBot) -> None:
    view = await open_modal(slack)
    typed = {"name": {"value": {"type": "plain_text_input", "value": "feature"}}}
    await slack.ui("view_submit", view_id=view["id"], state_values=typed)

    async def closed() -> bool:
        return not await slack.views()

    await until(closed)
    assert bot.seen[2]["type"] == "view_submission"
    assert bot.seen[2]["view"]["state"]["values"]["name"]["value"]["value"] == "feature"


async def test_a_refused_submission_shows_why(slack: Slack, bot: TinyBot) -> None:
    bot.submission = {"response_action": "errors", "errors": {"name": "too short"}}
    view = await open_modal(slack)
    await slack.ui("view_submit", view_id=view["id"])

    async def errors() -> Any:
        return (await slack.views())[0].get("errors")

    assert await until(errors) == {"name": "too short"}
    assert bot.seen[2]["view"]["state"]["values"]["name"]["value"]["value"] == "trailer"


async def test_an_app_receives_a_closed_modal_on_request(slack: Slack, bot: TinyBot) -> None:
    view = await open_modal(slack)
    await slack.ui("view_close", view_id=view["id"])

    async def told() -> bool:
        return len(bot.seen) > 2

    await until(told)
    assert bot.seen[2]["type"] == "view_closed"
    assert await slack.views() == []


async def test_a_pick_replaces_the_ephemeral_message_it_was_made_in(slack: Slack, bot: TinyBot) -> None:
    await slack.type("/jobs")
    answer = await slack.said("buttons")
    await slack.ui(
        "action", **place(answer, "pick", "state"), type="static_select", selected_option={"value": "failed"}
    )
    changed = await slack.said("changed")
    assert changed["ts"] == answer["ts"]
    assert bot.seen[1]["actions"][0]["selected_option"]["text"]["text"] == "Failed"
    assert "buttons" not in [each["text"] for each in await slack.seen()]


async def test_a_click_in_a_public_message_contains_the_message(slack: Slack, bot: TinyBot) -> None:
    block = {"type": "actions", "elements": [{**MORE, "action_id": "edit"}]}
    posted: Any = await bot.app.client.chat_postMessage(channel="#on-call", text="hello", blocks=[block])
    shown = await slack.said("hello", user=None)
    await slack.ui("action", **place(shown, shown["blocks"][0]["block_id"], "edit"), type="button")

    async def told() -> bool:
        return bool(bot.seen)

    await until(told)
    assert bot.seen[0]["message"]["ts"] == posted["ts"]
    assert bot.seen[0]["message"]["bot_id"] == "B0CALLBOARD"
    assert bot.seen[0]["channel"] == {"id": ON_CALL.id, "name": "on-call"}


async def test_the_sdk_posts_updates_and_deletes(slack: Slack, bot: TinyBot) -> None:
    client = bot.app.client
    posted: Any = await client.chat_postMessage(channel=ON_CALL.id, text="first")
    await client.chat_update(channel=ON_CALL.id, ts=posted["ts"], text="second")
    assert (await slack.said("second"))["edited"] is True
    await client.chat_delete(channel=ON_CALL.id, ts=posted["ts"])
    assert "second" not in [each["text"] for each in await slack.seen()]
    await client.chat_postEphemeral(channel=ON_CALL.id, user=DANA.id, text="psst")
    assert (await slack.said("psst"))["ephemeral"] is True


async def test_the_sdk_reads_channels_and_people_with_forms_and_queries(slack: Slack, bot: TinyBot) -> None:
    client = bot.app.client
    identity: Any = await client.auth_test()
    assert identity["user_id"] == "U0CALLBOARD"
    assert identity.headers["x-oauth-scopes"].startswith("commands,chat:write")
    listed: Any = await client.conversations_list(exclude_archived=True, limit=2)
    assert [each["name"] for each in listed["channels"]] == ["on-call", "media"]
    rest: Any = await client.conversations_list(
        exclude_archived=True, cursor=listed["response_metadata"]["next_cursor"]
    )
    assert [each["name"] for each in rest["channels"]] == ["general", "finance"]
    info: Any = await client.conversations_info(channel=ON_CALL.id)
    assert info["channel"]["is_member"] is True
    opened: Any = await client.conversations_open(users=DANA.id)
    assert opened["channel"]["id"] == "D0DANA"
    user: Any = await client.users_info(user=LEE.id)
    assert user["user"]["real_name"] == "Lee Aldana"


async def test_a_disconnected_app_reconnects(slack: Slack, bot: TinyBot) -> None:
    assert (await slack.http.post("/test/disconnect")).json() == {"ok": True, "dropped": 1}

    async def connected() -> bool:
        return (await slack.http.get("/ui/state", params={"user": DANA.id})).json()["connected"]

    await until(connected)
    await slack.type("/jobs now")
    await slack.said("right now")


async def test_two_connections_take_turns(slack: Slack, bot: TinyBot) -> None:
    second = TinyBot(AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/"))
    handler = AsyncSocketModeHandler(second.app, APP_TOKEN, ping_interval=0.2)
    await handler.connect_async()
    try:
        for _ in range(4):
            await slack.type("/jobs now")

        async def all_told() -> bool:
            return len(bot.seen) + len(second.seen) == 4

        await until(all_told)
        assert len(bot.seen) == 2
    finally:
        await handler.close_async()


async def open_modal(slack: Slack) -> Any:
    await slack.type("/jobs")
    answer = await slack.said("buttons")
    await slack.ui("action", **place(answer, "row", "more"), type="button", value="forged")

    async def updated() -> Any:
        return next((view for view in await slack.views() if view["title"]["text"] == "Raw"), None)

    return await until(updated)


def place(message: Any, block_id: str, action_id: str) -> dict[str, str]:
    return {
        "channel": message["channel"],
        "message_ts": message["ts"],
        "block_id": block_id,
        "action_id": action_id,
    }
