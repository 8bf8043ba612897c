"""Receives Slack's payloads over HTTP: verifies signed requests, reads them once, dispatches them to Bolt."""

import hmac
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.deps.deps import utc_now
from bot.deps.limited_log import LimitedLog
from bot.slack_app.payload_schema import checked, payload_of

_log = structlog.stdlib.get_logger(__name__)

BODY_MAX = 1_000_000
"""The maximum of bytes in a body. Slack's largest payloads, modals of 250 kB, are far smaller."""
SIGNED_S = 300
"""The maximum age of a signature in seconds (docs.slack.dev, "Verifying requests from Slack")."""
_SIGNATURE = re.compile("v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile("[0-9]{1,12}")


def slack_events(app: AsyncApp, signing_secret: str, clock: Callable[[], datetime] = utc_now) -> Route:
    """Return the route that Slack calls with commands, clicks and events.

    Requests must be signed, and at most 5 minutes old by this machine's clock or by `clock`. The route refuses invalid
    headers before it reads the body, and parses a body only after it has verified the signature.
    """
    verifier = SignatureVerifier(signing_secret)
    limited = LimitedLog(_log)

    async def events(request: Request) -> Response:
        if int(request.headers.get("content-length", "0")) > BODY_MAX:
            return _TOO_LARGE
        signed = _signed(request.headers, (time.time(), clock().timestamp()))
        body = await _body(request) if signed else b""
        if body is None:
            return _TOO_LARGE
        if not signed or not _is_slacks(verifier, body, *signed):
            if "x-slack-signature" in request.headers:  # other requests do not claim to be Slack's: no need to log them
                limited.warning("request refused: not signed with slack.signing_secret in the last 5 minutes")
            return PlainTextResponse("not signed by Slack, or too old\n", 401)
        payload = checked(_read(body))
        if payload is None:
            return PlainTextResponse("not a valid Slack payload\n", 400)
        # In another mode Bolt would check the signature again.
        read = AsyncBoltRequest(body=payload, mode="socket_mode")
        return to_starlette_response(await app.async_dispatch(read))

    return Route("/slack/events", events, methods=["POST"])


_TOO_LARGE = PlainTextResponse(f"body too large: the maximum is {BODY_MAX} bytes\n", 413)


def _signed(headers: Headers, nows: Sequence[float]) -> tuple[str, str] | None:
    """Return a request's timestamp and signature; None if malformed or too old."""
    times, signatures = headers.getlist("x-slack-request-timestamp"), headers.getlist("x-slack-signature")
    if len(times) != 1 or len(signatures) != 1 or not _SIGNATURE.fullmatch(signatures[0]):
        return None
    if not _TIMESTAMP.fullmatch(times[0]) or min(abs(now - int(times[0])) for now in nows) > SIGNED_S:
        return None
    return times[0], signatures[0]


def _is_slacks(verifier: SignatureVerifier, body: bytes, timestamp: str, signature: str) -> bool:
    try:
        expected = verifier.generate_signature(timestamp=timestamp, body=body)
    except ValueError:  # a body that is not UTF-8
        return False
    return expected is not None and hmac.compare_digest(expected, signature)


def _read(body: bytes) -> object:
    try:
        return payload_of(body)
    except ValueError:
        return None


async def _body(request: Request) -> bytes | None:
    """Read a body; None if it is too large or its sender disconnects."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_MAX:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
