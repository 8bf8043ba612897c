"""The jobs that a watch covers, and when two watches are equal."""

import json
import re

import pytest
from pydantic import ValidationError

from bot.domain import watches
from bot.domain.cards import On
from bot.domain.watches import Threshold, WatchSpec
from providers.models import Job, JobError, JobState

ALG = JobError(code="ALG.002")
WATCHED = Job(account="media-cn", service="video-ocr", id="a", name="Test 7", state=JobState.FAILED, error=ALG)


@pytest.mark.parametrize(
    ("spec", "matches"),
    [
        ({}, True),
        ({"account": "media-cn"}, True),
        ({"service": "vod-ai"}, False),
        ({"without_scopes": ("media-cn/video-ocr",)}, False),
        ({"without_scopes": ("video-ocr",)}, False),
        ({"without_scopes": ("media-cn/digital-human", "vod-ai")}, True),
        ({"code": "alg.*"}, True),
        ({"without": (("name", "test"),)}, False),
        ({"account": "media-cn", "name": "7", "without": (("code", "ALG.003"), ("media", "m"))}, True),
    ],
)
def test_jobs_of_its_services_that_pass_its_filters_match(spec: dict[str, object], *, matches: bool):
    assert WatchSpec.model_validate(spec).matches(WATCHED) is matches


def test_the_order_of_words_and_the_case_of_letters_do_not_matter():
    one = WatchSpec(
        name="Lecture", code="ALG.*", without=(("name", "Test"), ("kind", "ocr")), mention=("<@U1>", "<@U2>"),
        on=frozenset({On.DONE, On.FAILED}),
    )  # fmt: skip
    other = WatchSpec(
        name="lecture", code="alg.*", without=(("kind", "OCR"), ("name", "test")), mention=("<@U2>", "<@U1>"),
        on=frozenset({On.DONE}),
    )  # fmt: skip
    assert one.same() == other.same()
    assert one.words().startswith("name:Lecture code:ALG.* -kind:ocr -name:Test on:failed,done")
    assert one.same() != WatchSpec(name="lecture", code="alg.*").same()
    assert WatchSpec(media="A").same() != WatchSpec(media="a").same()


def test_a_copy_with_other_fields_matches_by_these():
    spec = WatchSpec(name="other")
    assert not spec.matches(WATCHED)
    assert spec.model_copy(update={"name": "test"}).matches(WATCHED)


def test_the_documented_example_is_one():
    [text] = re.findall(r"\{\"account.*?\}\}", watches.__doc__ or "", re.DOTALL)
    spec = WatchSpec.model_validate_json(text)
    assert json.loads(spec.model_dump_json()) == json.loads(text)
    assert f"`{spec.words()}`" in (watches.__doc__ or "")


@pytest.mark.parametrize(
    "wrong",
    [
        *({}, {"count": 1}, {"count": 101}, {"share": 0}, {"share": 101}, {"count": 5, "share": 5}),
        *({"count": 5, "window_s": seconds} for seconds in (59, 86_401)),
    ],
)
def test_a_threshold_has_a_count_or_a_share_and_a_window(wrong: dict[str, int]):
    with pytest.raises(ValidationError):
        Threshold.model_validate({"window_s": 600, **wrong})
