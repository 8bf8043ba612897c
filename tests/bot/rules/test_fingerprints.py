"""Failures for one reason form one group: differences between jobs never split it, code and service always do."""

import string
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.fingerprints import fingerprint, mask
from providers.models import Job, JobError, JobState

WORD = st.text(string.ascii_letters, min_size=1, max_size=8)
DIGITS = st.text(string.digits, min_size=1, max_size=6)
HEX32 = st.text("0123456789abcdef", min_size=32, max_size=32)
IDS = st.one_of(
    HEX32,
    st.uuids().map(str),
    st.builds("{}-{}".format, WORD, DIGITS),
    st.builds("{}{}{}".format, WORD, DIGITS, WORD),
    DIGITS,
)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(0).map("{:,}".format),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(0, 100).map("{}%".format),
    st.integers(0, 100).map("+{}".format),
)
URLS = st.builds(
    "{}://{}.{}{}".format,
    st.sampled_from(["http", "https", "obs", "oss", "s3", "ftp"]),
    WORD,
    WORD,
    st.sampled_from(["", "/", "/a/b.mp4", "/x?y=z&w=1#f", ":8080/%20a", "/?X-Amz-Signature=ab12"]),
)
PATHS = st.builds(
    "{}{}.{}".format,
    st.sampled_from(["/", "/data/", "./", "../x/", "C:\\", "\\\\host\\share\\", "bucket/", "~/", "/视频/", ""]),
    st.text(string.ascii_letters + string.digits + "_-课程", min_size=1, max_size=10),
    st.sampled_from(["mp4", "m3u8", "jpg", "json"]),
)
FORMATS = (
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%dT%H%M%SZ",
    "%H:%M:%S.%f",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%b %d, %Y",
    "%A %d %B %Y",
    "%d %B %Y %I:%M %p",
    "%Y-%m-%dT%H:%M:%S.%f+08:00",
)
DATES = st.datetimes(datetime(1970, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001  # hypothesis wants them naive
TIMES = st.builds(datetime.strftime, DATES, st.sampled_from(FORMATS))
MESSAGES = (
    "Failed to open the input {} now",
    "{} is not readable",
    "no space left after {}",
    "the task ({}) was refused: quota",
    "id={}; state: broken",
    "cannot read '{}', then stopped",
    '"{}" is missing.',
    "无法打开 {} 文件",
    "between {} and {}, nothing",
)


@pytest.mark.parametrize("values", [IDS, NUMBERS, URLS, PATHS, TIMES], ids=["ids", "numbers", "urls", "paths", "times"])
def test_differences_between_jobs_never_split_a_group(values: st.SearchStrategy[str]):
    @given(st.sampled_from(MESSAGES), values, values)
    def check(message: str, one: str, other: str) -> None:
        assert mask(message.format(one, one)) == mask(message.format(other, other))

    check()


@pytest.mark.parametrize("message", MESSAGES)
def test_the_words_between_stay(message: str):
    words = {word for word in mask(message.format("x/1", "y/2")).split() if word != "#"}
    assert words >= {word.strip("(:;,.'\"") for word in message.casefold().split() if word.isalpha()}


def failed(**fields: object) -> Job:
    error = JobError(code=str(fields.pop("code", "ALG.002")), message=str(fields.pop("message", "Failed to open")))
    about = {"account": "media-cn", "service": "video-ocr", "id": "f183", "kind": "ocr", **fields}
    return Job.model_validate({**about, "state": JobState.FAILED, "error": error})


@pytest.mark.parametrize(
    "other",
    [
        {"code": "ALG.003"},
        {"code": "ALG.0021"},
        {"account": "vod-sg"},
        {"service": "digital-human"},
        {"kind": "subtitles"},
        {"message": "Failed to write"},
    ],
    ids=str,
)
def test_code_service_kind_and_words_always_split_it(other: dict[str, object]):
    assert fingerprint(failed(**other)) != fingerprint(failed())


@given(HEX32, st.text(min_size=3, max_size=30), WORD)
def test_the_job_itself_never_does(job_id: str, name: str, media: str):
    message = f"{job_id} ({name}) of {media}xy failed"
    job = failed(id=job_id, name=name, media=f"{media}xy", message=message)
    same = failed(id="0" * 32, name="lecture", media="m-1", message=f"{'0' * 32} (lecture) of m-1 failed")
    assert fingerprint(job) == fingerprint(same)


def test_a_job_without_a_reason_has_its_own_group():
    assert fingerprint(failed().model_copy(update={"error": None})) != fingerprint(failed())
