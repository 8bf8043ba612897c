"""The gateway that both clouds share: count requests, apply faults, authenticate, answer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from email.utils import formatdate
from typing import ClassVar, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from sandbox.clouds.accounts import CloudAccount
from sandbox.clouds.calls import Call, Refused, read_call
from sandbox.clouds.faults import LISTS, Fault, Page, Target, spoil
from sandbox.clouds.transport_faults import CutOff, delay
from sandbox.clouds.world import World
from sandbox.connections import HangUp

REFUSING = frozenset({"throttle", "error", "unauthorized", "forbidden", "not_found_api"})


class Admitted(NamedTuple):
    """An authenticated request: its account, its id and its faults."""

    account: CloudAccount
    request_id: str
    faults: Sequence[Fault]


class Gateway(ABC):
    """One cloud's API gateway."""

    plus_is_space: ClassVar[bool] = False
    """Whether a `+` in a query means a space."""

    def __init__(self, world: World) -> None:
        """Create the gateway of a world."""
        self.world = world

    @abstractmethod
    def locate(self, call: Call) -> Target:
        """Return the account, service and operation of a request; empty where unknown."""

    @abstractmethod
    def authenticate(self, call: Call, target: Target) -> CloudAccount:
        """Return the account that signed a request. Raises Refused for a missing or wrong signature."""

    @abstractmethod
    def answer(self, call: Call, target: Target, admitted: Admitted) -> bytes:
        """Return the JSON answer. Raises Refused."""

    @abstractmethod
    def error_reply(self, fault: Fault, target: Target) -> Refused:
        """Return the error of a refusing fault, in this cloud's words."""

    @abstractmethod
    def refused(self, refusal: Refused, request_id: str) -> Response:
        """Return an error in this cloud's form."""

    @abstractmethod
    def accepted(self, body: bytes, request_id: str) -> Response:
        """Return an answer in this cloud's form."""

    @abstractmethod
    def request_id(self) -> str:
        """Return a new request id."""

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        call = await read_call(request, plus_is_space=self.plus_is_space)
        target = self.locate(call)
        self.world.requests[target] += 1
        faults = self.world.faults.take(target, self.world.now(), _page(call, target)) if target.service else []
        if not await delay(request, faults):
            return HangUp()
        response = self._respond(call, target, faults)
        response.headers["date"] = formatdate(self.world.read_clock(target.account, target.service), usegmt=True)
        return CutOff(response) if any(fault.fault == "cut" for fault in faults) else response

    def _respond(self, call: Call, target: Target, faults: list[Fault]) -> Response:
        request_id = self.request_id()
        try:
            for fault in faults:
                if fault.fault in REFUSING:
                    raise self.error_reply(fault, target)
            body = self.answer(call, target, Admitted(self.authenticate(call, target), request_id, faults))
        except Refused as refusal:
            return self.refused(refusal, request_id)
        for fault in faults:
            body = spoil(fault, body)
        return self.accepted(body, request_id)


def _page(call: Call, target: Target) -> Page:
    if target.operation not in LISTS or {"job_id", "job_ids"} & call.query.keys():
        return ""
    return "first" if call.query.get("offset", "0") == "0" else "later"
