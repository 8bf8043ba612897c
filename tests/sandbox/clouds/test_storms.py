"""Storms of failures, and the true transitions that tests compare a bot's messages with."""

import re
from collections import Counter
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clouds.failure_causes import CAUSES, CAUSES_MAX
from sandbox.clouds.raw_states import KINDS
from sandbox.clouds.storms import StormOrder, storm
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import START, Alibaba, Clock, Huawei

TASKS = "/v2/{p}/services/video-ocr/tasks"
ALL = ["media-cn/video-ocr", "media-cn/image-moderation", "media-cn/digital-human", "vod-sg/vod-ai", "vod-sg/vod-jobs"]
MASKS = (
    r"\w+://\S+",
    r"\S*/\S+\.mp4",
    r"\d{4}-\d\d-\d\dT[\d:]+Z|\d\d:\d\d:\d\d\.\d+",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b",
    r"\d+(\.\d+)*",
)


def masked(message: str) -> str:
    for mask in MASKS:
        message = re.sub(mask, "*", message)
    return message


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock=clock, jobs_per_service=0, arrival_s=0)


async def true_jobs(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    return (await client.get("/control/transitions", params=query)).json()["jobs"]


async def test_a_storm_is_listed_looked_up_and_over_in_time(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    asked = {"services": ["media-cn/video-ocr"], "failures": 60, "succeeding": 0.25, "name": "night {n}.mp4"}
    answer = (await client.post("/control/storm", json=asked)).json()
    assert (len(answer["failing"]), len(answer["succeeding"]), answer["until"]) == (60, 20, START + 60)
    assert answer["codes"] == {"media-cn/video-ocr": {"ALG.002": 20, "ALG.011": 20, "ALG.005": 20}}
    failed: list[int] = []
    for _ in range(6):
        clock.now += 10
        failed.append((await huawei.get(TASKS, state="FAILED")).json()["count"])
    assert failed == sorted(failed)
    assert (failed[0] < 20, 20 < failed[2] < 40, failed[-1]) == (True, True, 60)
    newest = (await huawei.get(TASKS, state="FAILED")).json()["tasks"]
    assert len({task["created_at"] for task in newest}) > 10
    assert re.fullmatch(r"night \d+\.mp4", newest[0]["name"])
    found = (await huawei.get(f"{TASKS}/{newest[0]['id']}")).json()
    assert found["error"]["code"] in answer["codes"]["media-cn/video-ocr"]


async def test_a_storm_can_be_over_several_services(client: httpx.AsyncClient, alibaba: Alibaba, clock: Clock):
    asked = {"services": ALL, "failures": 50, "causes": 2, "within_s": 20, "same_time": True}
    answer = (await client.post("/control/storm", json=asked)).json()
    assert [sorted(codes.values()) for codes in answer["codes"].values()] == [[5, 5]] * 5
    clock.now += 20
    jobs = [job for job in await true_jobs(client, since=START + 0.1) if job["name"].startswith("storm")]
    assert Counter(f"{job['account']}/{job['service']}" for job in jobs) == dict.fromkeys(ALL, 10)
    assert {job["created"] for job in jobs} == {START}
    transcode = next(job for job in jobs if job["service"] == "vod-jobs")
    reply = (await alibaba.call("GetTranscodeTask", JobIds=transcode["id"])).json()
    shown = reply["TranscodeJobInfoList"][0]
    assert (shown["ErrorCode"], shown["ErrorMessage"]) == (transcode["code"], transcode["message"])


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"services": []}, 400),
        ({"services": ["video-ocr"]}, 400),
        ({"services": ["nobody/video-ocr"]}, 404),
        ({"services": ["media-cn/video-ocr"], "causes": CAUSES_MAX + 1}, 400),
        ({"services": ["media-cn/video-ocr"], "kind": "transcode"}, 400),
        ({"services": ["media-cn/video-ocr"], "failures": 200, "succeeding": 0.99}, 400),
    ],
)
async def test_an_impossible_storm_is_refused(client: httpx.AsyncClient, order: Any, status: int):
    response = await client.post("/control/storm", json=order)
    assert response.status_code == status
    assert response.json()["error"]


