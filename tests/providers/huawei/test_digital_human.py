"""MetaStudio's videos: the requests, and the jobs read from the replies."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from providers.errors import NotOffered, Unavailable
from providers.models import SHOWN_ALONE, JobQuery, JobState
from tests.providers.huawei.cloud import Cloud, Json, fixture, refused

VIDEOS = "digital-human-videos"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LONG_AGO = "2020-01-01T00:00:00Z"


def video(number: int, state: str = "SUCCEED", **more: Any) -> Json:
    """Return a video that is `number` hours old."""
    return {
        "job_id": f"video-{number}",
        "state": state,
        "create_time": (START - timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }


def metastudio(videos: Sequence[Json], *, takes_many_ids: bool = True) -> Cloud:
    """Return a MetaStudio that lists the last month unless a start is given."""

    def listed(asked: httpx.QueryParams) -> Json:
        month_ago = (START - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = [one for one in videos if one["create_time"] >= asked.get("create_since", month_ago)]
        ids = asked.get_list("job_id") or (asked.get_list("job_ids") if takes_many_ids else [])
        shown = [one for one in shown if not ids or one["job_id"] in ids]
        states = asked.get("state")
        shown = [one for one in shown if states is None or one["state"] in states.split(",")]
        offset = int(asked["offset"])
        return {"count": len(shown), "jobs": shown[offset : offset + int(asked["limit"])]}

    return Cloud({VIDEOS: listed})


def names(jobs: Sequence[Any]) -> list[str]:
    return [job.id for job in jobs]


def names_of(videos: Sequence[Json]) -> list[str]:
    return [one["job_id"] for one in videos]


async def test_the_vendors_example():
    page = await Cloud({VIDEOS: lambda _: fixture("metastudio_videos")}).digital_human().page(JobQuery())
    (job,) = page.jobs
    assert (job.id, job.name, job.state, job.raw_state, job.kind) == (
        "26f06524-4f75-4b3a-a853-b649a21aaf66",
        "One Day",
        JobState.SUCCEEDED,
        "SUCCEED",
        None,
    )
    assert job.created_at == datetime(2022, 11, 30, 6, 59, 56, tzinfo=UTC)
    assert job.updated_at == datetime(2022, 11, 30, 7, 0, 9, tzinfo=UTC)
    # The example starts ten months before it was created.
    assert job.started_at == datetime(2022, 1, 18, 16, 29, 36, tzinfo=UTC)
    assert job.duration_s == 60
    assert job.output == "942e65a5fd219a2e01fb08d881cfadb9"
    assert job.attributes == {"Video length": "60 s"}
    assert "png" not in page.jobs[0].model_dump_json()


def test_the_fixture_holds_no_key():
    assert "AccessKeyId=****&Expires=1671241457&Signature=****" in str(fixture("metastudio_videos"))


async def test_a_plain_list_is_newest_first_and_of_the_last_month():
    cloud = metastudio([video(number) for number in range(3)])
    await cloud.digital_human().page(JobQuery(limit=10))
    assert str(cloud.requests[0].url) == (
        "https://metastudio.cn-north-4.myhuaweicloud.com/v1/6204a5bd270343b5885144cf9c8c158d/digital-human-videos"
        "?limit=10&offset=0&sort_dir=desc&sort_key=create_time"
    )
    assert cloud.budget.taken == [("media-cn/digital-human", 10)]


async def test_pages_follow_each_other_to_the_last():
    subject = metastudio([video(number) for number in range(25)]).digital_human()
    first = await subject.page(JobQuery(limit=20))
    second = await subject.page(JobQuery(limit=20), first.cursor)
    assert names(first.jobs) + names(second.jobs) == [f"video-{number}" for number in range(25)]
    assert (first.total, second.total, second.cursor) == (25, 25, None)


async def test_states_are_requested_together():
    cloud = metastudio([video(1, "WAITING"), video(2, "PROCESSING"), video(3)])
    states = frozenset({JobState.PENDING, JobState.RUNNING})
    page = await cloud.digital_human().page(JobQuery(states=states))
    assert names(page.jobs) == ["video-1", "video-2"]
    assert [asked["state"] for asked in cloud.asked] == ["WAITING,PROCESSING"]
    assert page.total == 2


async def test_an_unknown_state_is_filtered_here():
    cloud = metastudio([video(1, "BLOCK"), video(2), video(3, "MOONWALKING")])
    page = await cloud.digital_human().page(JobQuery(states=frozenset({JobState.UNKNOWN}), limit=5))
    assert names(page.jobs) == ["video-1", "video-3"]
    assert ("state" in cloud.asked[0], cloud.asked[0]["limit"], page.total) == (False, "100", None)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        (JobQuery(), None, None),
        (JobQuery(since=START), "2026-11-22T12:00:00Z", None),
        (JobQuery(until=START), LONG_AGO, "2026-11-22T12:00:00Z"),
        (JobQuery(name="One"), LONG_AGO, None),
        (JobQuery(id_part="26f"), LONG_AGO, None),
    ],
)
async def test_a_query_beyond_the_last_month_has_a_start(query: JobQuery, since: str | None, until: str | None):
    cloud = metastudio([])
    await cloud.digital_human().page(query)
    assert (cloud.asked[0].get("create_since"), cloud.asked[0].get("create_until")) == (since, until)
    assert "asset_name" not in cloud.asked[0]


@pytest.mark.parametrize("spelling", ["PHOTO_DIGITAL_HUMAN_VIDEO", "digital_human_photo_video"])
async def test_both_spellings_of_a_photo_video_are_one_kind(spelling: str):
    cloud = metastudio([video(1, job_type="DIGITAL_HUMAN_PHOTO_VIDEO"), video(2)])
    page = await cloud.digital_human().page(JobQuery(kind=spelling))
    assert cloud.asked[0]["job_type"] == "PHOTO_DIGITAL_HUMAN_VIDEO"
    # The second has no type, so it gets the requested one.
    assert [job.kind for job in page.jobs] == ["PHOTO_DIGITAL_HUMAN_VIDEO"] * 2


async def test_a_part_of_a_kind_is_filtered_here():
    cloud = metastudio([video(1, job_type="DIGITAL_HUMAN_PHOTO_VIDEO"), video(2)])
    page = await cloud.digital_human().page(JobQuery(kind="photo"))
    assert "job_type" not in cloud.asked[0]
    assert names(page.jobs) == ["video-1"]


async def test_media_needs_no_request():
    cloud = metastudio([video(1)])
    assert (await cloud.digital_human().page(JobQuery(media="x"))).jobs == ()
    assert cloud.requests == []


async def test_one_job_is_looked_up_at_any_age():
    cloud = metastudio([video(24 * 90), video(1)])
    lookup = await cloud.digital_human().lookup([f"video-{24 * 90}"])
    assert names(lookup.found) == [f"video-{24 * 90}"]
    assert [(asked["job_id"], asked["create_since"]) for asked in cloud.asked] == [(f"video-{24 * 90}", LONG_AGO)]


async def test_many_jobs_are_one_request():
    cloud = metastudio([video(number) for number in range(60)])
    lookup = await cloud.digital_human().lookup([f"video-{number}" for number in range(10, 70, 2)])
    assert len(lookup.found) == 25
    assert len(lookup.missing) == 5
    assert len(cloud.requests) == 1
    assert cloud.asked[0].get_list("job_ids") == sorted(f"video-{number}" for number in range(10, 70, 2))


@pytest.mark.parametrize(("count", "requests"), [({}, 7), ({"count": 26}, 6)])
async def test_many_jobs_on_short_pages_are_all_read(count: Json, requests: int):
    videos = [video(number) for number in range(26)]
    cloud = Cloud({VIDEOS: lambda asked: {"jobs": videos[int(asked["offset"]) :][:5], **count}})
    subject = cloud.digital_human()
    lookup = await subject.lookup([*names_of(videos), "gone"])
    assert (sorted(names(lookup.found)), lookup.missing) == (sorted(names_of(videos)), ("gone",))
    assert len(cloud.requests) == requests
    cloud.requests.clear()
    assert len((await subject.lookup(names_of(videos))).found) == 26
    assert len(cloud.requests) == 6


async def test_an_api_that_ignores_many_ids_is_detected_once():
    cloud = metastudio([video(number) for number in range(300)], takes_many_ids=False)
    subject = cloud.digital_human()
    assert names((await subject.lookup(["video-1", "video-2"])).found) == ["video-1", "video-2"]
    assert len(cloud.requests) == 3
    cloud.requests.clear()
    many = [f"video-{number}" for number in range(10)]
    assert names((await subject.lookup(many)).found) == many
    assert ["job_ids" in asked for asked in cloud.asked] == [False]


async def test_an_api_that_refuses_many_ids_gets_one_at_a_time():
    cloud = metastudio([video(1), video(2)])
    answer = cloud.answers[VIDEOS]
    cloud.answers[VIDEOS] = lambda asked: refused("MSS.00000003") if "job_ids" in asked else answer(asked)
    subject = cloud.digital_human()
    assert names((await subject.lookup(["video-1", "video-2"])).found) == ["video-1", "video-2"]
    await subject.lookup(["video-1", "video-2"])
    assert sum("job_ids" in asked for asked in cloud.asked) == 1


async def test_nothing_found_together_is_not_yet_missing():
    cloud = metastudio([video(1), video(2)])
    answer = cloud.answers[VIDEOS]
    cloud.answers[VIDEOS] = lambda asked: {"count": 0, "jobs": []} if "job_ids" in asked else answer(asked)
    assert len((await cloud.digital_human().lookup(["video-1", "video-2"])).found) == 2


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("2D_DIGITAL_HUMAN_VIDEO", "2d-digital-human-videos"),
        ("DIGITAL_HUMAN_PHOTO_VIDEO", "photo-digital-human-videos"),
    ],
)
async def test_a_failure_without_a_reason_is_completed_from_the_detail(kind: str, path: str):
    cloud = metastudio([video(1, "FAILED", job_type=kind)])
    cloud.answers[f"{path}/video-1"] = lambda _: {"error_info": {"error_code": "MSS.7", "error_msg": "no voice"}}
    (job,) = (await cloud.digital_human().lookup(["video-1"])).found
    assert job.error is not None
    assert (job.error.code, job.error.message, job.unexplained) == ("MSS.7", "no voice", None)


@pytest.mark.parametrize(
    ("more", "unexplained"),
    [
        ({}, None),
        ({"job_type": "2D_DIGITAL_HUMAN_VIDEO"}, "couldn't get the reason from the provider (APIGW.0101)"),
    ],
    ids=["of no kind", "of a kind that has details"],
)
async def test_a_detail_that_is_not_offered_costs_only_the_reason(more: Json, unexplained: str | None):
    (job,) = (await metastudio([video(1, "FAILED", **more)]).digital_human().lookup(["video-1"])).found
    assert (job.error, job.unexplained) == (None, unexplained)


async def test_a_listed_failure_without_a_reason_says_where_it_may_be():
    kind = {"job_type": "2D_DIGITAL_HUMAN_VIDEO"}
    told = {"error_info": {"error_code": "MSS.7", "error_msg": "no voice"}}
    cloud = metastudio([video(1, "FAILED", **kind), video(2, "FAILED", **kind, **told), video(3, "FAILED"), video(4)])
    page = await cloud.digital_human().page(JobQuery())
    assert [job.unexplained for job in page.jobs] == [SHOWN_ALONE, None, None, None]


async def test_a_detail_without_a_reason_is_final():
    cloud = metastudio([video(1, "FAILED", job_type="2D_DIGITAL_HUMAN_VIDEO")])
    cloud.answers["2d-digital-human-videos/video-1"] = lambda _: {"error_info": None}
    (job,) = (await cloud.digital_human().lookup(["video-1"])).found
    assert (job.error, job.unexplained) == (None, None)


async def test_an_unreachable_cloud_answers_no_lookup():
    subject = Cloud({VIDEOS: lambda _: httpx.Response(503)}).digital_human()
    for ids in (["video-1"], ["video-1", "video-2"]):
        with pytest.raises(Unavailable):
            await subject.lookup(ids)
    with pytest.raises(NotOffered):
        await Cloud({}).digital_human().lookup(["video-1"])
