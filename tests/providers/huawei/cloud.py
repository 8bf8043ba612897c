"""A fake Huawei Cloud behind httpx: answers by path, and records its requests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from providers.accounts import HuaweiAccount
from providers.http.rate_limit import BudgetLeft
from providers.huawei.digital_human import DigitalHuman
from providers.huawei.image_moderation import ImageModeration
from providers.huawei.video_ocr import VideoOcr
from providers.services import services_of

Json = dict[str, Any]
Answer = Callable[[httpx.QueryParams], Json | httpx.Response]

PROJECT_ID = "6204a5bd270343b5885144cf9c8c158d"
FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture(name: str) -> Json:
    """Return a vendor's example."""
    return json.loads((FIXTURES / f"huawei_{name}.json").read_text())


def account(**more: Any) -> HuaweiAccount:
    return HuaweiAccount.model_validate(
        {
            "name": "media-cn",
            "cloud": "huawei",
            "region": "cn-north-4",
            "project_id": PROJECT_ID,
            "services": services_of("huawei"),
            "access_key_id": "env:HUAWEI_TEST_AK",
            "secret_access_key": "env:HUAWEI_TEST_SK",
            **more,
        }
    )


def refused(code: str, status: int = 400, message: str = "") -> httpx.Response:
    return httpx.Response(status, json={"error_code": code, "error_msg": message}, headers={"X-Request-Id": "refused"})


class Counted:
    """A budget without limits that records what was taken from it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    async def acquire(self, key: str, per_second: float) -> None:
        self.taken.append((key, per_second))

    async def left(self, key: str, per_second: float) -> BudgetLeft:  # noqa: ARG002  # the protocol's
        return BudgetLeft(int(per_second), int(per_second))


class Cloud:
    """Answers by the last part of a path, each made from the query; other paths do not exist."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.budget = Counted()

    def video_ocr(self, **more: Any) -> VideoOcr:
        return VideoOcr(account(**more), self._client(), self.budget)

    def image_moderation(self, **more: Any) -> ImageModeration:
        return ImageModeration(account(**more), self._client(), self.budget)

    def digital_human(self, **more: Any) -> DigitalHuman:
        return DigitalHuman(account(**more), self._client(), self.budget)

    @property
    def asked(self) -> list[httpx.QueryParams]:
        """Return the query of each request."""
        return [request.url.params for request in self.requests]

    @property
    def paths(self) -> list[str]:
        """Return the path of each request, after the project."""
        return [request.url.path.partition(f"{PROJECT_ID}/")[2] for request in self.requests]

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        # A retry sends and changes the same request object, so keep a copy.
        self.requests.append(httpx.Request(request.method, request.url, headers=request.headers))
        answer = self.answers.get(self.paths[-1])
        reply = refused("APIGW.0101", 404) if answer is None else answer(request.url.params)
        if isinstance(reply, httpx.Response):
            return reply
        return httpx.Response(200, json=reply, headers={"X-Request-Id": f"request-{len(self.requests)}"})
