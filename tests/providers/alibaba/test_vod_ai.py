import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from providers.alibaba.ai_jobs import read_answer
from providers.errors import Malformed, NotOffered, Throttled
from providers.models import Job, JobError, JobQuery, JobState
from tests.providers.alibaba.cloud import Cloud, Json, fixture, refused

ID = "a718a3a1e8bb42ee3bc88921e9400000"


def entry(job_id: str = ID, **more: Any) -> Json:
    return {"JobId": job_id, "Type": "AIVideoTag", "Status": "success", "MediaId": "m1", **more}


def listing(*entries: object, missing: object = None) -> Json:
    return {"AIJobList": {"AIJob": list(entries)}, "NonExistAIJobIds": missing}


async def looked_up(**more: Any) -> Job:
    (job,) = (await Cloud(ListAIJob=lambda _: listing(entry(**more))).vod_ai().lookup([ID])).found
    return job


def example(job_id: str = ID) -> Json:
    """Return the vendor's example, with an id instead of the masked one."""
    reply = fixture("list_ai_job")
    reply["AIJobList"]["AIJob"][0]["JobId"] = job_id
    return reply


async def test_the_vendors_example():
    answer = await Cloud(ListAIJob=lambda _: example()).vod_ai().lookup([ID])
    (job,) = answer.found
    assert job.request_id == "8233A0E4-E112-44*****58-2BCED1B88173"
    assert str(job.ref) == f"vod-sg/vod-ai/{ID}"
    assert (job.kind, job.state, job.raw_state) == ("AIVideoTag", JobState.SUCCEEDED, "success")
    assert job.created_at == datetime(2020, 6, 28, 2, 4, 32, tzinfo=UTC)
    assert job.finished_at == datetime(2020, 6, 28, 2, 4, 47, tzinfo=UTC)
    assert job.duration_s == 15
    assert job.media == "3D3D12340d9401fab46a0b847****"
    assert job.error is None
    assert job.region == "ap-southeast-1"
    assert job.attributes == {"Speech recognised": "6 sentences, 30 s"}
    assert job.notes == ()
    assert job.console_url is not None
    assert job.console_url.startswith("https://vod.console.aliyun.com/#/media/video/detail/3D3D1234")


def test_the_vendors_example_of_missing_ids():
    assert read_answer(fixture("list_ai_job")).missing == {"aasdcsfg782740asd3****", "k2l3ibaskod98wrns9d****"}


async def test_the_raw_json_has_its_result_decoded():
    (job,) = (await Cloud(ListAIJob=lambda _: example()).vod_ai().lookup([ID])).found
    assert job.raw is not None
    assert job.raw["Data"]["OrigASRData"]["AsrTextList"][2]["Text"] == "Of course."
    assert job.raw["Code"] == "0"


@pytest.mark.parametrize("missing", [None, [], {}, {"String": None}, {"String": ["other"]}, "?", 7])
async def test_an_id_that_is_not_mentioned_is_missing(missing: object):
    answer = await Cloud(ListAIJob=lambda _: listing(missing=missing)).vod_ai().lookup([ID])
    assert answer.missing == (ID,)


@pytest.mark.parametrize(
    "missing",
    [
        ["a", "b"],
        {"String": ["a", "b"]},
        {"String": ['["a", "b"]']},
        ['\\["a", "b"\\]'],
        {"String": ["a", '["b"]', "[x"]},
    ],
)
def test_missing_ids_come_in_many_shapes(missing: object):
    assert read_answer(listing(missing=missing)).missing == {"a", "b"}


@pytest.mark.parametrize(
    "empty",
    [
        {"AIJobList": None},
        {"AIJobList": {"AIJob": None}},
        {"AIJobList": {}},
        {"AIJobList": []},
        {"NonExistAIJobIds": {"String": [ID]}},
    ],
)
async def test_an_answer_may_lack_the_list(empty: Json):
    assert (await Cloud(ListAIJob=lambda _: empty).vod_ai().lookup([ID])).missing == (ID,)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"message": "forbidden"},
        {"NonExistAIJobIds": None},
        {"AIJobList": "forbidden"},
        {"AIJobList": {"AIJob": 7}},
    ],
)
async def test_an_answer_about_no_id_is_malformed(other: Json):
    with pytest.raises(Malformed) as told:
        await Cloud(ListAIJob=lambda _: other).vod_ai().lookup([ID])
    assert (told.value.account, told.value.service, told.value.request_id) == ("vod-sg", "vod-ai", "ID")


async def test_the_list_may_be_a_plain_array():
    reply = {"AIJobList": [None, entry("job1"), entry("job2")], "NonExistAIJobIds": ["job3"]}
    answer = await Cloud(ListAIJob=lambda _: reply).vod_ai().lookup([f"job{n}" for n in range(1, 5)])
    assert ([job.id for job in answer.found], answer.missing) == (["job1", "job2"], ("job3",))
    assert [one.id for one in answer.unanswered] == ["job4"]


