import asyncio
from collections.abc import Mapping

import httpx
import pytest

from providers.alibaba.kinds import Kinds
from providers.errors import Forbidden, InvalidQuery, Malformed, NotOffered, ProviderError, Throttled
from providers.models import Filter, JobQuery, JobState
from tests.providers.alibaba.cloud import Cloud, Json, refused

OBJECTS = {
    "transcode": "TranscodeJobDetail",
    "ai": "AIJobDetail",
    "snapshot": "SnapshotJobDetail",
    "workflow": "WorkflowTaskDetail",
}
UNKNOWN = {
    "empty objects": {},
    "null objects": dict.fromkeys(OBJECTS.values()),
    "a code": refused("InvalidJobId.NotFound", 404),
    "a code at another status": refused("JobNotExist", 400),
    "a code in another case": refused("invalidjob.notfound", 404),
}
WRONG = refused("InvalidParameter", 400, "The specified parameter is not valid.")
MAY_BE_THE_KIND = {
    "a refusal that says nothing": WRONG,
    "a parameter error": refused("InvalidParameter", 400, 'The specified parameter "JobId" is not valid.'),
    "an invalid id": refused("InvalidJobId", 400, "bad id"),
    "an invalid type": refused("InvalidJobType", 400, "job type mismatch"),
}


def vod(jobs: Mapping[str, str], unknown: Json | httpx.Response | None = None) -> Cloud:
    """Return a VOD with these jobs: id to kind."""

    def job_detail(asked: Mapping[str, str]) -> Json | httpx.Response:
        job_id, kind = asked["JobId"], asked["JobType"]
        if jobs.get(job_id) != kind:
            return unknown if unknown is not None else {}
        return {"JobType": kind, OBJECTS[kind]: {"TaskId" if kind == "workflow" else "JobId": job_id, "Status": "x"}}

    return Cloud(GetJobDetail=job_detail)


@pytest.mark.parametrize("kind", OBJECTS)
async def test_a_known_kind_is_one_request(kind: str):
    cloud = vod({"j1": kind})
    (job,) = (await cloud.vod_jobs().lookup(["j1"], {"j1": kind.upper()})).found
    assert (job.id, job.kind) == ("j1", kind)
    assert cloud.asked("GetJobDetail") == [{"JobId": "j1", "JobType": kind}]


@pytest.mark.parametrize(("kind", "requests"), [("transcode", 1), ("ai", 2), ("snapshot", 3), ("workflow", 4)])
@pytest.mark.parametrize("unknown", [*UNKNOWN.values(), *MAY_BE_THE_KIND.values()], ids=[*UNKNOWN, *MAY_BE_THE_KIND])
async def test_an_unknown_kind_is_found_by_trying(kind: str, requests: int, unknown: Json | httpx.Response):
    cloud = vod({"j1": kind}, unknown)
    (job,) = (await cloud.vod_jobs().lookup(["j1"])).found
    assert (job.id, job.kind) == ("j1", kind)
    assert len(cloud.requests) == requests


async def test_a_kind_found_is_remembered():
    cloud = vod({"j1": "workflow"})
    provider = cloud.vod_jobs()
    await provider.lookup(["j1"])
    await provider.lookup(["j1"])
    assert len(cloud.requests) == 5


@pytest.mark.parametrize("unknown", [{}, WRONG], ids=["nothing", "a refusal"])
async def test_a_known_kind_is_tried_first_and_the_others_after_it(unknown: Json | httpx.Response):
    jobs = {"j1": "snapshot"}
    cloud = vod(jobs, unknown)
    provider = cloud.vod_jobs()
    await provider.lookup(["j1"])
    jobs["j1"] = "ai"
    cloud.requests.clear()
    assert [job.kind for job in (await provider.lookup(["j1"])).found] == ["ai"]
    assert [job.kind for job in (await provider.lookup(["j1"], {"j1": "workflow"})).found] == ["ai"]
    assert [job.kind for job in (await provider.lookup(["j1"])).found] == ["ai"]
    kinds = [asked["JobType"] for asked in cloud.asked("GetJobDetail")]
    assert kinds == ["snapshot", "transcode", "ai", "workflow", "transcode", "ai", "ai"]


async def test_a_refusal_is_raised_where_no_kind_has_the_job():
    def answer(asked: Mapping[str, str]) -> Json | httpx.Response:
        return WRONG if asked["JobType"] == "snapshot" else refused("InvalidJobId.NotFound", 404)

    cloud = Cloud(GetJobDetail=answer)
    with pytest.raises(InvalidQuery) as told:
        await cloud.vod_jobs().lookup(["j1"])
    assert (told.value.code, told.value.service) == ("InvalidParameter", "vod-jobs")
    assert len(cloud.requests) == len(OBJECTS)


