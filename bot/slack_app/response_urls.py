"""Answers through the response_url of a command or click, which Slack takes five times within 30 minutes."""

import asyncio
from typing import Any

from aiohttp import ClientError
from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.errors import BotError, ExpiredError
from bot.views.slack.block_kit import Message

USES = 5
"""Times that Slack takes an answer (docs.slack.dev, "Handling user interaction")."""
KEPT = 1
"""Uses that are kept for saying what went wrong."""
GONE = frozenset({404, 410})
"""A response_url that lived for 30 minutes, or was used five times."""
TRIED_AGAIN_S = (0.5, 2.0)
"""Seconds between tries while Slack itself cannot answer; where it names a time, that, up to WAIT_MAX_S."""
WAIT_MAX_S = 5.0


class NotDelivered(BotError):  # noqa: N818  # reads as what happened
    """Slack did not take an answer; `reason` is its error code.

    `message` is an answer that is good, but whose way is gone or closed for now: it can go another one.
    """

    def __init__(self, reason: str, message: Message | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message


class Respond(AsyncRespond):
    """A response_url that counts its uses. Of those that Slack allows, `kept` are not for answers."""

    used = 0
    kept = KEPT

    @classmethod
    def of(cls, context: AsyncBoltContext) -> "Respond":
        """Return how a payload is answered."""
        return cls(response_url=context.response_url)

    @property
    def left(self) -> int:
        return USES - self.kept - self.used

    async def post(self, body: dict[str, Any]) -> WebhookResponse:
        """Use it once: the SDK would retry. Raises ExpiredError for what happened in a view."""
        if self.response_url is None:
            raise ExpiredError
        self.used += 1
        return await AsyncWebhookClient(self.response_url, retry_handlers=[]).send_dict(body)


async def send(
    respond: Respond,
    message: Message,
    *,
    replace_original: bool | None = None,
    response_type: str | None = None,
    thread_ts: str | None = None,
) -> None:
    """Answer a command or click; raises NotDelivered when Slack does not take it, which the SDK would pass over."""
    options = {"replace_original": replace_original, "response_type": response_type, "thread_ts": thread_ts}
    body = {"text": message.text, "blocks": message.blocks, "unfurl_links": False}
    body |= {name: value for name, value in options.items() if value is not None}
    for pause in TRIED_AGAIN_S:
        asked = await _tried(respond, body, message)
        if asked is None:
            return
        await asyncio.sleep(min(asked or pause, WAIT_MAX_S))
    await _tried(respond, body, message, last=True)


async def _tried(respond: Respond, body: dict[str, Any], message: Message, *, last: bool = False) -> float | None:
    """Send it once. Return None when Slack took it, else for how many seconds it asks to wait: 0 where it does not say.

    Raises NotDelivered where another try does not help, or is not allowed.
    """
    if respond.left <= 0:
        raise NotDelivered("the response_url was used as often as answers may", message)
    try:
        sent = await respond.post(body)
    except (ClientError, TimeoutError, OSError) as error:
        if last or isinstance(error, TimeoutError):
            raise NotDelivered(type(error).__name__, message) from error
        return 0
    if sent.status_code == 200:
        return None
    away = sent.status_code == 429 or sent.status_code >= 500
    if last or not away:
        lost = away or sent.status_code in GONE
        raise NotDelivered(f"HTTP {sent.status_code}: {sent.body[:200]}", message if lost else None)
    return _retry_after(sent)


def _retry_after(sent: WebhookResponse) -> float:
    asked = next((value for name, value in sent.headers.items() if name.lower() == "retry-after"), "")
    return float(asked) if asked.isdecimal() else 0
