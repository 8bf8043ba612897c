"""Marked secrets in every possible field never come out (provider API notes, section 10)."""

import json
import logging

import httpx
import pytest

from providers.errors import ProviderError
from providers.models import JobQuery
from tests.providers.alibaba.cloud import Cloud, Json

URL = "https://bucket.oss-cn-shanghai.aliyuncs.com/a.mp4?OSSAccessKeyId=LEAK-id&Signature=LEAK-signature"
NESTED = json.dumps({"UserData": "LEAK-nested", "Url": URL, "Deep": json.dumps({"TaskInput": "LEAK-deep"})})
SECRETS: Json = {
    "UserId": 1391090000084930,
    "UserData": "LEAK-user-data",
    "TaskInput": '{"Input":"LEAK-task-input"}',
    "Recommend": "https://api.aliyun.com/LEAK-recommend",
    "ActivityResults": NESTED,
    "NormalConfig": NESTED,
    "SpriteConfig": "{broken UserData=LEAK-broken",
    "TemplateConfig": NESTED,
    "Data": NESTED,
    "CoverURL": URL,
    "Message": f"Cannot read {URL}",
    "Code": "E1",
}
DETAILS = {
    "TranscodeJobDetail": {"Status": "TranscodeFail", "VideoId": "m1", **SECRETS},
    "SnapshotJobDetail": {"Status": "Fail", **SECRETS},
    "AIJobDetail": {"Status": "fail", "JobType": "AIVideoCensor", **SECRETS},
    "WorkflowTaskDetail": {"Status": "Failed", "Workflow": {"Name": "ingest", **SECRETS}, **SECRETS},
}
MARKS = ("LEAK", "1391090000084930")


def leaking() -> Cloud:
    return Cloud(
        ListAIJob=lambda asked: {
            **SECRETS,
            "Code": None,
            "AIJobList": {"AIJob": [{"JobId": one, "Status": "fail", **SECRETS} for one in asked["JobIds"].split(",")]},
        },
        GetJobDetail=lambda _: {**SECRETS, "Code": None, **DETAILS},
        ListJobInfo=lambda asked: {"JobInfoList": [{"JobId": asked["JobType"], "Status": "fail", **SECRETS}]},
        GetTranscodeTask=lambda asked: {
            "TranscodeJobInfoList": [
                {"TranscodeJobId": one, "ErrorCode": "E1", "ErrorMessage": URL, "InputFileUrl": URL}
                | {"OutputFile": {"OutputFileUrl": URL}}
                for one in asked["JobIds"].split(",")
            ]
        },
        GetAIMediaAuditJob=lambda asked: {"MediaAuditJob": {"JobId": asked["JobId"], **SECRETS, "Data": SECRETS}},
    )


@pytest.fixture(autouse=True)
def secret_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AK", "SK", "TOKEN"):
        monkeypatch.setenv(f"VOD_TEST_{name}", f"LEAK-{name}")


def assert_clean(text: str) -> None:
    assert not [mark for mark in MARKS if mark in text]


async def test_no_answer_of_vod_ai_leaks(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    answer = await leaking().vod_ai(security_token="env:VOD_TEST_TOKEN").lookup(["j1", "j2"])
    assert len(answer.found) == 2
    for job in answer.found:
        assert_clean(job.model_dump_json() + repr(job))
    assert_clean(caplog.text)


@pytest.mark.parametrize("kind", ["transcode", "snapshot", "ai", "workflow"])
async def test_no_answer_of_vod_jobs_leaks(kind: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    provider = leaking().vod_jobs(security_token="env:VOD_TEST_TOKEN")
    (job,) = (await provider.lookup(["j1"], {"j1": kind})).found
    assert_clean(job.model_dump_json() + repr(job))
    for listed in (await provider.page(JobQuery(media="m1"))).jobs:
        assert_clean(listed.model_dump_json() + repr(listed))
    assert_clean(caplog.text)


ECHO = {
    "Code": "SignatureDoesNotMatch",
    "Message": "Specified signature does not match. server string to sign is: POST\n/\nx-acs-security-token:LEAK-TOKEN",
    "RequestId": "ID",
    "Recommend": "https://api.aliyun.com/LEAK",
    "AccessDeniedDetail": {"AuthPrincipalDisplayName": "LEAK"},
}


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(400, json=ECHO),
        httpx.Response(400, json={**ECHO, "Code": "Unheard.Of"}),
        httpx.Response(403, json={**ECHO, "Code": "Forbidden.RAM"}),
        httpx.Response(400, json={**ECHO, "Code": "InvalidParameter", "Message": f"Bad {URL}"}),
        httpx.Response(200, text="<html>LEAK</html>"),
    ],
    ids=["signature", "unheard of", "forbidden", "with a URL", "no JSON"],
)
async def test_no_error_leaks(refusal: httpx.Response, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    cloud = Cloud(ListAIJob=lambda _: refusal)
    with pytest.raises(ProviderError) as told:
        await cloud.vod_ai(security_token="env:VOD_TEST_TOKEN").lookup(["j1"])
    error = told.value
    assert_clean(f"{error} {error!r} {error.message} {error.code} {vars(error)}")
    assert_clean(caplog.text)


def test_a_provider_does_not_show_its_keys():
    provider = leaking().vod_jobs(security_token="env:VOD_TEST_TOKEN")
    assert_clean(repr(provider) + repr(vars(provider)))