async def test_a_kind_that_is_none_is_not_believed():
    cloud = vod({"j1": "ai"})
    assert len((await cloud.vod_jobs().lookup(["j1"], {"j1": "AIVideoTag"})).found) == 1


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
async def test_an_unknown_id_is_missing(unknown: Json | httpx.Response):
    cloud = vod({}, unknown)
    answer = await cloud.vod_jobs().lookup(["j1", "no such id"])
    assert sorted(answer.missing) == ["j1", "no such id"]
    assert (answer.found, answer.unanswered) == ((), ())
    assert len(cloud.requests) == len(OBJECTS)


async def test_objects_of_other_types_are_ignored():
    everything = {name: {"JobId": "j1", "TaskId": "j1", "Status": "x"} for name in OBJECTS.values()}
    cloud = Cloud(GetJobDetail=lambda _: everything)
    (job,) = (await cloud.vod_jobs().lookup(["j1"], {"j1": "snapshot"})).found
    assert job.kind == "snapshot"


async def test_each_id_is_in_one_part_of_the_result():
    def answer(asked: Mapping[str, str]) -> Json | httpx.Response:
        if asked["JobId"] == "late":
            return refused("Throttling", x_acs_retry_after="60000")
        return {"TranscodeJobDetail": {"JobId": "j1", "Status": "x"}} if asked["JobId"] == "j1" else {}

    found = await Cloud(GetJobDetail=answer).vod_jobs().lookup(["gone", "late", "j1", "j1 ", "5c9d****"])
    assert [job.id for job in found.found] == ["j1"]
    assert found.missing == ("gone", "5c9d****")
    assert [(one.id, type(one.error)) for one in found.unanswered] == [("late", Throttled)]


async def test_only_nothing_answered_raises():
    cloud = Cloud(GetJobDetail=lambda _: refused("Forbidden.RAM", 403))
    with pytest.raises(Forbidden):
        await cloud.vod_jobs().lookup(["j1", "j2"])
    assert (await cloud.vod_jobs().lookup(["j1", "no such id"])).missing == ("no such id",)


async def test_an_error_half_way_is_no_proof_that_a_job_is_missing():
    def answer(asked: Mapping[str, str]) -> Json | httpx.Response:
        return refused("Forbidden.RAM", 403) if asked["JobType"] == "ai" else {}

    with pytest.raises(Forbidden):
        await Cloud(GetJobDetail=answer).vod_jobs().lookup(["j1"])


async def test_a_wrong_question_is_not_a_missing_job():
    cloud = vod({}, refused("InvalidParameter", 400, "The specified parameter Version is not valid."))
    with pytest.raises(NotOffered):
        await cloud.vod_jobs().lookup(["j1"])
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("unknown", MAY_BE_THE_KIND.values(), ids=MAY_BE_THE_KIND)
async def test_a_parameter_error_of_every_kind_is_no_missing_job(unknown: httpx.Response):
    cloud = vod({}, unknown)
    with pytest.raises(InvalidQuery):
        await cloud.vod_jobs().lookup(["j1"])
    assert len(cloud.requests) == len(OBJECTS)


async def test_ids_are_looked_up_in_parallel():
    waiting, at_once = 0, 0

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal waiting, at_once
            waiting += 1
            at_once = max(at_once, waiting)
            for _ in range(20):
                await asyncio.sleep(0)
            waiting -= 1
            job_id = request.url.params["JobId"]
            return httpx.Response(200, json={"TranscodeJobDetail": {"JobId": job_id, "Status": "Submitted"}})

    ids = [f"j{n}" for n in range(12)]
    provider = Cloud().vod_jobs_over(httpx.AsyncClient(transport=Slow()))
    assert [job.id for job in (await provider.lookup(ids)).found] == ids
    assert 1 < at_once <= 4


def entry(job_id: str, day: int | None, status: str = "x") -> Json:
    return {"JobId": job_id, "Status": status, "CreateTime": f"2026-01-{day:02}T00:00:00Z" if day else None}


def media(**kinds: object) -> Cloud:
    """Return a VOD with one media that has these jobs, by kind."""
    return Cloud(ListJobInfo=lambda asked: {"JobInfoList": kinds.get(asked["JobType"], [])})


async def test_a_media_lists_its_jobs_of_all_kinds_newest_first():
    cloud = media(transcode=[entry("a", 1), entry("b", 9)], snapshot=[entry("c", 5)], ai=[entry("d", None)])
    page = await cloud.vod_jobs().page(JobQuery(media="m1"))
    assert [job.id for job in page.jobs] == ["b", "c", "a", "d"]
    assert [job.kind for job in page.jobs] == ["transcode", "snapshot", "transcode", "ai"]
    assert {job.media for job in page.jobs} == {"m1"}
    assert (page.total, page.cursor, page.request_id, page.malformed) == (4, None, "ID", 0)
    assert sorted(asked["JobType"] for asked in cloud.asked("ListJobInfo")) == ["ai", "snapshot", "transcode"]
    assert {asked["MediaId"] for asked in cloud.asked("ListJobInfo")} == {"m1"}


