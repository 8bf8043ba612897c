"""Huawei's gateway: find the API in the path, authenticate the caller, word the errors."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from starlette.responses import Response

from sandbox.clouds.accounts import CloudAccount, find_keys
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.faults import Fault, Target
from sandbox.clouds.gateway import Admitted, Gateway
from sandbox.clouds.huawei import digital_human, image_moderation, video_ocr
from sandbox.clouds.huawei.request_context import Desk
from sandbox.clouds.huawei.signature import access_key_of, incorrect, verify
from sandbox.clouds.store import to_json

Answer = Callable[[Desk, Call], bytes]


class _Api(NamedTuple):
    pattern: re.Pattern[str]
    service: str
    operation: str
    answer: Answer


def _api(path: str, service: str, operation: str, answer: Answer) -> _Api:
    return _Api(re.compile(r"/(?:v1|v2)/(?P<project>[^/]+)" + path), service, operation, answer)


_APIS = (
    _api("/services/video-ocr/tasks", "video-ocr", "ListTasksDetails", video_ocr.list_tasks),
    _api("/services/video-ocr/tasks/[^/]+", "video-ocr", "ShowTask", video_ocr.show_task),
    _api("/services/[^/]+/tasks(?:/[^/]+)?", "video-ocr", "OtherService", video_ocr.other_service),
    _api("/moderation/image/batch/jobs", "image-moderation", "RunCheckTaskJobs", image_moderation.list_jobs),
    _api("/moderation/image/batch", "image-moderation", "RunCheckResult", image_moderation.show_job),
    _api("/digital-human-videos", "digital-human", "ListDigitalHumanVideo", digital_human.list_videos),
    _api("/2d-digital-human-videos/[^/]+", "digital-human", "Show2DDigitalHumanVideo", digital_human.show_2d),
    _api("/photo-digital-human-videos/[^/]+", "digital-human", "ShowPhotoDigitalHumanVideo", digital_human.show_photo),
)
_VERSION = {"video-ocr": "/v2/", "image-moderation": "/v2/", "digital-human": "/v1/"}

# Provider API notes, sections 5.1, 5.3 and 5.4: each service answers a bad token, and its own faults, differently.
_BAD_TOKEN: Mapping[str, tuple[int, str, str]] = {
    "video-ocr": (401, "IVA.0001", "The token is incorrect."),
    "image-moderation": (400, "AIS.0002", "Authentication failed, the token is invalid."),
    "digital-human": (400, "MSS.00010008", "Invalid token"),
}
_FORBIDDEN: Mapping[str, tuple[int, str, str]] = {
    "video-ocr": (403, "IVA.0009", "The user is forbidden to access the service."),
    "image-moderation": (403, "APIGW.0302", "The IAM user is not allowed to access the API."),
    "digital-human": (403, "APIGW.0302", "The IAM user is not allowed to access the API."),
}
_INTERNAL: Mapping[str, tuple[int, str, str]] = {
    "video-ocr": (500, "IVA.0006", "Internal service error."),
    "image-moderation": (400, "AIS.0003", "Internal error."),
    "digital-human": (500, "MSS.00000004", "Internal Error"),
}

_NO_SUCH_API: Mapping[str, tuple[int, str, str]] = {
    # The vendor defines the code as "service or resource", so the task can still exist.
    "video-ocr": (404, "IVA.0005", "The service or resource does not exist."),
    "image-moderation": (404, "APIGW.0101", "The API does not exist or has not been published in the environment"),
    "digital-human": (404, "APIGW.0101", "The API does not exist or has not been published in the environment"),
}


class HuaweiGateway(Gateway):
    """The API gateway in front of the three services."""

    def locate(self, call: Call) -> Target:
        """Find account, service and operation by path. The account follows from the project id."""
        found = _find_api(call)
        if found is None:
            return Target("", "", "")
        api, project = found
        names = [account.name for account in self.world.accounts if account.project_id == project]
        return Target(names[0] if names else "", api.service, api.operation)

    def authenticate(self, call: Call, target: Target) -> CloudAccount:
        """Authenticate by IAM token or by signature, for the project in the path."""
        if not target.service:
            raise Refused(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
        account = self._by_token(call, target) if call.header("x-auth-token") else self._by_signature(call, target)
        if account.name != target.account:
            raise _wrong_project(target.service)
        if target.service not in account.services:
            raise Refused(*_FORBIDDEN[target.service])
        if target.service == "digital-human" and not call.header("x-auth-token") and not call.header("x-project-id"):
            raise Refused(400, "MSS.00000003", "Invalid parameter")  # section 5.4 of the notes: mandatory with AK/SK
        return account

    def answer(self, call: Call, target: Target, admitted: Admitted) -> bytes:
        """Return the service's own answer."""
        found = _find_api(call)
        if found is None or call.method != "GET":
            raise Refused(404, "APIGW.0103", "The API does not exist with this method")
        store = self.world.store(admitted.account.name, target.service)
        deletions = sum(fault.entries for fault in admitted.faults if fault.fault == "delete")
        desk = Desk(admitted.account, store, self.world.now(), deletions)
        return found[0].answer(desk, call)

    def error_reply(self, fault: Fault, target: Target) -> Refused:
        """Return a fault's error in the words of the service or of the gateway."""
        if fault.fault == "throttle":
            return Refused(429, "APIGW.0308", "The throttling threshold has been reached", _retry_after(fault))
        if fault.fault == "unauthorized":
            return incorrect("verify aksk signature fail")
        if fault.fault == "forbidden":
            return Refused(*_FORBIDDEN[target.service])
        if fault.fault == "not_found_api":
            return Refused(*_NO_SUCH_API[target.service])
        status, code, message = _INTERNAL[target.service]
        return Refused(fault.status or status, fault.code or code, message)

    def refused(self, refusal: Refused, request_id: str) -> Response:
        """Return `error_code` and `error_msg`. The gateway's own errors have the request id in the body too."""
        body = {"error_msg": refusal.message, "error_code": refusal.code}
        if refusal.code.startswith("APIGW."):
            body["request_id"] = request_id
        headers = {"x-request-id": request_id, **refusal.headers}
        return Response(to_json(body), refusal.status, headers, "application/json")

    def accepted(self, body: bytes, request_id: str) -> Response:
        """Return the answer. Only a header has the request id."""
        return Response(body, 200, {"x-request-id": request_id}, "application/json;charset=UTF-8")

    def request_id(self) -> str:
        """Return 32 hex digits."""
        return uuid.uuid4().hex

    def _by_token(self, call: Call, target: Target) -> CloudAccount:
        for account in self.world.accounts:
            if account.token is not None and account.token == call.header("x-auth-token"):
                return account
        raise Refused(*_BAD_TOKEN[target.service])

    def _by_signature(self, call: Call, target: Target) -> CloudAccount:
        if not call.header("authorization"):
            raise incorrect("x-auth-token not found")
        access_key_id = access_key_of(call)
        found = find_keys(self.world.accounts, "huawei", access_key_id)
        if found is None:
            raise incorrect(f"Get secretKey failed,ak:{access_key_id},err:ak not exist")
        account, keys = found
        verify(call, keys, self.world.read_clock(target.account, target.service))
        return account


def _find_api(call: Call) -> tuple[_Api, str] | None:
    for api in _APIS:
        match = api.pattern.fullmatch(call.raw_path)
        if match and call.raw_path.startswith(_VERSION[api.service]):
            return api, match["project"]
    return None


def _wrong_project(service: str) -> Refused:
    if service == "video-ocr":
        return Refused(400, "IVA.0002", "The project ID is invalid.")
    return Refused(403, "APIGW.0302", "The project does not belong to the IAM user.")


def _retry_after(fault: Fault) -> dict[str, str]:
    return {"retry-after": str(max(1, round(fault.seconds)))}
