from typing import Any

import pytest

from sandbox.clouds.example_jobs import IMAGE_MODERATION_ID
from sandbox.clouds.raw_states import IMAGE_MODERATION
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Clock, Huawei, add_job

JOBS = "/v2/{p}/moderation/image/batch/jobs"
RESULT = "/v2/{p}/moderation/image/batch"


async def listed(huawei: Huawei, **params: Any) -> dict[str, Any]:
    return (await huawei.get(JOBS, **params)).json()


async def test_everything_is_listed_without_a_limit(huawei: Huawei):
    whole = await listed(huawei)
    assert len(whole["result"]) == whole["count"] == 121
    page = await listed(huawei, offset=5, limit=3)
    assert page["result"] == whole["result"][5:8]
    assert page["count"] == 121


async def test_a_status_is_chosen(huawei: Huawei):
    everything = (await listed(huawei))["result"]
    for status in IMAGE_MODERATION.every:
        chosen = await listed(huawei, status=status)
        assert chosen["result"] == [job for job in everything if job["status"] == status]


@pytest.mark.parametrize("params", [{"status": "finished"}, {"limit": -1}, {"offset": "x"}])
async def test_a_bad_parameter_is_refused_with_400(huawei: Huawei, params: dict[str, Any]):
    response = await huawei.get(JOBS, **params)
    assert (response.status_code, response.json()["error_code"]) == (400, "AIS.0012")


async def test_a_job_expires_after_thirty_minutes(huawei: Huawei, world: World, clock: Clock):
    job_id = add_job(world, "media-cn", "image-moderation", run_s=20)
    clock.now += 30 * 60 - 1
    assert job_id in [job["job_id"] for job in (await listed(huawei))["result"]]
    assert (await huawei.get(RESULT, job_id=job_id)).status_code == 200
    clock.now += 1
    assert job_id not in [job["job_id"] for job in (await listed(huawei))["result"]]
    assert (await huawei.get(RESULT, job_id=job_id)).status_code == 400


async def test_the_example_job_stays(huawei: Huawei, clock: Clock):
    clock.now += 86_400
    result = (await huawei.get(RESULT, job_id=IMAGE_MODERATION_ID)).json()["result"]
    assert result["status"] == "finish"


async def test_only_the_detail_has_the_failure_reason(huawei: Huawei, world: World, clock: Clock):
    job_id = add_job(world, "media-cn", "image-moderation", outcome="failed", error_code="AIS.0404")
    clock.now += 60
    entry = next(job for job in (await listed(huawei))["result"] if job["job_id"] == job_id)
    assert entry.keys() == {"job_id", "status", "create_time", "update_time"}
    items = (await huawei.get(RESULT, job_id=job_id)).json()["result"]["items"]
    assert {item["error_code"] for item in items} == {"AIS.0404"}


async def test_a_detail_needs_an_id(huawei: Huawei):
    assert (await huawei.get(RESULT)).json()["error_code"] == "AIS.0011"
