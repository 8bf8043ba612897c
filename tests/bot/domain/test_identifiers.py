"""Texts that people paste to name a job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Catalog
from bot.domain.identifiers import Address, JobId, MaskedIdError, MediaId, NotAnAddressError, could_be_id
from bot.domain.identifiers import read as read_with
from providers.ids import USUAL
from providers.models import JobRef
from providers.services import recognized

HEX = "f18320e61e4c4dc685aa2dfc22a28dc5"
UUID = "6f1c2e7a-0b1d-4c2e-9a3b-8d7e6f5a4b3c"
V3 = f"01661356800_{HEX}"
CATALOG = Catalog((("media-cn", "video-ocr"), ("vod-sg", "vod-jobs")))


def read(text: str) -> tuple[Address, ...]:
    return read_with(text, CATALOG)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEX, [JobId(HEX)]),
        (UUID, [JobId(UUID)]),
        ("task7qe4sbmo", [JobId("task7qe4sbmo")]),
        ("lecture_7", [JobId("lecture_7")]),
        ("a" * 64, [JobId("a" * 64)]),
        (f"media-cn/video-ocr/{HEX}", [JobRef("media-cn", "video-ocr", HEX)]),
        (f"Media-CN/VIDEO-OCR/{HEX.upper()}", [JobRef("media-cn", "video-ocr", HEX)]),
        (UUID.upper(), [JobId(UUID)]),
        ("3D3D12340D9401", [JobId("3D3D12340D9401")]),
        ("media:a1B2", [MediaId("a1B2")]),
        ("MEDIA=a1B2", [MediaId("a1B2")]),
        (f"https://console.example/{HEX}", [JobId(HEX)]),
        (f"HTTPS://console.example/?a={HEX}&b={UUID}#{HEX}", [JobId(HEX), JobId(UUID)]),
        (f"https://console.example/%2F{V3}%2F", [JobId(V3)]),
        ("https://console.example/#/task/task7qe4sbmo/detail", [JobId("task7qe4sbmo")]),
        ("https://vod.console.aliyun.com/#/media/video/detail/a1B2/video", [MediaId("a1B2")]),
        ("https://vod.console.aliyun.com/#/media/video/detail/a1B2", [MediaId("a1B2")]),
        (f"https://vod.console.aliyun.com/#/jobs/{HEX}", [JobId(HEX)]),
        (f"https://elsewhere.example/media/video/detail/{HEX}/video", [JobId(HEX)]),
        (f"https://[{HEX}", [JobId(HEX)]),
    ],
)
def test_addresses_in_a_text(text: str, found: list[Address]):
    assert list(read(text)) == found


@pytest.mark.parametrize(
    "text",
    ["", "a" * 65, "lecture 7", "lecture.mp4", "a/b", "/a/b", "//a", "a//b", "a/b/", "a/b/c/d", "media:", "media:a/b",
     "media:a:b", "kind:a", "a=b", "https://console.example/", "https://[", "https://", f"https://console.example/x{HEX}",
     f"https://console.example/{HEX}-", "https://\u2100.example/"],
)  # fmt: skip
def test_what_names_nothing(text: str):
    with pytest.raises(NotAnAddressError):
        read(text)


@pytest.mark.parametrize("text", ["aasdcsfg782740asd3****", "***", "a/b/c***", "media:a***"])
def test_samples_from_documentation(text: str):
    with pytest.raises(MaskedIdError):
        read(text)


@given(st.text(max_size=80) | st.text(max_size=40).map("https://".__add__))
def test_any_text_names_something_that_reads_back_or_nothing(text: str):
    try:
        found = read(text)
    except (NotAnAddressError, MaskedIdError):
        return
    assert found
    for address in found:
        assert read(str(address)) == (address,)


@pytest.mark.parametrize("text", [HEX, UUID, V3, "task7qe4sbmo"])
def test_an_id_can_hardly_be_a_word(text: str):
    assert recognized(text)
    assert could_be_id(text, USUAL)


@pytest.mark.parametrize(
    "text", ["lecture", "f18320e6", HEX[:-1], HEX + "a", UUID.upper(), "taskforce-7", "task 7qe4sbm"]
)
def test_a_word_is_not_taken_for_an_id(text: str):
    assert not recognized(text)


@pytest.mark.parametrize("text", ["moderation-a", "short7", "lecture 7 of 2026", "a" * 64 + "7"])
def test_words_that_no_service_is_asked_for(text: str):
    assert not could_be_id(text, USUAL)
