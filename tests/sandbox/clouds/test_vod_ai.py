import json
from typing import Any

import pytest

from sandbox.clouds.example_jobs import VOD_AI_ID
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Alibaba, Clock, add_job


async def ask(alibaba: Alibaba, *ids: str) -> dict[str, Any]:
    response = await alibaba.call("ListAIJob", JobIds=",".join(ids))
    assert response.status_code == 200, response.text
    return response.json()


async def test_ten_ids_are_answered_and_eleven_refused(alibaba: Alibaba, world: World):
    ids = [job.id for job in world.store("vod-sg", "vod-ai").select(world.now())[:11]]
    reply = await ask(alibaba, *ids[:10])
    assert {job["JobId"] for job in reply["AIJobList"]["AIJob"]} == set(ids[:10])
    refused = await alibaba.call("ListAIJob", JobIds=",".join(ids))
    assert (refused.status_code, refused.json()["Code"]) == (400, "InvalidParameter")


async def test_ids_are_required(alibaba: Alibaba):
    assert (await alibaba.call("ListAIJob")).json()["Code"] == "MissingJobIds"


@pytest.mark.parametrize(
    ("unknown", "expected"), [((), None), (("a",), {"String": ["a"]}), (("a", "b"), {"String": ['["a", "b"]']})]
)
async def test_the_shapes_of_unknown_ids(alibaba: Alibaba, unknown: tuple[str, ...], expected: object):
    assert (await ask(alibaba, VOD_AI_ID, *unknown))["NonExistAIJobIds"] == expected


async def test_the_example_job_has_code_and_message_and_broken_data(alibaba: Alibaba):
    (job,) = (await ask(alibaba, VOD_AI_ID))["AIJobList"]["AIJob"]
    assert (job["Status"], job["Code"], job["Message"]) == ("success", "0", "OK")
    assert "\\[" in job["Data"]
    assert job["Data"].endswith("\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(job["Data"])


async def test_a_job_goes_through_its_states(alibaba: Alibaba, world: World, clock: Clock):
    job_id = add_job(world, "vod-sg", "vod-ai", wait_s=10, run_s=60, outcome="failed", error_code="NoAudio")
    seen: list[dict[str, Any]] = []
    for step in (0, 30, 60):
        clock.now += step
        seen += (await ask(alibaba, job_id))["AIJobList"]["AIJob"]
    assert [job["Status"] for job in seen] == ["init", "Processing", "fail"]
    assert "Code" not in seen[1]
    assert seen[2]["Code"] == "NoAudio"


async def test_other_data_is_json(alibaba: Alibaba, world: World, clock: Clock):
    job_id = add_job(world, "vod-sg", "vod-ai", kind="AIVideoTag", wait_s=0, run_s=0)
    (job,) = (await ask(alibaba, job_id))["AIJobList"]["AIJob"]
    data = json.loads(job["Data"])["OrigASRData"]
    assert data["AsrTextList"][0]["StartTime"] == 0
    assert data["Duration"] == str(2500 * len(data["AsrTextList"]))
