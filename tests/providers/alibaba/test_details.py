from datetime import UTC, datetime

import pytest

from providers.alibaba.details import OBJECTS, detail, listed
from providers.json_fields import Unreadable
from providers.models import Job, JobState
from tests.providers.alibaba.cloud import Json, fixture

WHERE = {"account": "vod-sg", "region": "ap-southeast-1"}


def read(kind: str, shown: object, job_id: str = "j1") -> Job | None:
    return detail({"JobType": kind, OBJECTS[kind]: shown}, kind, job_id, **WHERE, request_id="ID")


def job(kind: str, **fields: object) -> Job:
    found = read(kind, {"TaskId" if kind == "workflow" else "JobId": "j1", **fields})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "job_id", "end", "attributes"),
    [
        (
            "transcode",
            "2dc1634e**********3f1d22d1a0174e",
            34,
            {"Definition": "HD", "Template": "dbfaaec9e**********bf0b81219244c"},
        ),
        ("snapshot", "63df12s0**********4hdq249t82kr91", 45, {"Trigger": "Auto"}),
        ("ai", "5c9dff751ba**********59d50a967f5", 46, {"AI type": "AIVideoCensor", "Trigger": "Auto"}),
    ],
)
def test_the_vendors_example_fills_three_and_the_requested_one_counts(
    kind: str, job_id: str, end: int, attributes: dict[str, str]
):
    found = detail(fixture("get_job_detail"), kind, job_id, **WHERE, request_id="ID")
    assert found is not None
    assert (found.id, found.kind, found.state) == (job_id, kind, JobState.SUCCEEDED)
    assert found.media == "30e5d7**********bd900764de7c0102"
    assert found.created_at == datetime(2024, 10, 14, 7, 39, 25, tzinfo=UTC)
    assert found.finished_at == datetime(2024, 10, 14, 7, 39, end, tzinfo=UTC)
    assert found.attributes == attributes
    assert (found.request_id, found.region) == ("ID", "ap-southeast-1")


def test_the_vendors_example_has_no_workflow():
    assert detail(fixture("get_job_detail"), "workflow", "x", **WHERE, request_id=None) is None


def test_a_job_with_another_id_is_none():
    assert detail(fixture("get_job_detail"), "transcode", "another", **WHERE, request_id=None) is None


@pytest.mark.parametrize("shown", [None, {}, {"JobId": None, "Status": None}, {"JobId": "j2", "Status": "x"}])
@pytest.mark.parametrize("kind", OBJECTS)
def test_an_empty_object_is_no_job(kind: str, shown: Json | None):
    assert read(kind, shown) is None


@pytest.mark.parametrize("shown", [7, "text", ["list"], {"Definition": "HD"}])
def test_another_type_in_its_place_is_unreadable(shown: object):
    with pytest.raises(Unreadable, match="TranscodeJobDetail"):
        read("transcode", shown)


def test_an_object_without_its_id_is_taken_at_its_word():
    found = read("ai", {"Status": "analysing"})
    assert found is not None
    assert (found.id, found.state) == ("j1", JobState.RUNNING)


@pytest.mark.parametrize(
    ("kind", "raw", "state"),
    [
        ("transcode", "Submitted", JobState.PENDING),
        ("transcode", "Transcoding", JobState.RUNNING),
        ("transcode", "TranscodeSuccess", JobState.SUCCEEDED),
        ("transcode", "TranscodeFail", JobState.FAILED),
        ("transcode", "TranscodeCancelled", JobState.CANCELLED),
        ("snapshot", "Processing", JobState.RUNNING),
        ("snapshot", "Success", JobState.SUCCEEDED),
        ("snapshot", "Fail", JobState.FAILED),
        ("ai", "reserved", JobState.PENDING),
        ("ai", "init", JobState.PENDING),
        ("ai", "processing", JobState.RUNNING),
        ("ai", "analysing", JobState.RUNNING),
        ("ai", "success", JobState.SUCCEEDED),
        ("ai", "fail", JobState.FAILED),
        ("workflow", "Init", JobState.PENDING),
        ("workflow", "Processing", JobState.RUNNING),
        ("workflow", "Succeed", JobState.SUCCEEDED),
        ("workflow", "Failed", JobState.FAILED),
        ("workflow", "Canceled", JobState.CANCELLED),
        ("workflow", "Skip", JobState.CANCELLED),
    ],
)
def test_states(kind: str, raw: str, state: JobState):
    for written in (raw, raw.upper(), raw.lower()):
        found = job(kind, Status=written)
        assert (found.state, found.raw_state) == (state, written)


