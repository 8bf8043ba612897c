"""The effect of VOD's refusals: found, missing or undecided, and in how many requests."""

from collections.abc import Mapping

import httpx
import pytest

from providers.errors import (
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.models import Job, JobQuery
from tests.providers.alibaba.cloud import Cloud, Json, refused

pytestmark = pytest.mark.usefixtures("no_backoff")

ID = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
MEDIA = "2dc1634e00000000003f1d22d1a0174f"
KINDS = ("transcode", "ai", "snapshot", "workflow")
XML = (
    '<?xml version="1.0"?><Error><RequestId>R1</RequestId><Code>{code}</Code><Message>No.</Message></Error>',
    "text/xml;charset=utf-8",
)
ROOT_ALONE = ('<Error xmlns="x"><Code><![CDATA[{code}]]></Code><Message>No.</Message></Error>', "text/plain")
PAGE = ("<html><head><title>Not Allowed</title></head><body>No.</body></html>", "text/html")


def answering(reply: httpx.Response) -> Cloud:
    """Return a VOD with one reply to every request."""

    def answer(_: Mapping[str, str]) -> httpx.Response:
        return reply

    return Cloud(GetJobDetail=answer, ListJobInfo=answer, ListAIJob=answer)


def body(text: str, content_type: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, text=text, headers={"content-type": content_type})


@pytest.mark.parametrize("kind", [*KINDS, None])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refused("InvalidAction.NotFound", 404, "no such api"), NotOffered),
        (refused("InvalidApi.NotFound", 404), NotOffered),
        (refused("InvalidVersion.NotFound", 404), NotOffered),
        (refused("InvalidProduct.NotFound", 404), NotOffered),
        (refused("InvalidRegionId.NotFound", 404), NotOffered),
        (refused("InvalidRegion.NotFound", 404), NotOffered),
        (refused("InvalidVideo.NotFound", 404), Rejected),
        (refused("InvalidStorage.NotFound", 404), Rejected),
        (refused("InvalidCateId.NotFound", 404), Rejected),
        (refused("InvalidEndpoint.NotFound", 404), Rejected),
        (refused("InvalidJobTemplate.NotExist", 404), Rejected),
        (refused("ResourceNotExist", 404), Rejected),
        (refused("NoSuchResource", 404), Rejected),
        (body(XML[0].format(code="InvalidAction.NotFound"), XML[1], 404), NotOffered),
        (body(*PAGE, status=404), NotOffered),
    ],
    ids=lambda value: value.text[:60] if isinstance(value, httpx.Response) else None,
)
async def test_a_missing_thing_other_than_the_job_is_an_error(
    reply: httpx.Response, error: type[ProviderError], kind: str | None
):
    cloud = answering(reply)
    kinds = {ID: kind} if kind else {}
    with pytest.raises(error) as caught:
        await cloud.vod_jobs().lookup([ID], kinds)
    assert type(caught.value) is error
    assert len(cloud.requests) == 1
    both = await cloud.vod_jobs().lookup([ID, "no such id"], kinds)
    assert (both.found, both.missing, [one.id for one in both.unanswered]) == ((), ("no such id",), [ID])
    with pytest.raises(error):
        await cloud.vod_ai().lookup([ID])


@pytest.mark.parametrize(
    "code", ["InvalidJob.NotFound", "InvalidJobId.NotFound", "invalidjobid.notexist", "TaskNotExists"]
)
@pytest.mark.parametrize("status", [200, 400, 404])
async def test_an_error_that_names_the_job_makes_it_missing(code: str, status: int):
    cloud = answering(refused(code, status))
    assert (await cloud.vod_jobs().lookup([ID])).missing == (ID,)
    assert (await cloud.vod_ai().lookup([ID])).missing == (ID,)


async def test_a_refusal_of_several_ids_names_none_of_them():
    with pytest.raises(Rejected):
        await answering(refused("InvalidJobId.NotFound", 404)).vod_ai().lookup([ID, MEDIA])


