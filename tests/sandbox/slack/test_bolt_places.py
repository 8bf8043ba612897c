"""A small app on the real Bolt and SDK: shortcuts, mentions, direct messages, links, Home tab."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.seed import DANA, LEE, ON_CALL
from tests.sandbox.slack.conftest import Slack, until

URL = "https://console.example/job"


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


class TinyBot:
    """Answers in the conversation of each request, and nowhere else."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.app = AsyncApp(client=client)
        self.app.shortcut("look_up")(self.look_up)
        self.app.shortcut("find")(self.find)
        self.app.event("app_mention")(self.mentioned)
        self.app.event("message")(self.told)
        self.app.event("link_shared")(self.unfurl)
        self.app.event("app_home_opened")(self.home)

    async def look_up(self, ack: Any, shortcut: Any, respond: Any) -> None:
        await ack()
        await respond(f"looking at {shortcut['message']['text']}")

    async def find(self, ack: Any, shortcut: Any, client: AsyncWebClient) -> None:
        await ack()
        title = {"type": "plain_text", "text": "Find jobs"}
        await client.views_open(
            trigger_id=shortcut["trigger_id"], view={"type": "modal", "title": title, "blocks": [section("x")]}
        )

    async def mentioned(self, event: Any, say: Any) -> None:
        await say("you called", thread_ts=event["ts"])

    async def told(self, event: Any, say: Any) -> None:
        await say(f"you said {event['text']}")

    async def unfurl(self, event: Any, client: AsyncWebClient) -> None:
        card = {"blocks": [section("a job")]}
        await client.chat_unfurl(
            unfurl_id=event["unfurl_id"], source=event["source"], unfurls={link["url"]: card for link in event["links"]}
        )

    async def home(self, event: Any, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("my jobs")]})


@pytest.fixture
def over_sockets() -> bool:
    return True


@pytest.fixture
async def bot(slack: Slack) -> AsyncIterator[TinyBot]:
    tiny = TinyBot(AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack.url}/api/"))
    handler = AsyncSocketModeHandler(tiny.app, APP_TOKEN, ping_interval=0.2)
    await handler.connect_async()
    yield tiny
    await handler.close_async()


async def test_shortcuts(slack: Slack, bot: TinyBot) -> None:
    ts = await slack.post("the alert")
    await slack.ui("shortcut", callback_id="look_up", channel=ON_CALL.id, message_ts=ts)
    assert (await slack.said("looking at the alert"))["ephemeral"] is True
    await slack.ui("shortcut", callback_id="find", channel=ON_CALL.id)

    async def opened() -> Any:
        return await slack.views()

    assert (await until(opened))[0]["title"]["text"] == "Find jobs"


async def test_a_mention_is_answered_in_its_thread(slack: Slack, bot: TinyBot) -> None:
    await slack.type("@callboard hello")
    asked = await slack.said("<@U0CALLBOARD> hello")
    assert (await slack.said("you called"))["thread_ts"] == asked["ts"]


async def test_a_direct_message_is_answered_there(slack: Slack, bot: TinyBot) -> None:
    await slack.type("hello", channel="D0DANA")
    await slack.said("you said hello", channel=DANA.id)
    assert [each["text"] for each in await slack.seen(channel=DANA.id)] == ["hello", "you said hello"]


async def test_a_link_is_unfurled(slack: Slack, bot: TinyBot) -> None:
    await slack.type(f"look at {URL}")

    async def card() -> Any:
        return (await slack.seen(LEE.id))[-1]["attachments"]

    assert (await until(card))[0]["blocks"][0]["text"]["text"] == "a job"


async def test_a_home_tab_is_published_when_it_is_opened(slack: Slack, bot: TinyBot) -> None:
    await slack.ui("home", tab="home")

    async def published() -> Any:
        return (await slack.http.get("/ui/state", params={"user": DANA.id})).json()["home"]

    assert (await until(published))["blocks"][0]["text"]["text"] == "my jobs"
    assert (await slack.http.get("/ui/state", params={"user": LEE.id})).json()["home"] is None
