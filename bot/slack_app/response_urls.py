"""Sends answers to the response_url of a command or click. Slack accepts five within 30 minutes."""

import asyncio
from typing import Any

from aiohttp import ClientError
from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.webhook import WebhookResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.errors import BotError, ExpiredError
from bot.views.slack.block_kit import Message

USES = 5
"""Answers that Slack accepts at one response_url (docs.slack.dev, "Handling user interaction")."""
KEPT = 1
"""Uses that are reserved for an error message."""
GONE = frozenset({404, 410})
"""HTTP statuses of a response_url that is older than 30 minutes, or was used five times."""
TRIED_AGAIN_S = (0.5, 2.0)
"""Seconds between tries after an error of Slack. A `Retry-After` takes precedence, up to WAIT_MAX_S."""
WAIT_MAX_S = 5.0


class NotDelivered(BotError):  # noqa: N818  # reads as what happened
    """Slack did not accept an answer. `reason` is its error code.

    `message` is a valid answer whose response_url has expired or failed: it can be sent another way.
    """

    def __init__(self, reason: str, message: Message | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message


class Respond(AsyncRespond):
    """A response_url that counts its uses. The last `kept` uses are reserved for errors."""

    used = 0
    kept = KEPT

    @classmethod
    def of(cls, context: AsyncBoltContext) -> "Respond":
        """Return the response_url of a payload."""
        return cls(response_url=context.response_url)

    @property
    def left(self) -> int:
        return USES - self.kept - self.used

    async def post(self, body: dict[str, Any]) -> WebhookResponse:
        """Post once, without the SDK's retries. Raises ExpiredError for a payload of a view, which has no URL."""
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
    """Answer a command or click. Raises NotDelivered if Slack refuses the answer, which the SDK would ignore."""
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
    """Send an answer once; return None on success, otherwise the `Retry-After` in seconds, or 0.

    Raises NotDelivered if a retry would not help, or is not allowed.
    """
    if respond.left <= 0:
        raise NotDelivered("the response_url has no uses left for answers", message)
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