@pytest.mark.parametrize(
    "strange",
    [{}, {"message": "forbidden"}, {"RequestId": "R1", "Code": "InvalidParameter.Foo", "Message": "No."}],
    ids=str,
)
async def test_a_success_status_alone_makes_no_job_missing(strange: Json):
    ((job_id, error),) = (await answering(httpx.Response(200, json=strange)).vod_jobs().lookup([ID])).unanswered
    assert (job_id, type(error)) == (ID, Malformed)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidAction.NotFound", NotOffered),
        ("InvalidRegionId.NotFound", NotOffered),
        ("InvalidJobId.NotFound", Rejected),
        ("NoSuchResource", Rejected),
        ("Unheard.Of", Rejected),
    ],
)
async def test_a_media_whose_jobs_cannot_be_listed_is_no_media_without_jobs(code: str, error: type[ProviderError]):
    with pytest.raises(error):
        await answering(refused(code, 404)).vod_jobs().page(JobQuery(media=MEDIA))


@pytest.mark.parametrize("code", ["InvalidVideo.NotFound", "InvalidMediaId.NotFound", "MediaNotExist"])
async def test_a_media_that_does_not_exist_has_no_jobs(code: str):
    page = await answering(refused(code, 404)).vod_jobs().page(JobQuery(media=MEDIA))
    assert (page.jobs, page.total) == ((), 0)


@pytest.mark.parametrize(
    ("reply", "error", "requests"),
    [
        (refused("IllegalTimestamp"), Unauthorized, 1),
        (refused("InvalidTimeStamp.Expired"), Unauthorized, 1),
        (refused("SecurityTokenExpired", 403), Unauthorized, 1),
        (refused("MissingSecurityToken"), Unauthorized, 1),
        (refused("InvalidSecurityToken.Expired"), Unauthorized, 1),
        (refused("SignatureNonceUsed"), Unavailable, 2),
        (refused("Rejected.Throttling"), Throttled, 3),
        (refused("FlowControl"), Throttled, 3),
        (refused("FlowControlError"), Throttled, 3),
        (refused("Throttling.User"), Throttled, 3),
        (refused("SystemBusy"), Unavailable, 3),
        (refused("ServiceBusy", 403), Unavailable, 3),
        (refused("ServiceUnavailable"), Unavailable, 3),
        (body(*PAGE, status=405), NotOffered, 1),
        (body(*PAGE, status=407), Rejected, 1),
        (body(*PAGE, status=400), Rejected, 1),
        (refused("Unheard.Of"), Rejected, 1),
        (refused("Unheard.Of", 403), Rejected, 1),
        (refused("MissingJobType"), InvalidQuery, 1),
        (body(XML[0].format(code="Throttling.User"), XML[1]), Throttled, 3),
        (body(XML[0].format(code="Unheard.Of"), XML[1]), Rejected, 1),
        (body(ROOT_ALONE[0].format(code="Throttling.User"), ROOT_ALONE[1]), Throttled, 3),
        (refused("MissingSignatureMethod"), Unauthorized, 1),
        (refused("InvalidParameter", message="The action or version is not valid."), NotOffered, 1),
    ],
    ids=lambda value: value.text[:60] if isinstance(value, httpx.Response) else None,
)
async def test_a_refusal_is_retried_only_where_that_helps(
    reply: httpx.Response, error: type[ProviderError], requests: int
):
    cloud = answering(reply)
    with pytest.raises(error) as caught:
        await cloud.vod_jobs().lookup([ID])
    assert type(caught.value) is error
    assert caught.value.retryable is (requests > 1)
    assert len(cloud.requests) == requests
    assert {request.url.params["JobType"] for request in cloud.requests} == {"transcode"}


@pytest.mark.parametrize("busy", ["Rejected.Throttling", "FlowControl", "SystemBusy", "SignatureNonceUsed"])
async def test_a_temporary_error_is_retried_with_another_nonce(busy: str):
    replies = iter([refused(busy)])

    def answer(asked: Mapping[str, str]) -> Json | httpx.Response:
        return next(replies, {"TranscodeJobDetail": {"JobId": asked["JobId"], "Status": "Submitted"}})

    cloud = Cloud(GetJobDetail=answer)
    assert [job.id for job in (await cloud.vod_jobs().lookup([ID])).found] == [ID]
    assert len({request.headers["x-acs-signature-nonce"] for request in cloud.requests}) == 2


async def test_an_undocumented_refusal_is_raised_with_its_words():
    with pytest.raises(Rejected) as caught:
        await answering(refused("Unheard.Of", 400, "The moon is full.")).vod_jobs().lookup([ID])
    error = caught.value
    assert (error.code, error.message, error.kind, error.retryable) == (
        "Unheard.Of",
        "The moon is full.",
        "rejected",
        False,
    )


