from typing import Any

import pytest

from sandbox.clouds.example_jobs import DIGITAL_HUMAN_ID
from sandbox.clouds.raw_states import DIGITAL_HUMAN
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Clock, Huawei, add_job

VIDEOS = "/v1/{p}/digital-human-videos"
LONG_AGO = "2020-01-01T00:00:00Z"
DAY = 86_400


async def listed(huawei: Huawei, **params: Any) -> dict[str, Any]:
    response = await huawei.get(VIDEOS, **params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_ten_of_the_oldest_come_first_by_default(huawei: Huawei):
    created = [job["create_time"] for job in (await listed(huawei))["jobs"]]
    everything = [job["create_time"] for job in (await listed(huawei, limit=100))["jobs"]]
    assert created == sorted(everything)[:10]
    assert len(created) == 10


async def test_the_newest_come_first_on_request(huawei: Huawei):
    page = await listed(huawei, sort_key="create_time", sort_dir="desc", limit=100)
    created = [job["create_time"] for job in page["jobs"]]
    assert created == sorted(created, reverse=True)
    assert created[0] > (await listed(huawei))["jobs"][0]["create_time"]


async def test_only_the_last_month_is_listed_without_a_time(huawei: Huawei, world: World):
    young = add_job(world, "media-cn", "digital-human", created_ago_s=29 * DAY)
    old = add_job(world, "media-cn", "digital-human", created_ago_s=31 * DAY)
    assert [job["job_id"] for job in (await listed(huawei, limit=1))["jobs"]] == [young]
    assert (await listed(huawei, job_id=old))["jobs"] == []
    assert (await listed(huawei, job_id=old, create_since=LONG_AGO))["count"] == 1


async def test_times_are_inclusive(huawei: Huawei):
    created = "2022-11-30T06:59:56Z"
    assert (await listed(huawei, create_since=created, create_until=created))["count"] == 1
    assert (await listed(huawei, create_since=LONG_AGO, create_until="2022-11-30T06:59:55Z"))["count"] == 0


async def test_the_vendors_example_is_reproduced_exactly(huawei: Huawei):
    (job,) = (await listed(huawei, job_id=DIGITAL_HUMAN_ID, create_since=LONG_AGO))["jobs"]
    asset = job.pop("output_asset_config")
    assert job == {
        "job_id": DIGITAL_HUMAN_ID,
        "state": "SUCCEED",
        "start_time": "2022-01-18T16:29:36Z",
        "end_time": "2022-01-18T16:30:36Z",
        "duration": 60,
        "error_info": None,
        "create_time": "2022-11-30T06:59:56Z",
        "lastupdate_time": "2022-11-30T07:00:09Z",
    }
    assert (asset["asset_id"], asset["asset_name"]) == ("942e65a5fd219a2e01fb08d881cfadb9", "One Day")
    assert "AccessKeyId=" in asset["cover_url"]


async def test_several_states_are_chosen(huawei: Huawei):
    everything = (await listed(huawei, limit=100, offset=0))["jobs"] + (await listed(huawei, limit=100, offset=100))[
        "jobs"
    ]
    chosen = await listed(huawei, state="FAILED,CANCELED", limit=100)
    assert [job["job_id"] for job in chosen["jobs"]] == [
        job["job_id"] for job in everything if job["state"] in {"FAILED", "CANCELED"}
    ]
    assert (await listed(huawei, state=",".join(DIGITAL_HUMAN.every)))["count"] == len(everything)


async def test_several_ids_are_sent_as_a_repeated_key(huawei: Huawei):
    ids = [job["job_id"] for job in (await listed(huawei))["jobs"]][:3]
    assert {job["job_id"] for job in (await listed(huawei, job_ids=ids))["jobs"]} == set(ids)


async def test_names_match_whole_unless_fuzzy(huawei: Huawei, world: World):
    add_job(world, "media-cn", "digital-human", name="Quarterly results")
    assert (await listed(huawei, asset_name="Quarterly results"))["count"] == 1
    assert (await listed(huawei, asset_name="Quarterly"))["count"] == 0
    assert (await listed(huawei, asset_name="Quarterly", fuzzy_query_field=["asset_name"]))["count"] == 1


@pytest.mark.parametrize("spelling", ["PHOTO_DIGITAL_HUMAN_VIDEO", "DIGITAL_HUMAN_PHOTO_VIDEO"])
async def test_both_spellings_of_a_photo_job_are_accepted(huawei: Huawei, spelling: str):
    jobs = (await listed(huawei, job_type=spelling, limit=100))["jobs"]
    assert {job["job_type"] for job in jobs} == {"DIGITAL_HUMAN_PHOTO_VIDEO"}


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"offset": -1},
        {"state": "CREATING,PUBLISHED"},
        {"sort_key": "name"},
        {"sort_dir": "DESC"},
        {"create_since": "2026-11-20"},
        {"job_type": "VIDEO"},
    ],
)
async def test_a_parameter_outside_its_rule_is_refused(huawei: Huawei, params: dict[str, Any]):
    response = await huawei.get(VIDEOS, **params)
    assert (response.status_code, response.json()["error_code"]) == (400, "MSS.00000003")


async def test_a_waiting_job_can_be_canceled_a_failed_one_has_a_reason(huawei: Huawei, world: World, clock: Clock):
    cancelled = add_job(world, "media-cn", "digital-human", outcome="cancelled", wait_s=5)
    failed = add_job(world, "media-cn", "digital-human", outcome="failed", error_code="MSS.1", error_message="no voice")
    clock.now += 60
    jobs = {job["job_id"]: job for job in (await listed(huawei, job_ids=[cancelled, failed]))["jobs"]}
    assert jobs[cancelled]["state"] == "CANCELED"
    assert "start_time" not in jobs[cancelled]
    assert jobs[failed]["error_info"] == {"error_code": "MSS.1", "error_msg": "no voice"}


async def test_a_detail_is_found_only_under_its_own_kind(huawei: Huawei, world: World):
    job_id = add_job(world, "media-cn", "digital-human", kind="DIGITAL_HUMAN_PHOTO_VIDEO")
    found = await huawei.get(f"/v1/{{p}}/photo-digital-human-videos/{job_id}")
    assert found.json()["job_id"] == job_id
    missing = await huawei.get(f"/v1/{{p}}/2d-digital-human-videos/{job_id}")
    assert (missing.status_code, missing.json()["error_code"]) == (404, "MSS.00000002")


async def test_the_project_header_is_mandatory_with_a_signature(huawei: Huawei):
    path = VIDEOS.format(p=huawei.project)
    headers = huawei.sign("GET", path, "")
    assert (await huawei.client.get(path, headers=headers)).status_code == 200
    del headers["x-project-id"]
    assert (await huawei.client.get(path, headers=headers)).status_code == 401