@pytest.mark.parametrize(("part", "kinds"), [("AI", ["ai"]), ("s", ["snapshot", "transcode"]), ("workflow", [])])
async def test_a_kind_narrows_the_requests(part: str, kinds: list[str]):
    cloud = media(transcode=[entry("a", 1)], snapshot=[entry("c", 5)], ai=[entry("d", 3)])
    page = await cloud.vod_jobs().page(query := JobQuery(media="m1", kind=part))
    assert sorted(asked["JobType"] for asked in cloud.asked("ListJobInfo")) == kinds
    assert sorted(job.kind or "" for job in page.jobs) == kinds
    assert all(query.matches(job) for job in page.jobs)


async def test_a_list_is_paged():
    cloud = media(transcode=[entry(f"t{n}", n) for n in range(1, 6)])
    provider = cloud.vod_jobs()
    first = await provider.page(JobQuery(media="m1", limit=2))
    second = await provider.page(JobQuery(media="m1", limit=2), first.cursor)
    third = await provider.page(JobQuery(media="m1", limit=2), second.cursor)
    assert [[job.id for job in page.jobs] for page in (first, second, third)] == [["t5", "t4"], ["t3", "t2"], ["t1"]]
    assert (first.total, third.cursor) == (5, None)


@pytest.mark.parametrize("cursor", ["", "-1", "two", "٣"])
async def test_a_cursor_of_something_else_is_refused(cursor: str):
    with pytest.raises(InvalidQuery):
        await media().vod_jobs().page(JobQuery(media="m1"), cursor)


async def test_malformed_entries_are_counted():
    page = await media(ai=[None, entry("a", 1), {}]).vod_jobs().page(JobQuery(media="m1"))
    assert ([job.id for job in page.jobs], page.malformed) == (["a"], 2)


async def test_a_reply_without_a_list_is_malformed():
    with pytest.raises(Malformed, match="JobInfoList") as told:
        await Cloud(ListJobInfo=lambda _: {"message": "forbidden"}).vod_jobs().page(JobQuery(media="m1"))
    assert (told.value.account, told.value.service, told.value.request_id) == ("vod-sg", "vod-jobs", "ID")


async def test_a_listed_kind_is_remembered():
    cloud = media(ai=[entry("a", 1)])
    provider = cloud.vod_jobs()
    await provider.page(JobQuery(media="m1"))
    cloud.answers["GetJobDetail"] = lambda _: {"AIJobDetail": {"JobId": "a", "Status": "success"}}
    await provider.lookup(["a"])
    assert cloud.asked("GetJobDetail") == [{"JobId": "a", "JobType": "ai"}]


async def test_an_unknown_media_has_no_jobs():
    cloud = Cloud(ListJobInfo=lambda _: refused("InvalidVideo.NotFound", 404))
    assert (await cloud.vod_jobs().page(JobQuery(media="m1"))).total == 0


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (refused("Forbidden.RAM", 403), Forbidden),
        (refused("InvalidParameter", 400, "The specified parameter MediaId is not valid."), InvalidQuery),
    ],
)
async def test_a_kind_that_cannot_be_listed_fails_the_page(refusal: httpx.Response, error: type[ProviderError]):
    cloud = Cloud(ListJobInfo=lambda asked: refusal if asked["JobType"] == "ai" else {"JobInfoList": [entry("a", 1)]})
    with pytest.raises(error) as told:
        await cloud.vod_jobs().page(JobQuery(media="m1"))
    assert (told.value.account, told.value.service) == ("vod-sg", "vod-jobs")


@pytest.mark.parametrize("query", [JobQuery(), JobQuery(media=" "), JobQuery(states=frozenset({JobState.FAILED}))])
async def test_without_a_media_nothing_can_be_listed(query: JobQuery):
    with pytest.raises(NotOffered, match="media:ID"):
        await Cloud().vod_jobs().page(query)


async def test_a_masked_media_is_refused():
    with pytest.raises(InvalidQuery, match="masked"):
        await Cloud().vod_jobs().page(JobQuery(media="30e5d7****"))


def test_its_capabilities():
    can = Cloud().vod_jobs().capabilities
    assert (can.lists, can.lists_media, can.batch_max, can.requests_per_second) == (False, True, 1, 15)
    assert can.filters == {Filter.MEDIA, Filter.KIND}
    assert can.retention is not None
    assert can.retention.days == 183


def test_the_cache_of_kinds_is_bounded():
    kinds = Kinds(size=2)
    for job_id in ("a", "b", "a", "c"):
        kinds.remember(job_id, "ai")
    assert [kinds.get(job_id) for job_id in ("a", "b", "c")] == ["ai", None, "ai"]
