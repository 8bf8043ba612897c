"""The effect of Huawei Cloud's refusals: found, missing or undecided, and in how many requests."""

from collections.abc import Callable

import httpx
import pytest

from providers.errors import (
    InvalidQuery,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.huawei.digital_human import DigitalHuman
from providers.huawei.image_moderation import ImageModeration
from providers.huawei.video_ocr import VideoOcr
from providers.models import JobQuery
from tests.providers.huawei.cloud import Cloud, Json, refused

pytestmark = pytest.mark.usefixtures("no_backoff")

ID = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
OCR, MODERATION, VIDEOS = "services/video-ocr/tasks", "moderation/image/batch", "digital-human-videos"

PROVIDERS: dict[str, Callable[[Cloud], VideoOcr | ImageModeration | DigitalHuman]] = {
    "video-ocr": Cloud.video_ocr,
    "image-moderation": Cloud.image_moderation,
    "digital-human": Cloud.digital_human,
}
every = pytest.mark.parametrize("service", PROVIDERS)


def answering(reply: httpx.Response) -> Cloud:
    """Return a cloud with one reply to every request for a job or a list."""
    paths = (OCR, f"{OCR}/{ID}", MODERATION, f"{MODERATION}/jobs", VIDEOS)
    return Cloud(dict.fromkeys(paths, lambda _: reply))


def page(status: int) -> httpx.Response:
    return httpx.Response(status, text="<html><body>No.</body></html>", headers={"content-type": "text/html"})


@every
@pytest.mark.parametrize(
    ("reply", "error", "requests"),
    [
        (refused("APIGW.0101", 404), NotOffered, 1),
        (refused("APIG.0101", 404), NotOffered, 1),
        (refused("APIGW.0801", 403), NotOffered, 1),
        (refused("IAM.0004", 404), Rejected, 1),
        (refused("MSS.00000002", 404, "Not Found"), Rejected, 1),
        (refused("MSS.10001001", 400, "The asset does not exist."), Rejected, 1),
        (refused("AIS.0404", 400), Rejected, 1),
        (refused("AIS.0005", 400), NotOffered, 1),
        (refused("Unheard.0001", 400), Rejected, 1),
        (refused("Unheard.0001", 404), Rejected, 1),
        (refused("APIGW.0308", 429), Throttled, 3),
        (refused("AIS.0003", 400), Unavailable, 3),
        (refused("AIS.0031", 400), Throttled, 3),
        (refused("MSS.41000012", 403), Throttled, 3),
        (refused("APIGW.0307", 401), Unauthorized, 1),
        (page(404), NotOffered, 1),
        (page(405), NotOffered, 1),
        (page(407), Rejected, 1),
        (page(503), Unavailable, 3),
    ],
    ids=lambda value: f"{value.status_code} {value.text[:40]}" if isinstance(value, httpx.Response) else None,
)
async def test_no_refusal_but_the_one_about_the_job_makes_it_missing(
    service: str, reply: httpx.Response, error: type[ProviderError], requests: int
):
    cloud = answering(reply)
    with pytest.raises(error) as caught:
        await PROVIDERS[service](cloud).lookup([ID])
    assert type(caught.value) is error
    assert len(cloud.requests) == requests
    with pytest.raises(error):
        await PROVIDERS[service](cloud).page(JobQuery())


@every
async def test_a_clock_error_says_how_far_it_is_off(service: str):
    said = "calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20211217T065804Z"
    cloud = answering(refused("APIGW.0301", 401, f"Incorrect IAM authentication information: {said}"))
    with pytest.raises(Unauthorized) as caught:
        await PROVIDERS[service](cloud).lookup([ID])
    assert caught.value.message == "this machine's clock is off by 15 minutes"
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("code", ["AIS.0030", "ais.0030"])
async def test_a_moderation_job_is_missing_where_the_detail_says_so(code: str):
    endless: Json = {"result": [{"job_id": "another", "status": "finish"}]}
    cloud = Cloud({f"{MODERATION}/jobs": lambda _: endless, MODERATION: lambda _: refused(code, 400)})
    assert (await cloud.image_moderation().lookup([ID])).missing == (ID,)


async def test_a_refusal_of_a_list_is_never_about_the_job():
    cloud = Cloud({f"{MODERATION}/jobs": lambda _: refused("AIS.0030", 400)})
    with pytest.raises(Rejected):
        await cloud.image_moderation().lookup([ID])


async def test_a_video_is_missing_where_the_answer_about_it_says_so():
    cloud = Cloud({VIDEOS: lambda _: refused("MSS.00009999", 404, "The task does not exist.")})
    assert (await cloud.digital_human().lookup([ID])).missing == (ID,)


async def test_an_answer_with_other_videos_only_makes_no_video_missing():
    others = [{"job_id": f"other-{number}", "state": "SUCCEED"} for number in range(100)]
    cloud = Cloud({VIDEOS: lambda _: {"count": 5000, "jobs": others}})
    answer = await cloud.digital_human().lookup([ID])
    assert (answer.missing, [one.id for one in answer.unanswered]) == ((), [ID])


@pytest.mark.parametrize("code", ["IVA.0005", "iva.0005"])
async def test_no_such_service_or_job_is_an_error_where_the_list_says_so_too(code: str):
    cloud = answering(refused(code, 404, "The task is not found."))
    with pytest.raises(NotOffered):
        await cloud.video_ocr().lookup([ID])
    assert len(cloud.requests) == 2


async def test_an_ill_formed_id_is_no_missing_job():
    with pytest.raises(InvalidQuery):
        await answering(refused("IVA.0004", 400, "task_id is illegal")).video_ocr().lookup([ID])


@pytest.mark.parametrize(
    "message",
    [
        "The task does not exist.",
        "The task doesn't exist.",
        f"Task [{ID}] is not found.",
        f"task_id {ID} does not exist",
        f"The job with id {ID} was not found.",
        "The video production task cannot be found",
        "No such job: it may have expired.",
    ],
)
async def test_a_sentence_about_the_job_itself_makes_it_missing(message: str):
    for status in (400, 404):
        cloud = answering(refused("MSS.00009999", status, message))
        assert (await cloud.digital_human().lookup([ID])).missing == (ID,)


@pytest.mark.parametrize(
    "message",
    [
        "Task template does not exist",
        "The asset of the task does not exist.",
        "The model for this job was not found",
        "The task type does not exist.",
        "The job parameter voice_id does not exist",
        "Task creation failed because the asset does not exist",
        "No such task template",
        "Not Found",
    ],
)
async def test_a_sentence_about_a_thing_of_the_job_does_not(message: str):
    for status in (400, 404):
        with pytest.raises(Rejected):
            await answering(refused("MSS.00009999", status, message)).digital_human().lookup([ID])


@pytest.mark.parametrize(
    ("said", "off"),
    [
        ("signature time:20211217T065804Z,server time:20211217T064303Z", " by 15 minutes"),
        ("server time 20211217T065804Z, signature time 20211217T064303Z", " by 15 minutes"),
        ("signature time: 2021-12-17T06:43:03Z\nserver time: 2021-12-17T08:43:03Z", " by 120 minutes"),
        ("signature time 2021-12-17T14:43:03+08:00, server time 2021-12-17T06:44:03Z", " by 1 minute"),
        ("signature time 20219917T064303Z, server time 20211217T065804Z", ""),
        ("", ""),
    ],
)
async def test_both_times_are_read_in_any_order_and_zone(said: str, off: str):
    cloud = answering(refused("APIGW.0301", 401, f"signature expired, {said}"))
    with pytest.raises(Unauthorized) as caught:
        await cloud.video_ocr().lookup([ID])
    assert caught.value.message == f"this machine's clock is off{off}"
