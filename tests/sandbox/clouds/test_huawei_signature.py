from dataclasses import replace

import httpx
import pytest

from sandbox.clouds.accounts import MEDIA_CN, Keys
from sandbox.clouds.calls import Call
from sandbox.clouds.huawei.signature import verify
from tests.sandbox.clouds.callers import Huawei

TASKS = "/v2/{p}/services/video-ocr/tasks"
JOBS = "/v2/{p}/moderation/image/batch/jobs"
VIDEOS = "/v1/{p}/digital-human-videos"


def code(response: httpx.Response) -> str:
    return response.json()["error_code"]


@pytest.mark.parametrize("path", [TASKS, JOBS, VIDEOS])
async def test_a_signed_request_is_answered(huawei: Huawei, path: str):
    response = await huawei.get(path)
    assert response.status_code == 200
    assert len(response.headers["x-request-id"]) == 32


async def test_the_vendors_published_signature_is_accepted():
    # provider API notes, section 6, row 7
    project = "0123456789abcdef0123456789abcdef"
    authorization = (
        "SDK-HMAC-SHA256 Access=testak, SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
        "Signature=069113ad4e34960c7655e4eba73d416042d74d56994a80619b1ae897668f8573"
    )
    call = Call(
        method="GET",
        raw_path=f"/v2/{project}/services/video-ocr/tasks",
        raw_query="limit=100&offset=0&order=created_at%3ADESC&state=RUNNING",
        headers={
            "content-type": "application/json",
            "host": "iva.cn-north-4.myhuaweicloud.com",
            "x-project-id": project,
            "x-sdk-date": "20240102T030405Z",
            "authorization": authorization,
        },
        body=b"",
    )
    verify(call, Keys("testak", "testsk"), 1704164645)
    with pytest.raises(Exception, match=r"APIGW\.0301"):
        verify(replace(call, raw_query="limit=100&offset=1"), Keys("testak", "testsk"), 1704164645)


async def test_a_query_with_text_of_every_kind_is_signed(huawei: Huawei):
    response = await huawei.get(VIDEOS, asset_name="a b+c,中~🚀&=%", job_ids=["x", "a"])
    assert response.json()["count"] == 0


async def test_temporary_keys_need_their_token(huawei: Huawei):
    temporary = MEDIA_CN.keys[1]
    assert (await replace(huawei, keys=temporary).get(TASKS)).status_code == 200
    without = replace(huawei, keys=replace(temporary, security_token=None))
    assert (await without.get(TASKS)).status_code == 401
    wrong = replace(huawei, keys=replace(temporary, security_token="another"))
    assert code(await wrong.get(TASKS)) == "APIGW.0301"


async def test_expired_keys_are_refused(huawei: Huawei):
    response = await replace(huawei, keys=MEDIA_CN.keys[2]).get(TASKS)
    assert response.status_code == 401
    assert "expired" in response.json()["error_msg"]


async def test_a_wrong_secret_is_a_mismatch_that_names_the_access_key(huawei: Huawei):
    response = await replace(huawei, secret="wrong").get(TASKS)
    assert (response.status_code, code(response)) == (401, "APIGW.0301")
    assert "verify aksk signature fail" in response.json()["error_msg"]
    assert MEDIA_CN.keys[0].access_key_id in response.json()["error_msg"]


async def test_an_unknown_access_key_is_refused(huawei: Huawei):
    response = await replace(huawei, keys=Keys("NOBODY", "nothing")).get(TASKS)
    assert (response.status_code, code(response)) == (401, "APIGW.0301")
    assert "ak not exist" in response.json()["error_msg"]


@pytest.mark.parametrize(("skew_s", "status"), [(-890, 200), (890, 200), (-910, 401), (910, 401)])
async def test_a_clock_can_differ_by_fifteen_minutes(huawei: Huawei, skew_s: float, status: int):
    assert (await replace(huawei, skew_s=skew_s).get(TASKS)).status_code == status


async def test_a_request_without_credentials_is_refused(client: httpx.AsyncClient):
    response = await client.get(TASKS.format(p=MEDIA_CN.project_id))
    assert (response.status_code, code(response)) == (401, "APIGW.0301")
    assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [(TASKS, 401, "IVA.0001"), (JOBS, 400, "AIS.0002"), (VIDEOS, 400, "MSS.00010008")],
)
async def test_each_service_has_its_own_error_for_a_bad_token(
    client: httpx.AsyncClient, path: str, status: int, expected: str
):
    path = path.format(p=MEDIA_CN.project_id)
    good = await client.get(path, headers={"x-auth-token": str(MEDIA_CN.token)})
    bad = await client.get(path, headers={"x-auth-token": "old"})
    assert good.status_code == 200
    assert (bad.status_code, code(bad)) == (status, expected)


@pytest.mark.parametrize(("path", "status", "expected"), [(TASKS, 400, "IVA.0002"), (JOBS, 403, "APIGW.0302")])
async def test_another_project_is_refused(huawei: Huawei, path: str, status: int, expected: str):
    response = await replace(huawei, project="0" * 32).get(path)
    assert (response.status_code, code(response)) == (status, expected)


@pytest.mark.parametrize("path", ["/v3/{p}/services/video-ocr/tasks", "/v2/{p}/digital-human-videos", "/v2/{p}/other"])
async def test_an_api_that_does_not_exist_is_the_gateways_404(huawei: Huawei, path: str):
    response = await huawei.get(path)
    assert (response.status_code, code(response)) == (404, "APIGW.0101")