async def test_ten_ids_are_one_request_and_order_does_not_matter():
    ids = [f"job{n}" for n in range(25)]
    cloud = Cloud(ListAIJob=lambda asked: listing(*(entry(one) for one in reversed(asked["JobIds"].split(",")))))
    answer = await cloud.vod_ai().lookup([*ids, ids[0], f" {ids[1]} "])
    assert [job.id for job in answer.found] == ids
    assert sorted(len(asked["JobIds"].split(",")) for asked in cloud.asked("ListAIJob")) == [5, 10, 10]


async def test_no_ids_need_no_request():
    cloud = Cloud()
    assert await cloud.vod_ai().lookup([]) == ((), (), ())
    assert cloud.requests == []


async def test_a_group_that_fails_does_not_hide_the_others():
    def answer(asked: Mapping[str, str]) -> Json | httpx.Response:
        ids = asked["JobIds"].split(",")
        if "job3" in ids:
            return refused("Throttling", x_acs_retry_after="60000")
        return listing(*(entry(one) for one in ids))

    found = await Cloud(ListAIJob=answer).vod_ai().lookup([f"job{n}" for n in range(12)])
    assert [job.id for job in found.found] == ["job10", "job11"]
    assert [one.id for one in found.unanswered] == [f"job{n}" for n in range(10)]
    assert {type(one.error) for one in found.unanswered} == {Throttled}


async def test_only_nothing_answered_raises():
    cloud = Cloud(ListAIJob=lambda _: refused("Throttling", x_acs_retry_after="60000"))
    with pytest.raises(Throttled):
        await cloud.vod_ai().lookup([f"job{n}" for n in range(12)])
    answer = await cloud.vod_ai().lookup([ID, "no such id"])
    assert (answer.missing, [one.id for one in answer.unanswered]) == (("no such id",), [ID])


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("init", JobState.PENDING),
        ("INIT", JobState.PENDING),
        ("Processing", JobState.RUNNING),
        ("processing", JobState.RUNNING),
        ("success", JobState.SUCCEEDED),
        ("fail", JobState.FAILED),
        ("Frozen", JobState.UNKNOWN),
        (None, JobState.UNKNOWN),
        (7, JobState.UNKNOWN),
    ],
)
async def test_states(raw: object, state: JobState):
    job = await looked_up(Status=raw)
    assert job.state is state
    assert job.raw_state == (None if raw is None else str(raw))


async def test_only_a_failure_has_an_error():
    failed = await looked_up(Status="fail", Code="E1", Message="See https://h/p?Signature=LEAK.")
    assert failed.error == JobError(code="E1", message="See https://h/p")
    assert (await looked_up(Status="success", Code="0", Message="OK")).error is None
    assert (await looked_up(Status="fail")).error is None


async def test_a_running_job_has_no_end_time():
    assert (await looked_up(Status="Processing", CompleteTime="2020-06-28T02:04:47Z")).finished_at is None


@pytest.mark.parametrize("broken", ['{"a": ', "{\\[", "no JSON", "[1,,2]"])
async def test_result_data_that_cannot_be_read_is_kept_and_flagged(broken: str):
    job = await looked_up(Data=broken)
    assert job.raw is not None
    assert job.raw["Data"] == broken
    assert job.notes == ("The result data is not valid JSON.",)


@pytest.mark.parametrize("blank", [None, "", " \n", {"OrigASRData": None}])
async def test_no_result_data_is_nothing_to_flag(blank: object):
    job = await looked_up(Data=blank)
    assert (job.notes, job.attributes) == ((), {})


@pytest.mark.parametrize(
    ("texts", "duration", "label"),
    [
        (1, "1499", "1 sentence, 1 s"),
        (2, 60_000, "2 sentences, 60 s"),
        (2, "long", "2 sentences"),
        (2, "inf", "2 sentences"),
        (2, "nan", "2 sentences"),
        (2, None, "2 sentences"),
    ],
)
async def test_speech_is_summed_up(texts: int, duration: object, label: str):
    speech = {"AsrTextList": [{"Text": "Yes."}] * texts, "Duration": duration}
    assert (await looked_up(Data=json.dumps({"OrigASRData": speech}))).attributes == {"Speech recognised": label}


@pytest.mark.parametrize("malformed", [None, 7, "text", [], {}, {"JobId": None}])
async def test_a_malformed_entry_leaves_its_id_open(malformed: object):
    cloud = Cloud(ListAIJob=lambda _: listing(malformed, entry("job1"), missing={"String": ["job2"]}))
    answer = await cloud.vod_ai().lookup(["job0", "job1", "job2"])
    assert [job.id for job in answer.found] == ["job1"]
    assert answer.missing == ("job2",)
    ((job_id, error),) = answer.unanswered
    assert (job_id, type(error), error.account, error.service) == ("job0", Malformed, "vod-sg", "vod-ai")


async def test_it_cannot_list():
    provider = Cloud().vod_ai()
    assert not provider.capabilities.lists
    with pytest.raises(NotOffered, match="by id") as told:
        await provider.page(JobQuery())
    assert (told.value.account, told.value.service) == ("vod-sg", "vod-ai")
