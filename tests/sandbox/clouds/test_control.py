from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from sandbox.clouds.example_jobs import VIDEO_OCR_ID, VOD_AI_ID
from sandbox.clouds.world import ADVANCE_MAX_S, World
from tests.sandbox.clouds.callers import Alibaba, Clock, Huawei

TASKS = "/v2/{p}/services/video-ocr/tasks"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value for name, value in attrs if name in {"src", "href"}]


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient):
    response = await client.get("/control")
    assert response.headers["content-type"].startswith("text/html")
    links = _Links()
    links.feed(response.text)
    assert links.found == ["data:,"]
    assert "://" not in response.text


async def test_the_state_names_every_service(client: httpx.AsyncClient, world: World):
    state = (await client.get("/control/state")).json()
    assert [entry["service"] for entry in state["services"]] == [
        "video-ocr",
        "image-moderation",
        "digital-human",
        "vod-ai",
        "vod-jobs",
    ]
    first = state["services"][0]
    assert sum(first["states"].values()) == 121
    assert len(first["jobs"]) == 25
    created = [job["created_at"] for job in first["jobs"]]
    assert created == sorted(created, reverse=True)


async def test_a_fault_is_set_and_cleared(client: httpx.AsyncClient, huawei: Huawei):
    fault = {"account": "media-cn", "service": "video-ocr", "fault": "error", "status": 502}
    assert (await client.post("/control/fault", json=fault)).status_code == 201
    assert (await huawei.get(TASKS)).status_code == 502
    assert (await client.get("/control/state")).json()["faults"][0]["status"] == 502
    for other in ("service=digital-human", "fault=slow", "account=vod-sg&fault=error"):
        assert (await client.delete(f"/control/fault?{other}")).status_code == 204
    assert (await huawei.get(TASKS)).status_code == 502
    await client.delete("/control/fault?account=media-cn&service=video-ocr&fault=error")
    assert (await huawei.get(TASKS)).status_code == 200


@pytest.mark.parametrize(
    ("path", "order", "status"),
    [
        ("fault", {"fault": "explode"}, 400),
        ("fault", {"fault": "slow", "seconds": -1}, 400),
        ("fault", {"fault": "slow", "typo": 1}, 400),
        ("clock", {"advance_s": -1}, 400),
        ("clock", {"advance_s": ADVANCE_MAX_S + 1}, 400),
        ("jobs", {"account": "media-cn", "service": "nothing"}, 400),
        ("jobs", {"account": "media-cn", "service": "video-ocr", "kind": "ai"}, 400),
        ("jobs", {"account": "nobody", "service": "video-ocr"}, 404),
        ("jobs", {"account": "media-cn", "service": "video-ocr", "count": 2, "id": "one"}, 400),
        ("jobs", {"account": "media-cn", "service": "video-ocr", "count": 10_001}, 400),
        ("jobs", [], 400),
        ("end", {"ids": [], "state": "failed"}, 400),
        ("jobs/nobody", {"state": "failed"}, 404),
        (f"jobs/{VIDEO_OCR_ID}", {"state": "exploded"}, 400),
        (f"jobs/{VOD_AI_ID}", {"state": "failed"}, 400),
    ],
)
async def test_an_impossible_order_is_refused(client: httpx.AsyncClient, path: str, order: Any, status: int):
    response = await client.post(f"/control/{path}", json=order)
    assert response.status_code == status
    assert response.json()["error"]


async def test_a_body_that_is_not_json_is_refused(client: httpx.AsyncClient):
    assert (await client.post("/control/fault", content=b"{")).status_code == 400


async def test_the_clock_moves_forward(client: httpx.AsyncClient, huawei: Huawei):
    before = (await huawei.get(f"{TASKS}/{VIDEO_OCR_ID}")).json()["state"]
    reply = await client.post("/control/clock", json={"advance_s": 7200})
    after = (await huawei.get(f"{TASKS}/{VIDEO_OCR_ID}")).json()["state"]
    assert reply.json()["now"] == "2026-11-18T13:06:40Z"
    assert (before, after) == ("RUNNING", "SUCCEEDED")


