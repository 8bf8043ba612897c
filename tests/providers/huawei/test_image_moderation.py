"""Batch image moderation jobs: a short list without an order, and details with images."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from providers.errors import InvalidQuery, Unavailable
from providers.models import SHOWN_ALONE, JobQuery, JobState
from tests.providers.huawei.cloud import Cloud, Json, fixture, refused

BATCH = "moderation/image/batch"
JOBS = f"{BATCH}/jobs"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def record(number: int, status: str = "finish") -> Json:
    created = START - timedelta(seconds=number)
    return {
        "job_id": f"job-{number}",
        "status": status,
        "create_time": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "update_time": (created + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def moderation(records: Sequence[Json], items: Sequence[Json] = ()) -> Cloud:
    def listed(asked: httpx.QueryParams) -> Json:
        matching = [one for one in records if asked.get("status") in {None, one["status"]}]
        offset = int(asked["offset"])
        return {"count": len(matching), "result": matching[offset : offset + int(asked["limit"])]}

    def shown(asked: httpx.QueryParams) -> Json | httpx.Response:
        found = [one for one in records if one["job_id"] == asked["job_id"]]
        return {"result": found[0] | {"items": list(items)}} if found else refused("AIS.0030")

    return Cloud({JOBS: listed, BATCH: shown})


async def test_the_vendors_example():
    page = await Cloud({JOBS: lambda _: fixture("moderation_jobs")}).image_moderation().page(JobQuery())
    (job,) = page.jobs
    assert (job.id, job.state, job.raw_state) == (
        "44d93b70-db01-4f96-a618-2a79c964c4b2",
        JobState.SUCCEEDED,
        "finish",
    )
    assert job.created_at == datetime(2018, 11, 22, 6, 17, 9, tzinfo=UTC)
    assert job.finished_at == job.updated_at == datetime(2018, 11, 22, 6, 17, 16, tzinfo=UTC)
    assert job.duration_s == 7
    assert (page.total, page.cursor) == (1, None)


async def test_the_whole_list_is_read_and_sorted_from_any_order():
    numbers = [(number * 37) % 250 for number in range(250)]
    cloud = moderation([record(number) for number in numbers])
    page = await cloud.image_moderation().page(JobQuery(limit=10))
    assert [job.id for job in page.jobs] == [f"job-{number}" for number in range(250)]
    assert [(asked["offset"], asked["limit"]) for asked in cloud.asked] == [
        ("0", "100"),
        ("100", "100"),
        ("200", "100"),
    ]
    assert (page.total, page.cursor) == (250, None)


@pytest.mark.parametrize(("count", "offsets"), [({}, [0, 50, 100, 120]), ({"count": "120"}, [0, 50, 100])])
async def test_pages_shorter_than_requested_do_not_end_the_list(count: Json, offsets: list[int]):
    def listed(asked: httpx.QueryParams) -> Json:
        return {"result": [record(number) for number in range(120)][int(asked["offset"]) :][:50], **count}

    cloud = Cloud({JOBS: listed})
    page = await cloud.image_moderation().page(JobQuery())
    assert ([job.id for job in page.jobs], page.total) == ([f"job-{number}" for number in range(120)], 120)
    assert [int(asked["offset"]) for asked in cloud.asked] == offsets


async def test_an_endless_list_without_a_count_is_read_until_nothing_is_new():
    cloud = Cloud({JOBS: lambda _: {"result": [record(1), None, record(2)]}})
    page = await cloud.image_moderation().page(JobQuery())
    assert ([job.id for job in page.jobs], page.total, page.malformed) == (["job-1", "job-2"], None, 1)
    assert len(cloud.requests) == 2


async def test_an_endless_list_is_read_for_twenty_pages():
    cloud = Cloud({JOBS: lambda asked: {"result": [record(int(asked["offset"]) + at) for at in range(100)]}})
    page = await cloud.image_moderation().page(JobQuery())
    assert len(cloud.requests) == 20
    assert (len(page.jobs), page.total) == (2000, None)


@pytest.mark.parametrize("count", [{}, {"count": 500}])
async def test_jobs_beyond_twenty_short_pages_are_not_in_the_total(count: Json):
    cloud = Cloud({JOBS: lambda asked: {"result": [record(int(asked["offset"]) + at) for at in range(5)], **count}})
    page = await cloud.image_moderation().page(JobQuery())
    assert (len(cloud.requests), len(page.jobs), page.total) == (20, 100, None)


async def test_a_state_is_requested_by_its_one_word():
    cloud = moderation([record(1, "failed"), record(2, "running"), record(3, "finish"), record(4, "created")])
    subject = cloud.image_moderation()
    page = await subject.page(JobQuery(states=frozenset({JobState.FAILED, JobState.PENDING})))
    assert [job.id for job in page.jobs] == ["job-1", "job-4"]
    assert {asked["status"] for asked in cloud.asked} == {"failed", "created"}
    cloud.requests.clear()
    assert (await subject.page(JobQuery(states=frozenset({JobState.CANCELLED})))).total == 0
    assert cloud.requests == []


async def test_a_second_page_does_not_exist():
    with pytest.raises(InvalidQuery):
        await moderation([]).image_moderation().page(JobQuery(), "100")


IMAGES = [
    {"url": "https://a.example/1.jpg?sig=SECRET", "suggestion": "pass"},
    {"url": "https://a.example/2.jpg?sig=SECRET", "suggestion": "block"},
    {"url": "https://a.example/3.jpg?sig=SECRET", "suggestion": "pass"},
    {"url": "https://a.example/4.jpg?sig=SECRET", "error_code": "AIS.0401", "error_msg": "no image"},
]


async def test_a_detail_has_the_images():
    (job,) = (await moderation([record(1)], IMAGES).image_moderation().lookup(["job-1"])).found
    assert job.attributes == {"Images": "4: 2 pass, 1 block"}
    assert job.notes == ("1 of 4 images failed",)
    assert job.error is None
    assert job.raw is not None
    assert "SECRET" not in str(job.raw)


async def test_a_failed_job_has_the_reason_of_an_image():
    (job,) = (await moderation([record(1, "failed")], IMAGES).image_moderation().lookup(["job-1"])).found
    assert job.error is not None
    assert (job.error.code, job.error.message, job.unexplained) == ("AIS.0401", "no image", None)


async def test_the_reason_of_a_listed_failure_is_elsewhere():
    subject = moderation([record(number, "failed") for number in range(9)]).image_moderation()
    listed = [*(await subject.page(JobQuery())).jobs, *(await subject.lookup([f"job-{n}" for n in range(9)])).found]
    assert {job.unexplained for job in listed} == {SHOWN_ALONE}


async def test_a_failed_job_whose_images_have_no_errors_has_no_reason_anywhere():
    (job,) = (await moderation([record(1, "failed")]).image_moderation().lookup(["job-1"])).found
    assert (job.error, job.unexplained) == (None, None)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(refused("AIS.0011"), "AIS.0011"), (httpx.Response(200, json={"result": record(2)}), "malformed")],
    ids=["refused", "another job"],
)
async def test_a_reason_that_could_not_be_looked_up(answer: httpx.Response, code: str):
    cloud = moderation([record(1, "failed")])
    cloud.answers[BATCH] = lambda _: answer
    (job,) = (await cloud.image_moderation().lookup(["job-1"])).found
    assert (job.error, job.unexplained) == (None, f"couldn't get the reason from the provider ({code})")


@pytest.mark.parametrize(
    ("images", "note"),
    [
        (IMAGES[3:], "1 of 1 image failed"),
        (IMAGES[2:], "1 of 2 images failed"),
        (IMAGES[3:] * 2, "2 of 2 images failed"),
    ],
)
async def test_images_are_counted_in_words(images: Sequence[Json], note: str):
    (job,) = (await moderation([record(1)], images).image_moderation().lookup(["job-1"])).found
    assert job.notes == (note,)


async def test_a_detail_that_fails_costs_only_the_detail():
    cloud = moderation([record(1)])
    cloud.answers[BATCH] = lambda _: refused("AIS.0003")
    lookup = await cloud.image_moderation().lookup(["job-1"])
    assert [job.id for job in lookup.found] == ["job-1"]


async def test_a_job_in_neither_is_missing_unless_the_detail_call_failed():
    cloud = moderation([record(1)])
    subject = cloud.image_moderation()
    assert (await subject.lookup(["gone"])).missing == ("gone",)
    cloud.answers[BATCH] = lambda _: refused("AIS.0003")
    with pytest.raises(Unavailable):
        await subject.lookup(["gone"])


async def test_a_job_that_only_the_detail_has_is_found():
    cloud = moderation([])
    cloud.answers[BATCH] = lambda _: {"result": record(7)}
    assert [job.id for job in (await cloud.image_moderation().lookup(["job-7"])).found] == ["job-7"]


async def test_jobs_not_on_an_endless_list_are_looked_up():
    cloud = moderation([record(number) for number in range(12)])
    cloud.answers[JOBS] = lambda _: {"result": [record(number) for number in range(10)]}
    lookup = await cloud.image_moderation().lookup([f"job-{number}" for number in range(13)])
    assert [job.id for job in lookup.found] == [f"job-{number}" for number in range(12)]
    assert lookup.missing == ("job-12",)
    assert cloud.paths == [JOBS, JOBS, BATCH, BATCH, BATCH]


@pytest.mark.parametrize(
    "unsure", [refused("AIS.0011"), refused("AIS.0005"), refused("APIGW.0101", 404), refused("NEW.1", 404), {}], ids=str
)
async def test_neither_an_endless_list_nor_any_other_refusal_makes_a_job_missing(unsure: Json | httpx.Response):
    cloud = Cloud({JOBS: lambda _: {"result": [record(number) for number in range(10)]}, BATCH: lambda _: unsure})
    lookup = await cloud.image_moderation().lookup(["job-1", "job-12"])
    assert ([job.id for job in lookup.found], lookup.missing) == (["job-1"], ())
    assert [one.id for one in lookup.unanswered] == ["job-12"]


async def test_many_jobs_cost_one_list():
    cloud = moderation([record(number) for number in range(50)])
    lookup = await cloud.image_moderation().lookup([f"job-{number}" for number in range(45, 55)])
    assert [job.id for job in lookup.found] == [f"job-{number}" for number in range(45, 50)]
    assert lookup.missing == tuple(f"job-{number}" for number in range(50, 55))
    assert cloud.paths == [JOBS]
