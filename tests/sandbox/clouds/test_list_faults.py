"""Lists that are hard to read page by page: late entries, deletions, equal times, wrong clocks and totals."""

from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import START, Alibaba, Clock, Huawei, add_job

TASKS = "/v2/{p}/services/video-ocr/tasks"
VIDEOS = "/v1/{p}/digital-human-videos"
JOBS = "/v2/{p}/moderation/image/batch/jobs"
OCR = {"account": "media-cn", "service": "video-ocr"}


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock=clock, jobs_per_service=0, arrival_s=0)


async def fault(client: httpx.AsyncClient, **fields: Any) -> None:
    (await client.post("/control/fault", json=fields)).raise_for_status()


async def ids(huawei: Huawei, offset: int, limit: int) -> list[str]:
    return [task["id"] for task in (await huawei.get(TASKS, offset=offset, limit=limit)).json()["tasks"]]


async def test_a_late_job_is_found_by_its_id_immediately(
    client: httpx.AsyncClient, huawei: Huawei, alibaba: Alibaba, clock: Clock
):
    late = {"listed_after_s": 40, "media": "m" * 32}
    for account, service in (("media-cn", "video-ocr"), ("media-cn", "digital-human"), ("vod-sg", "vod-ai")):
        await client.post("/control/jobs", json={"account": account, "service": service, "id": service, **late})

    async def listed() -> list[bool]:
        tasks, videos = (await huawei.get(TASKS)).text, (await huawei.get(VIDEOS)).text
        media = await alibaba.call("ListJobInfo", MediaId="m" * 32, JobType="ai")
        return ['"video-ocr"' in tasks.partition('"id":')[2], '"digital-human"' in videos, '"vod-ai"' in media.text]

    for since, shown in ((0, False), (39, False), (41, True)):
        clock.now = START + since
        assert (await huawei.get(f"{TASKS}/video-ocr")).json()["created_at"] == "2026-11-18T11:06:40Z"
        by_id = await huawei.get(VIDEOS, job_ids=["digital-human"])
        assert [job["job_id"] for job in by_id.json()["jobs"]] == ["digital-human"]
        assert '"JobId":"vod-ai"' in (await alibaba.call("ListAIJob", JobIds="vod-ai")).text
        assert all(each is shown for each in (await listed())[1:])
        assert ("video-ocr" in await ids(huawei, 0, 100)) is shown
        services = (await client.get("/control/state")).json()["services"]
        assert sum(each["unlisted"] for each in services) == (0 if shown else 3)


async def test_a_late_job_can_end_and_be_deleted_before_it_is_listed(world: World, clock: Clock):
    store = world.store("media-cn", "video-ocr")
    ended, deleted = (add_job(world, **OCR, id=name, listed_after_s=60) for name in ("ended", "deleted"))
    clock.now += 10
    world.end(ended, "failed")
    world.delete(deleted)
    assert {"ended", "deleted"} & {job.id for job in store.select(world.now())} == set()
    clock.now += 60
    (shown,) = [job for job in store.select(world.now()) if job.id in {"ended", "deleted"}]
    assert (shown.id, shown.word(world.now()), store.counts(world.now())["FAILED"]) == ("ended", "FAILED", 1)