@pytest.mark.parametrize(
    ("kind", "raw"), [("transcode", "Success"), ("snapshot", "TranscodeFail"), ("ai", "Succeed"), ("workflow", None)]
)
def test_a_state_of_another_kind_is_unknown(kind: str, raw: str | None):
    assert job(kind, Status=raw).state is JobState.UNKNOWN


def test_a_workflow_has_its_own_names():
    found = job(
        "workflow",
        Status="Succeed",
        CreateTime="2024-10-14T07:39:25Z",
        FinishTime="2024-10-14T07:40:25Z\n",
        Workflow={"WorkflowId": "w1", "Name": "ingest", "Status": "Deleted", "CreateTime": "2020-01-01T00:00:00Z"},
    )
    assert found.attributes == {"Workflow": "ingest"}
    assert found.state is JobState.SUCCEEDED
    assert found.created_at == datetime(2024, 10, 14, 7, 39, 25, tzinfo=UTC)
    assert found.duration_s == 60
    assert (found.media, found.console_url) == (None, None)


@pytest.mark.parametrize("end", [None, "", "\n", "soon"])
def test_an_end_time_may_be_missing(end: str | None):
    assert job("ai", Status="success", CompleteTime=end).finished_at is None


def test_a_running_job_has_no_end_time():
    assert job("ai", Status="analysing", CompleteTime="2024-10-14T07:39:46Z").finished_at is None


def test_the_media_page_is_the_console_link():
    found = job("transcode", Status="Submitted", VideoId="../a b")
    assert found.console_url == "https://vod.console.aliyun.com/#/media/video/detail/..%2Fa%20b/video"


def test_the_raw_json_is_only_of_this_job_with_its_configuration_decoded():
    found = detail(fixture("get_job_detail"), "ai", "5c9dff751ba**********59d50a967f5", **WHERE, request_id=None)
    assert found is not None
    assert found.raw is not None
    assert set(found.raw) == {"RequestId", "JobType", "AIJobDetail"}
    assert found.raw["AIJobDetail"]["TemplateConfig"]["AuditItem"] == ["terrorism", "porn"]
    assert found.raw["AIJobDetail"]["UserId"] == "[removed]"


def test_the_vendors_example_of_a_list():
    reply = fixture("list_job_info")
    (found,), malformed = listed(reply, "transcode", "m1", **WHERE)
    assert malformed == 0
    assert (found.id, found.kind, found.state) == (
        "5c9dff751ba**********59d50a967f5",
        "transcode",
        JobState.SUCCEEDED,
    )
    assert (found.media, found.duration_s, found.raw) == ("m1", 9, None)


@pytest.mark.parametrize("other", [{}, {"message": "forbidden"}, {"JobInfoList": None}, {"JobInfoList": {}}])
def test_a_reply_without_a_list_does_not_say_that_there_are_no_jobs(other: Json):
    with pytest.raises(Unreadable):
        listed(other, "ai", "m1", **WHERE)
    assert listed({"JobInfoList": []}, "ai", "m1", **WHERE) == ([], 0)


def test_malformed_neighbors_are_counted():
    entries: list[object] = [
        None,
        7,
        "x",
        [],
        {},
        {"JobId": None, "Status": "success"},
        {"JobId": "j1", "Status": "success"},
    ]
    jobs, malformed = listed({"JobInfoList": entries}, "ai", "m1", **WHERE)
    assert ([one.id for one in jobs], malformed) == (["j1"], 6)
