"""HTTP delivery: signed requests to the app's request URL."""

import hashlib
import hmac
import json
import logging
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.slack.delivery.delivery import (
    ACK_SECONDS,
    Kind,
    NotAcknowledgedError,
    NotConnectedError,
    RefusedError,
    Retry,
)
from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.credentials import SIGNING_SECRET
from sandbox.slack.workspace.model import Json

SAID_MAX = 200
"""How many characters of the app's refusal appear in the log."""

_log = logging.getLogger(__name__)
"""Explains a `dispatch_failed`. Without logging configuration it goes to standard error."""


def sign(body: bytes, timestamp: int, secret: str = SIGNING_SECRET) -> str:
    """Return Slack's signature, version 0, of a request body: `v0=` and 64 hex digits."""
    base = b"v0:%d:" % timestamp + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpDelivery:
    """Posts each payload to `request_url`. Any answer but a 200 in time is a failure.

    `origin` is the address under which the app reaches this workspace. `ack_within` is in seconds.
    """

    def __init__(
        self, request_url: str, origin: str, client: httpx.AsyncClient, clock: Clock, *, ack_within: float = ACK_SECONDS
    ) -> None:
        self.request_url = request_url
        self._client = client
        self._clock = clock
        self._ack_within = ack_within
        self.origin = origin
        self.connected = True

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Post a payload and return the reply's JSON, or its text as a message."""
        body, content_type = _encode(kind, payload)
        headers = {**self._headers(body, content_type), **_retry_headers(retry)}
        try:
            response = await self._client.post(
                self.request_url, content=body, headers=headers, timeout=self._ack_within
            )
        except httpx.TimeoutException:
            _log.warning("%s timed out after %g s", self.request_url, self._ack_within)
            raise NotAcknowledgedError from None
        except httpx.TransportError as error:
            _log.warning("%s cannot be reached: %s", self.request_url, error)
            raise NotConnectedError from None
        if response.status_code != 200:
            _log.warning("%s answered %d: %s", self.request_url, response.status_code, response.text[:SAID_MAX].strip())
            raise RefusedError(final=response.headers.get("x-slack-no-retry") == "1")
        return _response(response)

    def _headers(self, body: bytes, content_type: str) -> dict[str, str]:
        now = int(self._clock())
        return {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": str(now),
            "X-Slack-Signature": sign(body, now),
        }


def _encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _retry_headers(retry: Retry | None) -> dict[str, str]:
    return {"X-Slack-Retry-Num": str(retry.attempt), "X-Slack-Retry-Reason": retry.reason} if retry else {}


def _response(response: httpx.Response) -> Json | None:
    if not response.content:
        return None
    if response.headers.get("content-type", "").startswith("application/json"):
        answer: Any = response.json()
        return answer or None
    return {"text": response.text}