async def test_entries_are_deleted_between_pages(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    await client.post("/control/jobs", json={**OCR, "count": 40})
    clock.now += 1
    before = await ids(huawei, 0, 100)
    await fault(client, **OCR, fault="delete", entries=3, after=1, count=1)
    assert await ids(huawei, 0, 10) == before[:10]
    assert await ids(huawei, 10, 10) == before[10:20]  # the request that `after` skips
    assert await ids(huawei, 20, 10) == before[23:33]
    assert await ids(huawei, 0, 100) == before[:17] + before[20:]
    gone = [job["id"] for job in (await client.get("/control/transitions")).json()["jobs"] if job["deleted"]]
    assert sorted(gone) == sorted(before[17:20])
    assert (await huawei.get(f"{TASKS}/{gone[0]}")).status_code == 404


@pytest.mark.parametrize(("path", "query"), [(VIDEOS, {"limit": 5}), (JOBS, {"limit": 5}), (TASKS, {"limit": 5})])
async def test_a_list_fails_at_the_nth_request(client: httpx.AsyncClient, huawei: Huawei, path: str, query: Any):
    await fault(client, fault="error", operation="list", after=2, count=1)
    assert (await huawei.get(f"{TASKS}/nobody")).status_code == 404  # a look-up does not count
    assert (await huawei.get(VIDEOS, job_ids=["nobody"])).status_code == 200
    replies = [await huawei.get(path, offset=offset, **query) for offset in (0, 4, 8, 12)]
    assert [reply.is_success for reply in replies] == [True, True, False, True]


@pytest.mark.parametrize(("off_by", "total"), [(50, 56), (-4, 2), (-100, 0)])
async def test_totals_are_wrong(client: httpx.AsyncClient, huawei: Huawei, off_by: int, total: int):
    await client.post("/control/jobs", json={**OCR, "count": 5})
    await fault(client, fault="wrong_total", off_by=off_by)
    reply = (await huawei.get(TASKS)).json()
    assert (reply["count"], len(reply["tasks"])) == (total, 6)


async def shift(client: httpx.AsyncClient, **fields: Any) -> None:
    assert (await client.post("/control/clock/shift", json=fields)).status_code == 204


def date(reply: httpx.Response) -> float:
    return parsedate_to_datetime(reply.headers["date"]).timestamp()


async def test_a_wrong_clock_writes_wrong_times(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    await client.post("/control/jobs", json={**OCR, "id": "before", "wait_s": 0, "run_s": 60})
    await shift(client, **OCR, ahead_s=300)
    huawei.skew_s = 300
    await client.post("/control/jobs", json={**OCR, "id": "after", "wait_s": 0, "run_s": 60})
    await shift(client, **OCR, ahead_s=-300, in_s=20)
    for since, ahead_s in ((0, 300), (19, 300), (20, -300), (70, -300)):
        clock.now = START + since
        assert date(await huawei.get(TASKS)) == clock.now + ahead_s
        assert date(await huawei.get(VIDEOS)) == clock.now
    tasks = {task["id"]: task for task in (await huawei.get(TASKS)).json()["tasks"]}
    assert [tasks[job]["created_at"][11:] for job in ("before", "after")] == ["11:06:40Z", "11:11:40Z"]
    assert [tasks[job]["updated_at"][11:] for job in ("before", "after")] == ["11:02:40Z"] * 2
    true = {job["id"]: job for job in (await client.get("/control/transitions")).json()["jobs"]}
    assert [true[job]["transitions"][-1]["at"] for job in ("before", "after")] == [START + 60] * 2
    assert true["after"]["provider_created_at"] == tasks["after"]["created_at"]
    state = (await client.get("/control/state")).json()["services"]
    assert [each["clock_ahead_s"] for each in state[:2]] == [-300, 0]


async def test_lists_are_in_the_order_of_a_clock_that_jumps(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    for number, ahead_s in enumerate((0, 300, -300, 0, -60)):
        clock.now = START + 10 * number
        await shift(client, ahead_s=ahead_s)
        for twin in "ab":
            await client.post("/control/jobs", json={**OCR, "id": f"{number}{twin}", "run_s": 5})
    clock.now += 60
    listed = (await huawei.get(TASKS)).json()["tasks"]
    assert " ".join(task["id"] for task in listed if len(task["id"]) == 2) == "1b 1a 3b 3a 0b 0a 4b 4a 2b 2a"
    assert all(one["created_at"] >= other["created_at"] for one, other in pairwise(listed))
    since = int((START + 250) * 1000)
    assert [task["id"] for task in (await huawei.get(TASKS, created_since=since)).json()["tasks"]] == ["1b", "1a"]
    for task in listed:  # jobs in the order of a wrong clock can still be removed
        assert (await client.delete(f"/control/jobs/{task['id']}")).status_code == 204
    assert (await huawei.get(TASKS)).json()["count"] == 0


async def test_a_very_wrong_clock_refuses_a_signature(client: httpx.AsyncClient, huawei: Huawei, alibaba: Alibaba):
    await shift(client, ahead_s=-3600)
    replies = [await huawei.get(TASKS), await alibaba.call("ListAIJob", JobIds="any")]
    assert [reply.status_code for reply in replies] == [401, 400]
    assert [date(reply) for reply in replies] == [START - 3600] * 2
    assert (await client.post("/control/clock/shift", json={"account": "nobody", "ahead_s": 1})).status_code == 404
