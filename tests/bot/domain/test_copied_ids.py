"""Ids copied from dumps, links and documents, with their labels and the text around them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.answers import JobDetails, JobList
from bot.domain.button_payloads import CommandPayload
from bot.domain.catalog import Catalog
from bot.domain.extraction import READ_MAX, extract
from bot.domain.id_labels import REACH
from bot.domain.identifiers import JOBS_MAX, JobId, MediaId, NotAnAddressError, media_shown, read
from bot.views.slack.details import job_details
from bot.views.slack.jobs import Controls, job_list
from providers.models import Job, JobState
from providers.registry import meaning

J, K = "1a2b3c4d5e6f708192a3b4c5d6e7f809", "2dc1634e00000000003f1d22d1a0174f"
U = "0d697589-d980-91f1-2f92-c0073501cd79"
PROJECT = "0605767a9f0010e02f9bc0051e7a8d6f"
CATALOG = Catalog(
    (("media-cn", "video-ocr"), ("media-cn", "digital-human"), ("vod-sg", "vod-jobs")), projects=frozenset({PROJECT})
)


def named(text: str) -> list[str]:
    return [str(address) for address in extract({"text": text}, CATALOG).addresses]


LINE_FEEDS = (
    r"\r\n", r"\\n", r"\u000a", r"\u{a}", r"\U0000000a", r"\x0A", r"\012", r"\f", r"\v", r"\0", "#012",
    "&#10;", "&NewLine;",
)  # fmt: skip
COLORS = (
    ("\x1b[31m", "\x1b[0m"), ("[1;31m", "[0m"), (r"\u001b[31m", r"\u001b[0m"), (r"\x1b[31m", r"\x1b[0m\x1b[K"),
    (r"\033[01;31m", r"\033[m"), (r"\e[31m", r"\e[0m"), ("^[[31m", "^[[0m"), ("␛[31m", "␛[0m"), ("#033[31m", "#033[0m"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (rf"ids:\n{J}\n{U}", [J, U]),
        (rf"err\t{J}", [J]),
        (rf"{{\"msg\":\"lost\\n{J}\"}}", [J]),
        (rf"id\u003d{J}", [J]),
        (rf"https:\/\/x.example\/{J}", [J]),
        (rf"C:\new\{J}.log", [J]),
        *((U.replace("-", dash), [U]) for dash in "‑‐–−—﹘－"),
        (f"{J}—failed, {U}–failed", [J, U]),
        *((f"{J[:16]}{unseen}{J[16:]}", [J]) for unseen in "\u200b\xad\u2060\ufeff\ufe0f\u200d"),
        (f"Job\u200b{J}", [J]),
        *((f"ids:{feed}{J}{feed}{U}", [J, U]) for feed in LINE_FEEDS),
        *((f"{on}{J}{off} {U}", [J, U]) for on, off in COLORS),
        *((f"job {J[:5]}{on}{J[5:]}{off}", [J]) for on, off in COLORS),
        *((f"{J[:16]}{unseen}{J[16:]}", [J]) for unseen in ("&zwnj;", "&#x200b;", "&amp;shy;", r"\u{200b}", r"\xad")),
        *(
            (U.replace("-", dash), [U])
            for dash in ("&ndash;", "&amp;#8211;", r"\-", r"\055", "⸺", "➖", "─", "ー", "〜")
        ),
        (rf"01661356800\_{J}", [f"01661356800_{J}"]),
        (f"{J}->failed", [J]),
        (f"{J}-> {U}-> --", [J, U]),
        (f"-{J}", [J]),
        (f"https://x.example/cb?to=https%253A%252F%252Fy.example%252F{J}", [J]),
        (f"https://x.example/cb?to=https%25253A%25252F%25252Fy.example%25252F{J}", [J]),
        (f"to=https%3A%2F%2Fy.example%2F{J}", [J]),
        ("".join(chr(ord(each) + 0xFEE0) for each in J), [J]),
        (f"media-cn\uff0fvideo-ocr\uff0f{J}", [f"media-cn/video-ocr/{J}"]),
        (f"&lt;{J}&gt; &#49;{U}", [J]),
        (f"{J[:9]}&shy;{J[9:]}", [J]),
        (f"x{J}", []),
        (f"{J}0", []),
        (f"{J}-{J}", []),
    ],
)
def test_an_id_is_found_in_the_text_around_it(text: str, ids: list[str]):
    assert named(text) == ids


INTERNATIONAL = f"https://vod.console.alibabacloud.com/?spm=a.b#/media/video/detail/{K}/video"
CALLBACK = f"https%3A%2F%2Fvod.console.alibabacloud.com%2F%23%2Fmedia%2Fvideo%2Fdetail%2F{K}%2Fvideo"


@pytest.mark.parametrize(
    "link",
    [
        INTERNATIONAL,
        INTERNATIONAL.replace("alibabacloud", "aliyun"),
        INTERNATIONAL.replace("vod.console", "VOD.console"),
        f"https://account.alibabacloud.com/login/login.htm?callback={CALLBACK}",
        f"https://signin.aliyun.com/login.htm?x={J}&callback={CALLBACK.replace('%', '%25')}&lang=en",
        f"https://sso.example/?to={CALLBACK.replace('alibabacloud', 'aliyun')}",
        f"https://sso.example/?to={CALLBACK.removeprefix('https%3A')}",
        INTERNATIONAL.replace(".com/", ".com./"),
    ],
)
def test_a_link_to_a_media_in_the_console_names_it(link: str):
    assert list(read(link, CATALOG)) == [MediaId(K)]
    assert named(f"<{link.replace('&', '&amp;')}|the video> failed") == [f"media:{K}"]
    assert media_shown(link) == MediaId(K)


@pytest.mark.parametrize(
    "link",
    [
        f"https://vod.console.alibabacloud.com/#/jobs/{K}",
        f"https://elsewhere.example/#/media/video/detail/{K}/video",
        f"https://vod.console.alibabacloud.com.example/#/media/video/detail/{K}/video",
    ],
)
def test_other_links_show_no_media(link: str):
    assert media_shown(link) is None


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f'{{"VideoId":"{K}","Status":"fail"}}', [f"media:{K}"]),
        (rf"{{\"VideoId\":\"{K}\"}}", [f"media:{K}"]),
        (f"video_id={K}", [f"media:{K}"]),
        (f"视频ID：{K}", [f"media:{K}"]),
        (f"動画ID：{K}", [f"media:{K}"]),
        (f"{{&amp;quot;VideoId&amp;quot;:&amp;quot;{K}&amp;quot;}}", [f"media:{K}"]),
        (f'{{"VideoId":"{K}","job":{{"id":"{J}"}}}}', [J]),
        (f'{{"VideoId":"{K}","JobId":"{J}"}}', [J]),
        (f'{{"JobId":"{J}","VideoId":"{K}"}}', [J]),
        (f'{{"VideoId":"{K}",\n"StreamInfos":[{{"JobId":"{J}"}}]}}', [J]),
        (f"VideoId: {K}\nJobId: {J}", [J]),
        (f'{{"VideoId":"{K}"}}\n{{"VideoId":"{"f" * 32}","JobId":"{J}"}}', [f"media:{K}", J]),
        (f'{{"VideoId":"{K}"}} {{"Id":"{K}"}}', [f"media:{K}"]),
        (f"Media: {K}", [f"media:{K}"]),
        (f"media={K} job={J}", [J]),
        (f"video {K} failed", [K]),
    ],
)
def test_a_media_id_means_the_media_unless_a_job_is_beside_it(text: str, ids: list[str]):
    assert named(text) == ids


OTHERS = (
    "request_id: {}", '"request_id":"{}"', "'requestId': '{}'", '"X-Request-Id" :\n        "{}"', "Request ID: `{}`",
    "*Request ID:* `{}`", "request {}", "trace_id={}", "traceId={}", "TRACE_ID={}", "trace.id={}", "requestid={}",
    "span_id={}", "project_id={}", "projects/{}", "asset_id: {}", "user-id: {}", "the user id {}", "md5({})",
    'etag: "{}"', "请求ID：{}", "项目编号: {}", "callback_id={}", "https://x.example/?a=1&trace_id={}",
    "https://x.example/requests/{}", "request_id: <https://x.example/logs?q=1|{}>", "job_request_id={}",
    r'{{\"request_id\":\"{}\"}}', r"trace\_id={}", "\x1b[36mrequest_id\x1b[0m={}", "request_id&equals;{}",
    '{{"request": {{"id": "{}"}}}}', '"requests":[{{"id":"{}"}}]', "the request id is {}", "请求ID为{}", "签名：{}",
    "日志ID：{}",
    "セッションID: {}", "요청 ID: {}", "ID запроса: {}", "md5sum {}", "JSESSIONID={}", "api_key={}", "incident id {}",
    "request ids: media-cn/video-ocr `{}`", "request_id=&lt;{}&gt;", "request_id=&quot;{}&quot;",
)  # fmt: skip
JOBS = (
    "job_id: {}", '"job_id":"{}"', "JobId={}", "JobID={}", "jobid: {}", "task_id={}", "TaskIds: {}", "任务ID：{}",
    "任务 {}", "失败的任务编号 {}", "job {}", "Job ID: `{}`", "request_job_id={}", "parent-job-id={}", "workflow_id={}",
    r"job\_id={}", "[36mjob_id[0m=[1m{}[0m", '{{"job": {{"id": "{}"}}}}', '"jobs":[{{"id":"{}"}}]',
    "the job with the id {}", "任务ID是{}", "작업 ID: {}", "задание: {}", '"JobIds": ["{}"]', "https://x.example/tasks/{}",
    "job: <https://x.example/a|{}>",
)  # fmt: skip
NEITHER = (
    "{}", "id: {}", "failed: {}", "with id {}", "uuid={}", "user {}", "the request failed. {}", "the trace of it: {}",
    "request\n{}", f"request{' ' * REACH}{{}}", "valid {}", "android {}", "https://x.example/requests?id={}",
    "the failed request https://x.example/a/{}", "编号 {}", "failed_ids: {}", "Request failed: {}",
    "media-cn/video-ocr {}", "the request with {}", r"\nID: {}", r"\tID={}",
)  # fmt: skip


@pytest.mark.parametrize("said", OTHERS)
@pytest.mark.parametrize("other", [K, U])
def test_an_id_with_another_label_is_no_job(said: str, other: str):
    assert named(said.format(other)) == []
    assert named(f"{said.format(other)}\n{J} failed, {other} failed") == [J]


@pytest.mark.parametrize("said", JOBS)
def test_an_id_labelled_as_a_job_comes_first(said: str):
    assert named(f"{U} {said.format(J)}") == [J, U]


@pytest.mark.parametrize("said", NEITHER)
def test_an_id_without_a_label_may_be_a_job(said: str):
    assert named(f"{said.format(K)}\njob {J}") == [J, K]


def test_a_job_stays_a_job_with_another_label_elsewhere():
    assert named(f"job_id={J}\nsession {J}") == [J]


def test_the_texts_of_a_list_have_the_label_of_its_key():
    assert named(f'{{"requestIds": ["{K}", "{U}"], "job_ids": ["{J}"]}}') == [J]


@pytest.mark.parametrize(
    "text",
    [
        "taskmanager1 lost, task_id_1234, task20261130",
        "taskrunner12 task_name_01 task12345678 tasktimeout1",
    ],
)
def test_words_that_start_with_task_are_no_jobs(text: str):
    assert named(text) == []


def test_what_is_labelled_as_a_job_is_asked_for_first():
    traces = " ".join(f"trace_id={number:032x}" for number in range(25))
    assert named(f"trace_id={K} job_id={J}") == [J]
    assert named(f"{traces} job_id={J}") == [J]
    unsaid = [f"{number:032x}" for number in range(25)]
    found = extract({"text": f"{' '.join(unsaid)} job_id={J}"}, CATALOG)
    assert found.addresses == (JobId(J), *map(JobId, unsaid[: JOBS_MAX - 1]))
    assert found.left_out == 6


@pytest.mark.parametrize(
    "url",
    [
        f"https://iva.cn-north-4.myhuaweicloud.com/v2/{PROJECT}/services/video-ocr/tasks/{J}",
        f"https://metastudio.cn-north-4.myhuaweicloud.com/v1/{PROJECT}/x?a={J}",
    ],
)
def test_a_configured_project_in_an_address_is_no_job(url: str):
    assert named(f"GET {url} answered 500") == [J]
    assert named(f"project {PROJECT}, {PROJECT}: {J}") == [J]
    assert read(url, CATALOG) == (JobId(J),)


def test_an_address_with_only_a_project_names_no_job():
    with pytest.raises(NotAnAddressError):
        read(f"https://iva.example/v2/{PROJECT}/services", CATALOG)
    assert read(PROJECT, CATALOG) == (JobId(PROJECT),)


def test_a_shared_answer_names_only_its_job():
    job = Job(account="media-cn", service="video-ocr", id=J, state=JobState.FAILED, request_id=K)
    answer = JobDetails(jobs=(job,), services=1, checked_at=datetime(2026, 11, 30, tzinfo=UTC))
    shown = job_details(answer, CommandPayload(text=f"show {job.ref}"), meaning)
    assert K in str(shown.blocks)
    assert extract({"text": shown.text, "blocks": shown.blocks}, CATALOG).addresses == (job.ref,)


def test_a_shared_list_names_its_jobs_and_no_request():
    services = {"video-ocr": J, "digital-human": U}
    jobs = tuple(
        Job(account="media-cn", service=service, id=job_id, state=JobState.FAILED, request_id=f"{at:032x}")
        for at, (service, job_id) in enumerate(services.items())
    )
    answer = JobList(jobs=jobs, services=2, checked_at=datetime(2026, 11, 30, tzinfo=UTC))
    shown = job_list(answer, CommandPayload(text="list"), Controls())
    assert extract({"text": shown.text, "blocks": shown.blocks}, CATALOG).addresses == (JobId(J), JobId(U))


RICH: dict[str, Any] = {
    "type": "rich_text_section",
    "elements": [
        {"type": "text", "text": "request_id: "},
        {"type": "text", "text": K, "style": {"code": True}},
        {"type": "emoji", "name": "eyes"},
        {"type": "text", "text": " "},
        {"type": "text", "text": f"job_id: {J[:8]}"},
        {"type": "text", "text": J[8:], "style": {"bold": True}},
    ],
}


@pytest.mark.parametrize(
    "part",
    [
        {"blocks": [{"type": "rich_text", "elements": [RICH]}]},
        {"attachments": [{"fields": [{"title": "Request ID", "value": K}, {"title": "Job", "value": f"`{J}`"}]}]},
        {"blocks": [{"type": "section", "fields": [
            {"type": "mrkdwn", "text": f"*Request ID:*\n{K}"}, {"type": "mrkdwn", "text": f"*Job*\n{J}"}]}]},
        {"blocks": [{"type": "section", "fields": [
            {"type": "mrkdwn", "text": "*Request ID*"}, {"type": "mrkdwn", "text": f"`{K}`"},
            {"type": "mrkdwn", "text": "*Job ID*"}, {"type": "mrkdwn", "text": f"`{J}`"}]}]},
        {"blocks": [{"type": "table", "rows": [
            [{"type": "raw_text", "text": "request_id"}, {"type": "raw_text", "text": K}],
            [{"type": "raw_text", "text": "job_id"}, {"type": "raw_text", "text": J}]]}]},
    ],
)  # fmt: skip
def test_a_label_may_be_in_another_style_or_the_title_of_a_field(part: dict[str, Any]):
    assert extract({"text": "", **part}, CATALOG).addresses == (JobId(J),)


@pytest.mark.parametrize(
    "part",
    [
        {"files": [{"name": f"{J}.log"}]},
        {"files": [{"subject": f"job {J} failed"}]},
        {"files": [{"alt_txt": f"graph of {J}"}]},
        {"file": {"name": f"{J}.log"}},
        {"files": [{"initial_comment": {"comment": f"see {J}", "user": "U1"}}]},
        {"attachments": [{"files": [{"name": f"{J}.mp4"}]}]},
        {"blocks": [{"type": "video", "title_url": f"https://x.example/{J}", "video_url": f"https://x.example/{K}"}]},
    ],
)
def test_files_and_videos_are_read(part: dict[str, Any]):
    assert extract({"text": "", **part}, CATALOG).addresses == (JobId(J),)


def test_a_name_outside_of_files_is_not_read():
    hidden = {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
        {"type": "emoji", "name": J}]}]}], "attachments": [{"actions": [{"name": K}]}]}  # fmt: skip
    assert extract(hidden, CATALOG).addresses == ()


def test_a_message_is_read_to_its_end():
    assert named(f"{'word ' * 7_990}job_id={J}") == [J]
    assert named(f"{'x' * READ_MAX} {J}") == []


PIECES = (
    "_",
    "a*",
    "\\",
    "%25",
    "https://a?b=https://",
    "{",
    '"a":',
    "task1",
    "A-",
    "\u2011",
    "media-cn/video-ocr/",
    f"{J},",
    "[3",
    "&#x200b;",
    "\\012",
    '"a":{',
    "job is ",
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_message_is_read_in_linear_time(piece: str, monkeypatch: pytest.MonkeyPatch):
    """A pattern that starts again at each of so many characters takes minutes."""
    monkeypatch.setattr("bot.domain.extraction.READ_MAX", 10 * READ_MAX)
    text = piece * (10 * READ_MAX // len(piece))
    assert len(extract({"text": text}, CATALOG).addresses) <= JOBS_MAX
