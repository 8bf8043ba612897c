"""Alibaba's gateway: find the operation in a header, authenticate the caller, word the errors."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.responses import Response

from sandbox.clouds.accounts import CloudAccount, find_keys
from sandbox.clouds.alibaba import details, failure_reasons, media, vod_ai
from sandbox.clouds.alibaba.limits import Nonces, RateLimits, throttled
from sandbox.clouds.alibaba.request_context import Desk
from sandbox.clouds.alibaba.signature import access_key_of, verify
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.faults import Fault, Target
from sandbox.clouds.gateway import Admitted, Gateway
from sandbox.clouds.store import to_json
from sandbox.clouds.world import World

VERSION = "2017-03-21"


class _Api(NamedTuple):
    service: str
    answer: Callable[[Desk, Call], dict[str, Any] | bytes]


_APIS: Mapping[str, _Api] = {
    "ListAIJob": _Api("vod-ai", vod_ai.list_ai_job),
    "GetJobDetail": _Api("vod-jobs", details.get_job_detail),
    "ListJobInfo": _Api("vod-jobs", media.list_job_info),
    "GetTranscodeTask": _Api("vod-jobs", failure_reasons.get_transcode_task),
    "GetAIMediaAuditJob": _Api("vod-jobs", failure_reasons.get_ai_media_audit_job),
}


class AlibabaGateway(Gateway):
    """The RPC gateway of VOD. The vendor's own client signs a space as `%20` and sends it as `+`."""

    plus_is_space = True

    def __init__(self, world: World) -> None:
        """Create the gateway of a world, without used nonces."""
        super().__init__(world)
        self._nonces = Nonces()
        self._limits = RateLimits()

    def locate(self, call: Call) -> Target:
        """Find the account by access key, the service and operation by action."""
        action = call.header("x-acs-action")
        api = _APIS.get(action)
        found = find_keys(self.world.accounts, "alibaba", _access_key_id(call))
        return Target(found[0].name if found else "", api.service if api else "", action if api else "")

    def authenticate(self, call: Call, target: Target) -> CloudAccount:
        """Authenticate by signature, date and nonce, in the vendor's known order of checks."""
        if not target.operation or call.header("x-acs-version") != VERSION or call.method not in {"GET", "POST"}:
            raise Refused(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method.")
        found = find_keys(self.world.accounts, "alibaba", _access_key_id(call))
        if found is None:
            raise Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        account, keys = found
        verify(call, keys, self.world.read_clock(target.account, target.service))
        self._nonces.use(f"{keys.access_key_id}/{call.header('x-acs-signature-nonce')}", self.world.now())
        if target.service not in account.services:
            raise Refused(403, "OperationDenied", "Your account does not open VOD service yet.")
        self._limits.count(target, self.world.now())
        return account

    def answer(self, call: Call, target: Target, admitted: Admitted) -> bytes:
        """Return the operation's own answer. The request id is part of it."""
        account = admitted.account
        stores = {service: self.world.store(account.name, service) for service in account.services}
        answered = _APIS[target.operation].answer(Desk(stores, self.world.now()), call)
        body = answered if isinstance(answered, bytes) else to_json(answered)
        return b'{"RequestId":"%s",%s' % (admitted.request_id.encode(), body[1:])

    def error_reply(self, fault: Fault, target: Target) -> Refused:
        """Return a fault's error in the gateway's words."""
        del target
        if fault.fault == "throttle":
            return throttled(fault.seconds * 1000)
        if fault.fault == "unauthorized":
            return Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if fault.fault == "forbidden":
            return Refused(403, "Forbidden.RAM", "User not authorized to operate on the specified resource.")
        if fault.fault == "not_found_api":
            return Refused(404, "InvalidAction.NotFound", "no such api")
        text = "The request has failed due to a temporary failure of the server."
        return Refused(fault.status or 503, fault.code or "ServiceUnavailable", text)

    def refused(self, refusal: Refused, request_id: str) -> Response:
        """Return the code, the message and a link to the documentation."""
        body = {
            "RequestId": request_id,
            "HostId": "vod.ap-southeast-1.aliyuncs.com",
            "Code": refusal.code,
            "Message": refusal.message,
            "Recommend": f"https://api.aliyun.com/troubleshoot?q={refusal.code}&product=vod&requestId={request_id}",
        }
        return Response(to_json(body), refusal.status, refusal.headers, "application/json;charset=utf-8")

    def accepted(self, body: bytes, request_id: str) -> Response:
        """Return the answer. The request id is in the body; the header with the same meaning has another name."""
        return Response(body, 200, {"x-acs-request-id": request_id}, "application/json;charset=utf-8")

    def request_id(self) -> str:
        """Return a UUID in upper case."""
        return str(uuid.uuid4()).upper()


def _access_key_id(call: Call) -> str:
    return access_key_of(call) or call.header("x-acs-accesskey-id")
