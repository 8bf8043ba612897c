import httpx
import pytest

from providers.alibaba.client import LIST_AI_JOB, Vod
from providers.errors import Throttled, Unauthorized, Unavailable
from tests.providers.alibaba.cloud import Cloud, account, refused

ID = "a718a3a1e8bb42ee3bc88921e9400000"


def ai_jobs(_: object = None) -> dict[str, object]:
    return {"AIJobList": {"AIJob": [{"JobId": ID, "Status": "success"}]}}


def endpoint(**more: object) -> str:
    return Vod.of(account(**more), "vod-ai", httpx.AsyncClient(), Cloud().budget).endpoint


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("cn-shanghai", "vod.cn-shanghai.aliyuncs.com"),
        ("cn-beijing", "vod.cn-beijing.aliyuncs.com"),
        ("ap-southeast-1", "vod.ap-southeast-1.aliyuncs.com"),
        ("me-central-1", "vod.me-central-1.aliyuncs.com"),
        ("cn-hangzhou", "vod.cn-shanghai.aliyuncs.com"),
    ],
)
def test_a_region_has_a_host(region: str, host: str):
    assert endpoint(region=region) == f"https://{host}"


def test_the_configuration_can_name_another_endpoint():
    assert endpoint(endpoints={"vod-ai": "http://127.0.0.1:9100/"}) == "http://127.0.0.1:9100"


async def test_a_request_is_a_post_with_everything_in_the_query():
    cloud = Cloud(ListAIJob=ai_jobs)
    await cloud.vod_ai().lookup([ID, "b"])
    (request,) = cloud.requests
    assert str(request.url) == f"https://vod.ap-southeast-1.aliyuncs.com/?JobIds={ID}%2Cb"
    assert (request.method, request.headers["content-length"]) == ("POST", "0")
    assert request.headers["x-acs-action"] == "ListAIJob"
    assert request.headers["x-acs-version"] == "2017-03-21"
    assert request.headers["accept"] == "application/json"


async def test_a_used_nonce_is_replaced():
    replies = [refused("SignatureNonceUsed"), ai_jobs()]
    cloud = Cloud(ListAIJob=lambda _: replies.pop(0))
    assert len((await cloud.vod_ai().lookup([ID])).found) == 1
    first, second = (request.headers["x-acs-signature-nonce"] for request in cloud.requests)
    assert first != second


async def test_throttling_is_waited_out():
    replies = [refused("Throttling.User", x_acs_retry_after="5"), ai_jobs()]
    cloud = Cloud(ListAIJob=lambda _: replies.pop(0))
    assert len((await cloud.vod_ai().lookup([ID])).found) == 1


async def test_lasting_throttling_is_raised_with_its_wait():
    cloud = Cloud(ListAIJob=lambda _: refused("Throttling.User", x_acs_retry_after="60000"))
    with pytest.raises(Throttled) as told:
        await cloud.vod_ai().lookup([ID])
    assert (told.value.retry_after, told.value.account, told.value.service) == (60, "vod-sg", "vod-ai")
    assert len(cloud.requests) == 1


async def test_wrong_credentials_are_not_retried():
    cloud = Cloud(ListAIJob=lambda _: refused("SignatureDoesNotMatch", message="testsecret"))
    with pytest.raises(Unauthorized) as told:
        await cloud.vod_ai().lookup([ID])
    assert "testsecret" not in str(told.value)
    assert len(cloud.requests) == 1


async def test_missing_credentials_are_raised_without_a_request(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("VOD_TEST_SK")
    cloud = Cloud(ListAIJob=ai_jobs)
    with pytest.raises(Unauthorized, match="VOD_TEST_SK"):
        await cloud.vod_ai().lookup([ID])
    assert cloud.requests == []


async def test_an_outage_is_retried_and_then_raised():
    cloud = Cloud(ListAIJob=lambda _: httpx.Response(503, text="<html>"))
    with pytest.raises(Unavailable):
        await cloud.vod_ai().lookup([ID])
    assert len(cloud.requests) == 3


async def test_an_operations_budget_is_shared_by_the_accounts_services():
    failed = {"JobId": ID, "Status": "fail", "JobType": "AIVideoTag"}
    cloud = Cloud(ListAIJob=ai_jobs, GetJobDetail=lambda _: {"AIJobDetail": failed})
    more = {"requests_per_second": {"vod-ai": 3, "vod-jobs": 7}}
    await cloud.vod_ai(**more).lookup([ID])
    await cloud.vod_jobs(**more).lookup([ID], {ID: "ai"})
    assert cloud.budget.taken == [
        ("vod-sg/vod/ListAIJob", 3),
        ("vod-sg/vod/GetJobDetail", 7),
        ("vod-sg/vod/ListAIJob", 3),
    ]


async def test_the_documented_rates_are_kept_to():
    cloud = Cloud(ListAIJob=ai_jobs, GetJobDetail=lambda _: {"SnapshotJobDetail": {"JobId": ID}})
    await cloud.vod_ai().lookup([ID])
    await cloud.vod_jobs().lookup([ID], {ID: "snapshot"})
    assert cloud.budget.taken == [("vod-sg/vod/ListAIJob", LIST_AI_JOB.rate), ("vod-sg/vod/GetJobDetail", 15)]
