from typing import Any

import pytest

from sandbox.clouds.example_jobs import VIDEO_OCR_ID
from sandbox.clouds.raw_states import VIDEO_OCR
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import START, Clock, Huawei, add_job

TASKS = "/v2/{p}/services/video-ocr/tasks"


async def listed(huawei: Huawei, **params: Any) -> dict[str, Any]:
    response = await huawei.get(TASKS, **params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_pages_are_newest_first_and_add_up(huawei: Huawei):
    pages = [await listed(huawei, offset=offset, limit=50) for offset in (0, 50, 100)]
    tasks = [task for page in pages for task in page["tasks"]]
    assert [page["count"] for page in pages] == [121] * 3
    assert len({task["id"] for task in tasks}) == 121
    assert [task["created_at"] for task in tasks] == sorted((task["created_at"] for task in tasks), reverse=True)


async def test_a_page_holds_a_hundred_by_default(huawei: Huawei):
    assert len((await listed(huawei))["tasks"]) == 100


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0, "offset": 0},
        {"limit": 1001, "offset": 0},
        {"limit": 10},
        {"offset": 10},
        {"limit": 10, "offset": 100_001},
        {"limit": "ten", "offset": 0},
        {"state": "running"},
        {"state": "RUNNING,FAILED"},
        {"order": "created_at"},
        {"name_like": "a b"},
        {"name_like": "x" * 101},
        {"id_like": "ABC"},
        {"created_since": "2026-11-20T00:00:00Z"},
    ],
)
async def test_a_parameter_outside_its_rule_is_refused(huawei: Huawei, params: dict[str, Any]):
    response = await huawei.get(TASKS, **params)
    assert (response.status_code, response.json()["error_code"]) == (400, "IVA.0004")


async def test_one_raw_state_is_chosen(huawei: Huawei, world: World):
    everything = (await listed(huawei, offset=0, limit=1000))["tasks"]
    for state in VIDEO_OCR.every:
        chosen = await listed(huawei, state=state, offset=0, limit=1000)
        assert [task["id"] for task in chosen["tasks"]] == [t["id"] for t in everything if t["state"] == state]
        assert chosen["count"] == len(chosen["tasks"])


async def test_created_since_and_until_are_milliseconds_and_inclusive(huawei: Huawei, world: World):
    job_id = add_job(world, "media-cn", "video-ocr", created_ago_s=500)
    instant = int(START - 500) * 1000
    inside = await listed(huawei, created_since=instant, created_until=instant)
    assert job_id in [task["id"] for task in inside["tasks"]]
    after = await listed(huawei, created_since=instant + 1)
    assert job_id not in [task["id"] for task in after["tasks"]]


async def test_parts_of_names_and_ids_are_found(huawei: Huawei, world: World):
    add_job(world, "media-cn", "video-ocr", id="feedfacefeedfacefeedfacefeedface", name="Demo-Day-上海.mp4")
    by_name = await listed(huawei, name_like="day-上海")
    by_id = await listed(huawei, id_like="cefeedfa")
    assert by_name["tasks"] == by_id["tasks"]
    assert by_name["count"] == 1


@pytest.mark.parametrize("key", ["name", "created_at", "updated_at"])
async def test_every_order_is_kept(huawei: Huawei, key: str):
    up = [task[key] for task in (await listed(huawei, order=f"{key}:ASC"))["tasks"]]
    down = [task[key] for task in (await listed(huawei, order=f"{key}:DESC"))["tasks"]]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)


async def test_the_vendors_example_job_is_there(huawei: Huawei):
    task = (await huawei.get(f"{TASKS}/{VIDEO_OCR_ID}")).json()
    assert task["state"] == "RUNNING"
    assert task["input"] == {"type": "obs", "data": [{"bucket": "obs-iva", "path": "input/demo.mp4"}]}
    assert "creator" not in task


async def test_a_job_goes_through_its_states_and_has_a_failure_reason(huawei: Huawei, world: World, clock: Clock):
    path = f"{TASKS}/" + add_job(
        world, "media-cn", "video-ocr", wait_s=10, run_s=60, outcome="failed", error_message="no <audio>"
    )
    seen: list[str] = []
    for step in (0, 9, 2, 10, 50):
        clock.now += step
        seen.append((await huawei.get(path)).json()["state"])
    assert seen == ["PENDING", "PENDING", "STARTING", "RUNNING", "FAILED"]
    task = (await huawei.get(path)).json()
    assert task["error"] == {"code": "ALG.002", "message": "no <audio>"}
    assert task["updated_at"] == "2026-11-18T11:07:50Z"


async def test_a_missing_job_is_not_found(huawei: Huawei):
    for path in (f"{TASKS}/{'0' * 32}", "/v2/{p}/services/other-service/tasks"):
        response = await huawei.get(path)
        assert (response.status_code, response.json()["error_code"]) == (404, "IVA.0005")
