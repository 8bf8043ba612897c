"""A fake VOD behind httpx: answers by operation, and records its requests."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from providers.accounts import AlibabaAccount
from providers.alibaba.vod_ai import VodAi
from providers.alibaba.vod_jobs import VodJobs
from providers.http.rate_limit import BudgetLeft
from providers.services import services_of

Json = dict[str, Any]
Answer = Callable[[Mapping[str, str]], Json | httpx.Response]

_FIXTURES = Path(__file__).parent.parent / "fixtures"


def fixture(name: str) -> Json:
    """Return a vendor's example, as the vendor prints it."""
    return json.loads((_FIXTURES / f"alibaba_{name}.json").read_text())


def account(**more: Any) -> AlibabaAccount:
    return AlibabaAccount.model_validate(
        {
            "name": "vod-sg",
            "cloud": "alibaba",
            "region": "ap-southeast-1",
            "services": services_of("alibaba"),
            "access_key_id": "env:VOD_TEST_AK",
            "secret_access_key": "env:VOD_TEST_SK",
            **more,
        }
    )


def refused(code: str, status: int = 400, message: str = "", **headers: str) -> httpx.Response:
    body = {"Code": code, "Message": message, "RequestId": "REFUSED"}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Counted:
    """A budget without limits that records what was taken from it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []

    async def acquire(self, key: str, per_second: float) -> None:
        self.taken.append((key, per_second))

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        return BudgetLeft(int(per_second) - len([one for one in self.taken if one[0] == key]), int(per_second))


class Cloud:
    """Answers by operation; an answer is made from the parameters. Unknown operations are refused."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.budget = Counted()

    def vod_ai(self, **more: Any) -> VodAi:
        return VodAi(account(**more), self._client(), self.budget)

    def vod_jobs(self, **more: Any) -> VodJobs:
        return VodJobs(account(**more), self._client(), self.budget)

    def vod_jobs_over(self, client: httpx.AsyncClient) -> VodJobs:
        """Return the provider over a test's own client."""
        return VodJobs(account(), client, self.budget)

    def asked(self, operation: str) -> list[Json]:
        """Return the parameters of each request for an operation."""
        return [dict(one.url.params) for one in self.requests if one.headers["x-acs-action"] == operation]

    @property
    def operations(self) -> list[str]:
        return [one.headers["x-acs-action"] for one in self.requests]

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        # A retry sends and changes the same request object, so keep a copy.
        self.requests.append(httpx.Request(request.method, request.url, headers=request.headers))
        answer = self.answers.get(request.headers["x-acs-action"])
        if answer is None:
            return refused("InvalidApi.NotFound", 404)
        reply = answer(dict(request.url.params))
        return reply if isinstance(reply, httpx.Response) else httpx.Response(200, json={"RequestId": "ID", **reply})