@given(
    order=st.builds(
        StormOrder,
        services=st.sampled_from(ALL).map(lambda service: [service]),
        failures=st.integers(1, 12),
        causes=st.integers(1, CAUSES_MAX),
        within_s=st.floats(0.5, 7200),
        succeeding=st.floats(0, 0.9),
    ),
    now=st.floats(START, START + 10),
)
def test_every_job_of_a_storm_ends_in_it(order: StormOrder, now: float):
    jobs = [each.job for each in storm(order, now)]
    failed = [job for job in jobs if job.failure]
    assert (len(jobs), len(failed)) == (order.jobs, order.failures)
    assert len({job.failure.code for job in failed if job.failure}) == min(order.causes, order.failures)
    for job in jobs:
        words = KINDS[order.targets[0][1]][job.kind]
        assert int(now) <= job.created == int(job.created)
        assert job.finished is not None
        assert max(now, job.created) < job.finished <= now + order.within_s + 1e-6
        assert words.phase(job.word(job.finished)) == ("failed" if job.failure else "succeeded")
    assert len({job.id for job in jobs}) == len(jobs)


@pytest.mark.parametrize("service", CAUSES)
def test_messages_differ_only_in_what_a_mask_hides(service: str):
    order = StormOrder(services=[f"any/{service}"], failures=120, causes=CAUSES_MAX)
    failures = [each.job.failure for each in storm(order, START) if each.job.failure]
    assert len({failure.message for failure in failures}) > 110
    by_code = {code: {masked(each.message) for each in failures if each.code == code} for code, _ in failures}
    assert {code: len(masks) for code, masks in by_code.items()} == dict.fromkeys(by_code, 1)
    assert len(by_code) == CAUSES_MAX


async def test_true_transitions_have_no_future_and_keep_deleted_jobs(client: httpx.AsyncClient, clock: Clock):
    ids = [f"job{number}" for number in range(3)]
    for job_id in ids:
        order = {"account": "media-cn", "service": "video-ocr", "id": job_id, "wait_s": 10, "run_s": 40}
        await client.post("/control/jobs", json={**order, "outcome": "failed"})
    clock.now += 30
    assert (await client.delete("/control/jobs/job1")).status_code == 204
    assert (await client.delete("/control/jobs/job1")).status_code == 404
    await client.post("/control/jobs/job2", json={"state": "succeeded"})
    clock.now += 60
    jobs = {job["id"]: job for job in await true_jobs(client, account="media-cn", service="video-ocr")}
    told = {job_id: [(each["state"], each["at"] - START) for each in jobs[job_id]["transitions"]] for job_id in ids}
    begun = [("pending", 0), ("running", 10), ("running", 13)]
    assert told == {"job0": [*begun, ("failed", 50)], "job1": begun, "job2": [*begun, ("succeeded", 30)]}
    assert [jobs[job_id]["deleted"] for job_id in ids] == [None, START + 30, None]
    assert [jobs[job_id]["code"] for job_id in ids] == ["ALG.002", None, None]
    assert {job["id"] for job in await true_jobs(client, since=START + 40)} == {"job0"}


async def test_a_job_that_a_cloud_cleaned_up_is_kept(client: httpx.AsyncClient, clock: Clock):
    order = {"account": "media-cn", "service": "image-moderation", "id": "short", "outcome": "failed"}
    await client.post("/control/jobs", json=order)
    clock.now += 3600
    (job,) = [each for each in await true_jobs(client, service="image-moderation") if each["id"] == "short"]
    assert (job["expired"], job["deleted"], job["transitions"][-1]["state"]) == (True, START + 1800, "failed")
