"""Faults outside a well-formed answer: delay, silence, a hang-up, half an answer."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.clouds.faults import Fault
from sandbox.connections import close, gone_within


async def delay(request: Request, faults: Iterable[Fault]) -> bool:
    """Wait as the faults say. Return False if the request gets no answer."""
    for fault in faults:
        if fault.fault == "slow":
            await gone_within(request.receive, fault.seconds)
        elif fault.fault == "hang":
            await gone_within(request.receive, None)
            return False
        elif fault.fault == "down":
            return False
    return True


class CutOff(Response):
    """Half of an answer, with the length of the whole."""

    def __init__(self, whole: Response) -> None:
        """Cut this answer short."""
        super().__init__(whole.body, whole.status_code, dict(whole.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce the whole body, send half of it, and close the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await close(scope, receive)