@pytest.mark.parametrize("code", ["Unheard.Of", "InvalidParameter.Foo"])
@pytest.mark.parametrize("name", ["Code", "code"])
async def test_an_empty_answer_with_a_code_is_no_proof_that_nothing_is_there(code: str, name: str):
    empty: Json = {name: code, "AIJobList": [], "JobInfoList": [], "TranscodeJobDetail": None}
    cloud = answering(httpx.Response(200, json=empty))
    ((_, error),) = (await cloud.vod_jobs().lookup([ID])).unanswered
    assert type(error) is Malformed
    with pytest.raises(Malformed):
        await cloud.vod_ai().lookup([ID])
    with pytest.raises(Malformed):
        await cloud.vod_jobs().page(JobQuery(media=MEDIA))


@pytest.mark.parametrize("code", ["Success", "OK", "200", 0])
async def test_a_code_of_success_takes_nothing_from_an_empty_answer(code: str | int):
    empty: Json = {"RequestId": "R1", "Code": code, "AIJobList": [], "JobInfoList": []}
    cloud = answering(httpx.Response(200, json=empty))
    assert (await cloud.vod_ai().lookup([ID])).missing == (ID,)
    assert (await cloud.vod_jobs().lookup([ID])).missing == (ID,)
    assert (await cloud.vod_jobs().page(JobQuery(media=MEDIA))).total == 0


REASON = {"TranscodeJobId": ID, "ErrorCode": "InvalidParameter.ResourceContentBad", "ErrorMessage": "It is bad."}


@pytest.mark.parametrize(
    "answer",
    [
        {"TranscodeJobInfoList": [REASON]},
        {"TranscodeJobInfoList": {"TranscodeJobInfo": [REASON]}},
        {"TranscodeJobInfoList": {"TranscodeJobInfo": REASON}},
        {"TranscodeTask": {"TranscodeJobInfoList": {"TranscodeJobInfo": [REASON]}}},
        {"TranscodeJobInfoList": {"TranscodeJobInfo": None}, "TranscodeTask": {"TranscodeJobInfoList": [REASON]}},
        {"TranscodeJobInfoList": {}, "TranscodeTask": {"TranscodeJobInfoList": {"AnyName": [REASON]}}},
    ],
    ids=str,
)
async def test_a_list_of_reasons_in_an_object_is_read(answer: Json):
    assert (await failed(answer)).error is not None


async def test_a_malformed_list_of_reasons_is_reported():
    job = await failed({"TranscodeJobInfoList": "none"})
    assert (job.error, job.unexplained) == (None, "couldn't get the reason from the provider (malformed)")


async def failed(reasons: Json) -> Job:
    detail = {"TranscodeJobDetail": {"JobId": ID, "Status": "TranscodeFail"}}
    cloud = Cloud(GetJobDetail=lambda _: detail, GetTranscodeTask=lambda _: reasons)
    (job,) = (await cloud.vod_jobs().lookup([ID])).found
    return job


async def test_a_list_of_a_medias_jobs_in_an_object_is_read():
    def answer(asked: Mapping[str, str]) -> Json:
        return {"JobInfoList": {"JobInfo": [{"JobId": f"{asked['JobType']}-1", "Status": "x"}]}}

    cloud = Cloud(ListJobInfo=answer)
    page = await cloud.vod_jobs().page(JobQuery(media=MEDIA))
    assert sorted(job.id for job in page.jobs) == ["ai-1", "snapshot-1", "transcode-1"]


@pytest.mark.parametrize("wrapped", [{"JobInfo": None}, {}, {"JobInfo": "none"}, {"JobInfo": [], "More": []}], ids=str)
async def test_an_object_without_a_list_is_no_empty_list(wrapped: Json):
    with pytest.raises(Malformed):
        await Cloud(ListJobInfo=lambda _: {"JobInfoList": wrapped}).vod_jobs().page(JobQuery(media=MEDIA))


@pytest.mark.parametrize("name", ["AIJob", "Job"])
async def test_ai_jobs_and_missing_ids_in_objects_are_read(name: str):
    jobs = {"AIJobList": {name: [{"JobId": ID, "Status": "success"}]}, "NonExistAIJobIds": {name: [MEDIA]}}
    answer = await Cloud(ListAIJob=lambda _: jobs).vod_ai().lookup([ID, MEDIA])
    assert ([job.id for job in answer.found], answer.missing) == ([ID], (MEDIA,))
