"""The faults that no well-formed answer can show: lateness, silence, hanging up, half an answer."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.clouds.faults import Fault

TRANSPORT = "transport"
"""Under this name the server puts each connection's transport into the ASGI state: ASGI itself cannot hang up."""


async def delay(request: Request, faults: Iterable[Fault]) -> bool:
    """Wait as the faults say; False when there is nothing to answer any more."""
    for fault in faults:
        if fault.fault == "slow":
            await _wait(request, fault.seconds)
        elif fault.fault == "hang":
            await _wait(request, None)
            return False
        elif fault.fault == "down":
            return False
    return True


class HangUp(Response):
    """No answer: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and wait until it is closed."""
        del send
        await _close(scope, receive)


class CutOff(Response):
    """Half of an answer, of which more was promised."""

    def __init__(self, whole: Response) -> None:
        """Cut this answer off."""
        super().__init__(whole.body, whole.status_code, dict(whole.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole body, send half of it, and close the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _close(scope, receive)


async def _wait(request: Request, seconds: float | None) -> None:
    """Wait, but no longer than the caller does."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _gone(request.receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _close(scope: Scope, receive: Receive) -> None:
    transport = scope.get("state", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("hanging up needs a real connection: use sandbox.clouds.server")  # noqa: TRY004
    transport.close()
    await _gone(receive)