async def test_a_job_is_added_and_ended_manually(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    order = {"account": "media-cn", "service": "video-ocr", "id": "taskdemo0001", "name": "a <b> & c", "run_s": 3600}
    assert (await client.post("/control/jobs", json=order)).json()["state"] == "PENDING"
    clock.now += 60
    ended = await client.post("/control/jobs/taskdemo0001", json={"state": "failed", "error_message": "by hand"})
    assert ended.json()["state"] == "FAILED"
    task = (await huawei.get(f"{TASKS}/taskdemo0001")).json()
    assert (task["name"], task["state"], task["error"]["message"]) == ("a <b> & c", "FAILED", "by hand")
    failed = (await huawei.get(TASKS, state="FAILED", offset=0, limit=100)).json()["tasks"]
    assert failed[0]["id"] == "taskdemo0001"
    again = await client.post("/control/jobs/taskdemo0001", json={"state": "succeeded"})
    assert again.status_code == 400


async def test_many_jobs_are_ordered_and_ended_together(client: httpx.AsyncClient, huawei: Huawei, clock: Clock):
    order = {"account": "media-cn", "service": "video-ocr", "run_s": 3600}
    ids: list[str] = (await client.post("/control/jobs", json={**order, "count": 30})).json()["ids"]
    ids += (await client.post("/control/jobs", json=[order, {**order, "id": "last", "count": 1}])).json()["ids"]
    assert (len(set(ids)), ids[-1]) == (32, "last")
    clock.now += 60
    under_way = (await client.get("/control/state")).json()["services"][0]["under_way"]
    assert {job["id"] for job in under_way} <= set(ids)
    assert not any(job["ended"] for job in under_way)
    answer = (await client.post("/control/end", json={"ids": [*ids, "nobody"], "state": "succeeded"})).json()
    assert answer == {"ended": ids, "refused": {"nobody": "no service has a job nobody"}}
    assert (await huawei.get(f"{TASKS}/last")).json()["state"] == "SUCCEEDED"
    again = (await client.post("/control/end", json={"ids": ["last"], "state": "failed"})).json()
    assert again == {"ended": [], "refused": {"last": "last has already finished: it is SUCCEEDED"}}


async def test_an_unknown_service_in_a_list_adds_nothing(client: httpx.AsyncClient, world: World):
    before = len(world.store("media-cn", "video-ocr").select(world.now()))
    orders = [{"account": account, "service": "video-ocr"} for account in ("media-cn", "nobody")]
    assert (await client.post("/control/jobs", json=orders)).status_code == 404
    assert len(world.store("media-cn", "video-ocr").select(world.now())) == before


async def test_a_job_can_stay_in_any_raw_state(client: httpx.AsyncClient, alibaba: Alibaba, clock: Clock):
    order = {"account": "vod-sg", "service": "vod-ai", "id": "odd", "raw_state": "Hibernating"}
    await client.post("/control/jobs", json=order)
    clock.now += 3600
    (job,) = (await alibaba.call("ListAIJob", JobIds="odd")).json()["AIJobList"]["AIJob"]
    assert (job["Status"], job["CompleteTime"]) == ("Hibernating", None)


async def test_requests_are_counted_by_operation(client: httpx.AsyncClient, huawei: Huawei, alibaba: Alibaba):
    await huawei.get(TASKS)
    await huawei.get(TASKS, state="nonsense")
    await alibaba.call("ListAIJob", JobIds=VOD_AI_ID)
    assert (await client.get("/control/requests")).json() == {
        "total": 3,
        "requests": [
            {"account": "media-cn", "service": "video-ocr", "operation": "ListTasksDetails", "count": 2},
            {"account": "vod-sg", "service": "vod-ai", "operation": "ListAIJob", "count": 1},
        ],
    }
    await client.delete("/control/requests")
    assert (await client.get("/control/requests")).json() == {"total": 0, "requests": []}
