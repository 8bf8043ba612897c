"""Video OCR jobs: the requests, and the jobs read from the replies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from providers.errors import InvalidQuery, Malformed, NotOffered, Rejected, Unavailable
from providers.models import JobQuery, JobState
from tests.providers.huawei.cloud import FIXTURES, Cloud, Json, fixture, refused
from tests.providers.huawei.vas import START, TASKS, numbers, pages, short_pages, task, vas

FAILED = frozenset({JobState.FAILED})


async def test_the_vendors_example():
    cloud = Cloud({TASKS: lambda _: fixture("video_ocr_tasks")})
    page = await cloud.video_ocr().page(JobQuery())
    (job,) = page.jobs
    assert (job.id, job.name, job.state, job.raw_state) == (
        "f18320e61e4c4dc685aa2dfc22a28dc5",
        "ocr-task",
        JobState.RUNNING,
        "RUNNING",
    )
    assert job.created_at == datetime(2018, 6, 12, 13, 0, 1, tzinfo=UTC)
    assert job.updated_at == datetime(2018, 6, 13, 13, 0, 1, tzinfo=UTC)
    assert (job.started_at, job.finished_at, job.kind, job.media, job.error) == (None, None, None, None, None)
    assert (job.input, job.output) == ("obs://obs-iva/input/demo.mp4", "obs://obs-iva/output/")
    assert job.attributes == {"Service version": "1.0"}
    assert (page.total, page.cursor, page.request_id) == (1, None, "request-1")


def test_the_vendors_example_lacks_one_comma_and_nothing_else():
    verbatim = (FIXTURES / "huawei_video_ocr_tasks_verbatim.txt").read_text()
    mended = (FIXTURES / "huawei_video_ocr_tasks.json").read_text()
    assert verbatim.replace('"0,0,0.5,0.5;"', '"0,0,0.5,0.5;",').strip() == mended.strip()


async def test_a_plain_list_satisfies_both_generations_of_the_api():
    cloud = vas([task(1)])
    await cloud.video_ocr().page(JobQuery(limit=500))
    assert str(cloud.requests[0].url) == (
        "https://iva.cn-north-4.myhuaweicloud.com/v2/6204a5bd270343b5885144cf9c8c158d/services/video-ocr/tasks"
        "?limit=100&offset=0&order=created_at%3ADESC"
    )
    assert cloud.budget.taken == [("media-cn/video-ocr", 5)]


async def test_the_account_may_set_another_endpoint_and_rate():
    cloud = vas([])
    subject = cloud.video_ocr(endpoints={"video-ocr": "http://127.0.0.1:9100/"}, requests_per_second={"video-ocr": 2.5})
    await subject.page(JobQuery())
    assert str(cloud.requests[0].url).startswith("http://127.0.0.1:9100/v2/6204")
    assert cloud.budget.taken == [("media-cn/video-ocr", 2.5)]


async def test_pages_follow_each_other_to_the_last():
    subject = vas([task(number) for number in range(25)]).video_ocr()
    seen: list[int] = []
    cursor = None
    totals: set[int | None] = set()
    for _ in range(3):
        page = await subject.page(JobQuery(limit=10), cursor)
        seen += numbers(page.jobs)
        totals.add(page.total)
        cursor = page.cursor
    assert seen == list(range(25))
    assert cursor is None
    assert totals == {25}


async def test_no_page_is_requested_beyond_the_highest_offset():
    cloud = Cloud({TASKS: lambda _: {"count": 200_000, "tasks": [task(1)] * 2}})
    page = await cloud.video_ocr().page(JobQuery(limit=2), '{"":99998}')
    assert page.cursor == '{"":100000}'
    assert (await cloud.video_ocr().page(JobQuery(limit=2), page.cursor)).cursor is None


@pytest.mark.parametrize("count", [30, "30"])
async def test_short_pages_follow_each_other_to_the_count(count: Any):
    found = await pages(short_pages([task(number) for number in range(30)], count=count).video_ocr(), JobQuery())
    assert [number for page in found for number in numbers(page.jobs)] == list(range(30))
    assert [page.total for page in found] == [30] * 6


async def test_a_list_without_a_count_ends_with_an_empty_page():
    found = await pages(short_pages([task(number) for number in range(12)]).video_ocr(), JobQuery())
    assert [numbers(page.jobs) for page in found] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11], []]
    assert {page.total for page in found} == {None}


async def test_lists_of_several_words_without_a_count_end_independently():
    words = ("FAILED", "CREATE_FAILED", "START_FAILED")
    cloud = short_pages([task(number, words[number // 6 % 3]) for number in range(40)])
    found = await pages(cloud.video_ocr(), JobQuery(states=FAILED, limit=4))
    assert sorted(number for page in found for number in numbers(page.jobs)) == list(range(40))


@pytest.mark.parametrize("items", [[task(1), task(2)], [None, 7], [None, task(1)]], ids=["jobs", "odd", "both"])
@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_a_list_without_a_count_ends_where_it_repeats(items: list[Any], limit: int):
    cloud = Cloud({TASKS: lambda _: {"tasks": items}})
    found = await pages(cloud.video_ocr(), JobQuery(limit=limit))
    assert [(page.jobs, page.malformed, page.cursor) for page in found[1:]] == [((), 0, None)]


async def test_a_list_that_begins_with_a_job_in_a_new_state_repeats():
    states = iter(("RUNNING", "SUCCEEDED"))
    cloud = Cloud({TASKS: lambda _: {"tasks": [task(1, next(states)), task(2)]}})
    assert [numbers(page.jobs) for page in await pages(cloud.video_ocr(), JobQuery())] == [[1, 2], []]


async def test_a_state_is_requested_word_by_word_and_merged_newest_first():
    words = ("FAILED", "RUNNING", "CREATE_FAILED", "START_FAILED")
    cloud = vas([task(number, words[number % 4]) for number in range(40)])
    subject = cloud.video_ocr()
    failed = [number for number in range(40) if number % 4 != 1]
    first = await subject.page(JobQuery(states=FAILED, limit=20))
    assert {asked["state"] for asked in cloud.asked} == {"FAILED", "CREATE_FAILED", "START_FAILED"}
    assert len(cloud.requests) == 3
    second = await subject.page(JobQuery(states=FAILED, limit=20), first.cursor)
    assert numbers(first.jobs) == failed[:20]
    assert numbers(second.jobs) == failed[20:]
    assert (first.total, second.total, second.cursor) == (30, 30, None)


async def test_an_unlisted_word_cannot_be_requested_so_all_are():
    cloud = vas([task(1, "RUNNING"), task(2, "FROZEN"), task(3, "BRAND_NEW")])
    page = await cloud.video_ocr().page(JobQuery(states=frozenset({JobState.UNKNOWN}), limit=10))
    assert [asked.get("state") for asked in cloud.asked] == [None]
    assert numbers(page.jobs) == [2, 3]
    assert page.total is None


@pytest.mark.parametrize("query", [JobQuery(kind="transcode"), JobQuery(media="3d3d")])
async def test_filters_that_no_job_fits_need_no_request(query: JobQuery):
    cloud = vas([task(1)])
    page = await cloud.video_ocr().page(query)
    assert (page.jobs, page.total, cloud.requests) == ((), 0, [])


@pytest.mark.parametrize("name", ["job-2", "任务_1"])
async def test_a_name_that_the_api_accepts_is_sent(name: str):
    cloud = vas([task(1), task(2)])
    await cloud.video_ocr().page(JobQuery(name=name, limit=10))
    assert cloud.asked[0]["name_like"] == name
    assert cloud.asked[0]["limit"] == "10"


@pytest.mark.parametrize("name", ["a b", "x" * 101, "a%"])
async def test_any_other_name_is_filtered_here(name: str):
    cloud = vas([task(1), task(2, name=f"see {name}!")])
    page = await cloud.video_ocr().page(JobQuery(name=name.upper(), limit=10))
    assert "name_like" not in cloud.asked[0]
    assert cloud.asked[0]["limit"] == "100"
    assert (numbers(page.jobs), page.total) == ([2], None)


async def test_a_part_of_an_id_is_sent_in_lower_case_where_the_api_accepts_it():
    cloud = vas([task(0xF1), task(2)])
    assert numbers((await cloud.video_ocr().page(JobQuery(id_part="F1"))).jobs) == [0xF1]
    await cloud.video_ocr().page(JobQuery(id_part="f-1"))
    assert [asked.get("id_like") for asked in cloud.asked] == ["f1", None]


async def test_times_are_sent_in_milliseconds():
    cloud = vas([task(number) for number in range(10)])
    since, until = START - timedelta(minutes=5), START - timedelta(minutes=2)
    page = await cloud.video_ocr().page(JobQuery(since=since, until=until))
    assert numbers(page.jobs) == [2, 3, 4, 5]
    assert page.total == 4
    assert [asked["created_since"] for asked in cloud.asked] == [str(int(since.timestamp()) * 1000)]


async def test_a_wrong_unit_of_times_is_detected():
    cloud = vas([task(number) for number in range(10)], instants_per_second=1)
    subject = cloud.video_ocr()
    query = JobQuery(since=START - timedelta(minutes=3), until=START - timedelta(minutes=2))
    assert numbers((await subject.page(query)).jobs) == [2, 3]
    cloud.requests.clear()
    assert numbers((await subject.page(query)).jobs) == [2, 3]
    assert ["created_since" in asked for asked in cloud.asked] == [False]


async def test_times_that_the_api_refuses_are_applied_here():
    def listed(asked: httpx.QueryParams) -> Json | httpx.Response:
        return refused("IVA.0004") if "created_since" in asked else {"count": 2, "tasks": [task(1), task(9)]}

    page = await Cloud({TASKS: listed}).video_ocr().page(JobQuery(since=START - timedelta(minutes=5)))
    assert numbers(page.jobs) == [1]


async def test_an_empty_answer_is_believed_once_times_are_proven():
    cloud = vas([task(100)])
    subject = cloud.video_ocr()
    for _ in range(2):
        assert (await subject.page(JobQuery(since=START))).jobs == ()
    assert ["created_since" in asked for asked in cloud.asked] == [True, False, True, True]


async def test_another_invalid_query_is_not_blamed_on_the_times():
    def listed(asked: httpx.QueryParams) -> Json | httpx.Response:
        return refused("IVA.0004") if "name_like" in asked else {"count": 1, "tasks": [task(1)]}

    with pytest.raises(InvalidQuery):
        await Cloud({TASKS: listed}).video_ocr().page(JobQuery(name="x", since=START - timedelta(minutes=5)))


async def test_no_page_follows_jobs_that_are_too_old():
    cloud = Cloud({TASKS: lambda _: {"count": 500, "tasks": [task(number) for number in range(100)]}})
    page = await cloud.video_ocr().page(JobQuery(since=START - timedelta(minutes=5)))
    assert numbers(page.jobs) == [0, 1, 2, 3, 4, 5]
    assert page.cursor is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "{}",
        "[]",
        "7",
        "not JSON",
        '{"RUNNING":0}',
        '{"":-1}',
        '{"":"0"}',
        '{"":true}',
        '{"":[]}',
        '{"":[1,2,3]}',
        '{"":["1"]}',
    ],
)
async def test_a_cursor_of_another_list_is_refused(cursor: str):
    with pytest.raises(InvalidQuery):
        await vas([task(1)]).video_ocr().page(JobQuery(), cursor)


async def test_a_job_finishes_at_its_last_change():
    tasks = [
        task(1, "SUCCEEDED", updated_at="2026-11-22T12:30:00Z"),
        task(2, "ABNORMAL", updated_at="2026-11-22T12:30:00Z", error={"code": "ALG.002"}),
        task(3, "START_FAILED", error={"code": "ALG.002", "message": "no input"}),
    ]
    done, abnormal, failed = (await vas(tasks).video_ocr().page(JobQuery())).jobs
    assert done.finished_at == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    assert done.duration_s == 31 * 60
    assert (abnormal.finished_at, abnormal.error) == (None, None)
    assert abnormal.notes == ("running abnormally; may recover",)
    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("ALG.002", "no input")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "obs", "data": [{"bucket": "b", "path": f"{number}.mp4"} for number in range(5)]},
         "obs://b/0.mp4, obs://b/1.mp4, obs://b/2.mp4 and 2 more"),
        ({"type": "obs", "data": [{"bucket": "b"}, {"path": "nowhere"}, "odd"]}, "obs://b/"),
        ({"type": "obs"}, "obs"),
        ({"type": "url", "data": [{"url": "https://user:SECRET@example.com/a"}]}, "url"),
        ({"type": "vcn", "vcn": {"username": "SECRET"}}, "vcn"),
        (None, None),
    ],
)  # fmt: skip
async def test_what_a_job_reads(value: Any, text: str | None):
    (job,) = (await vas([task(1, input=value)]).video_ocr().page(JobQuery())).jobs
    assert job.input == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"obs": {"bucket": "b", "path": "/out/"}, "webhook": {"url": "https://SECRET"}}, "obs://b/out/, webhook"),
        ({"dis": {"stream_name": "s"}, "hosting": None}, "dis"),
        ({}, None),
    ],
)
async def test_where_a_job_writes(value: Any, text: str | None):
    (job,) = (await vas([task(1, output=value)]).video_ocr().page(JobQuery())).jobs
    assert job.output == text


async def test_a_few_jobs_are_looked_up_one_by_one():
    cloud = vas([task(1), task(2)])
    lookup = await cloud.video_ocr().lookup([f"{number:032x}" for number in (2, 1)])
    assert sorted(cloud.paths) == [f"{TASKS}/{1:032x}", f"{TASKS}/{2:032x}"]
    assert sorted(numbers(lookup.found)) == [1, 2]
    assert all(job.raw is not None and job.raw["id"] == job.id for job in lookup.found)


async def test_a_job_that_the_service_does_not_know_is_missing_and_a_wrong_gateway_is_not_that():
    missing = f"{1:032x}"
    cloud = vas([task(2)])
    cloud.answers[f"{TASKS}/{missing}"] = lambda _: refused("IVA.0005", 404)
    assert (await cloud.video_ocr().lookup([missing])).missing == (missing,)
    assert [asked.get("id_like") for asked in cloud.asked] == [None, missing]
    with pytest.raises(NotOffered):
        await Cloud({}).video_ocr().lookup([missing])


@pytest.mark.parametrize("listed", [refused("IVA.0005", 404), refused("APIGW.0101", 404), refused("NEW.1", 404)])
async def test_a_service_that_neither_shows_nor_lists_makes_no_job_missing(listed: httpx.Response):
    gone = f"{1:032x}"
    cloud = Cloud({f"{TASKS}/{gone}": lambda _: refused("IVA.0005", 404), TASKS: lambda _: listed})
    with pytest.raises((NotOffered, Rejected)):
        await cloud.video_ocr().lookup([gone])
    assert (await cloud.video_ocr().lookup([gone, "no such id"])).missing == ("no such id",)


async def test_a_list_that_ignores_the_id_and_continues_makes_no_job_missing():
    endless = vas([task(number) for number in range(1, 200)]).answers[TASKS]
    gone = f"{999:032x}"
    cloud = Cloud({f"{TASKS}/{gone}": lambda _: refused("IVA.0005", 404), TASKS: endless})
    with pytest.raises(NotOffered) as caught:
        await cloud.video_ocr().lookup([gone])
    assert caught.value.code == "IVA.0005"


async def test_a_listed_job_is_found_for_any_error_of_its_detail():
    listed = f"{1:032x}"
    cloud = vas([task(1)])
    cloud.answers[f"{TASKS}/{listed}"] = lambda _: refused("IVA.0005", 404)
    assert numbers((await cloud.video_ocr().lookup([listed])).found) == [1]


@pytest.mark.parametrize(
    ("job_id", "part"), [("26f06524-4f75-4b3a-a853-b649a21aaf01", "26f06524"), ("taskAB_cde12", "task"), ("A-B", None)]
)
async def test_the_list_gets_the_accepted_part_of_an_id(job_id: str, part: str | None):
    cloud = vas([])
    cloud.answers[f"{TASKS}/{job_id}"] = lambda _: refused("IVA.0005", 404)
    assert (await cloud.video_ocr().lookup([job_id])).missing == (job_id,)
    assert cloud.asked[-1].get("id_like") == part


async def test_many_jobs_are_read_from_the_list_as_long_as_that_pays():
    cloud = vas([task(number) for number in range(1, 301)])
    asked = [*range(1, 41), 250]
    lookup = await cloud.video_ocr().lookup([f"{number:032x}" for number in asked])
    assert sorted(numbers(lookup.found)) == asked
    assert cloud.paths == [TASKS, TASKS, f"{TASKS}/{250:032x}"]
    assert all(job.raw for job in lookup.found)


async def test_of_many_jobs_those_that_a_list_of_one_page_leaves_out_are_missing():
    cloud = vas([task(number) for number in range(1, 11)])
    lookup = await cloud.video_ocr().lookup([f"{number:032x}" for number in range(5, 15)])
    assert sorted(numbers(lookup.found)) == [5, 6, 7, 8, 9, 10]
    assert sorted(lookup.missing) == [f"{number:032x}" for number in range(11, 15)]
    assert cloud.paths == [TASKS]


async def test_of_many_jobs_none_is_missing_where_an_entry_of_the_list_cannot_be_read():
    cloud = Cloud({TASKS: lambda _: {"count": 11, "tasks": [*(task(number) for number in range(1, 11)), None]}})
    lookup = await cloud.video_ocr().lookup([f"{number:032x}" for number in range(5, 12)])
    assert (len(lookup.found), lookup.missing, len(lookup.unanswered)) == (6, (), 1)


async def test_one_job_that_cannot_be_looked_up_does_not_hide_the_other():
    first, second = f"{1:032x}", f"{2:032x}"
    cloud = vas([task(1)])
    cloud.answers[f"{TASKS}/{second}"] = lambda _: refused("IVA.0006", 500)
    lookup = await cloud.video_ocr().lookup([first, second])
    assert numbers(lookup.found) == [1]
    ((job_id, error),) = lookup.unanswered
    assert (job_id, type(error), error.service) == (second, Unavailable, "video-ocr")
    assert len(cloud.requests) == 1 + 3


async def test_an_answer_without_a_job_is_malformed():
    cloud = Cloud({f"{TASKS}/{1:032x}": lambda _: {"name": "nobody"}})
    ((job_id, error),) = (await cloud.video_ocr().lookup([f"{1:032x}"])).unanswered
    assert (job_id, type(error), error.message) == (f"{1:032x}", Malformed, "an entry without an id")
