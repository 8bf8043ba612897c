"""Every job that a message names, in any part of the payload."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalog import Catalog
from bot.domain.extraction import Extracted, extract
from bot.domain.identifiers import JOBS_MAX, Address, JobId, MediaId
from providers.models import JobRef

CATALOG = Catalog((("media-cn", "video-ocr"), ("vod-sg", "vod-jobs")))
HEX = "f18320e61e4c4dc685aa2dfc22a28dc5"
OTHER = "2dc1634e00000000003f1d22d1a0174f"
UUID = "6f1c2e7a-0b1d-4c2e-9a3b-8d7e6f5a4b3c"
V3 = f"01661356800_{HEX}"
REF = f"media-cn/video-ocr/{HEX}"
MEDIA = f"https://vod.console.aliyun.com/#/media/video/detail/{HEX}/video"


def found(message: Any) -> Extracted:
    return extract(message, CATALOG)


def addresses(text: str) -> list[Address]:
    return list(found({"text": text}).addresses)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"job {HEX} failed", [JobId(HEX)]),
        (f"`{HEX}`, *{UUID}*, _{V3}_ and ~task7qe4sbmo~", [JobId(HEX), JobId(UUID), JobId("task7qe4sbmo"), JobId(V3)]),
        (f"```\nid={HEX}\nref: {REF}\n```", [JobRef("media-cn", "video-ocr", HEX)]),
        (f"Media-CN/VIDEO-OCR/{HEX}.", [JobRef("media-cn", "video-ocr", HEX)]),
        ("*vod-sg/vod-jobs/lecture_7*", [JobRef("vod-sg", "vod-jobs", "lecture_7")]),
        (f"elsewhere/service/{HEX}", [JobId(HEX)]),
        (f"**{HEX}**", [JobId(HEX)]),
        (f"<{MEDIA}|the video> and <https://console.example/?a=1&amp;task={OTHER}>", [MediaId(HEX), JobId(OTHER)]),
        (f"{MEDIA} {HEX}", [MediaId(HEX)]),
        (f"media:{HEX}", [MediaId(HEX)]),
        (f"https://console.example/%2F{HEX}%2F", [JobId(HEX)]),
        (f"({HEX}),[{OTHER}]", [JobId(HEX), JobId(OTHER)]),
        (f"任务{HEX}失败", [JobId(HEX)]),
    ],
)
def test_jobs_in_a_text(text: str, named: list[Address]):
    assert addresses(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "", "nothing here", f"x{HEX}", f"{HEX}0", HEX.upper(), "task_timeout", "taskmanagers", "<@U0DANA>", "a/b/c",
        "https://console.example/task_started/", "media-cn/video-ocr/", "media:video", "2026-11-20T12:00:00Z",
        "password****", "https://[", f"{HEX}-{HEX}", "12345678-1234-1234-1234-1234567890123",
    ],
)  # fmt: skip
def test_what_names_nothing(text: str):
    assert found({"text": text}) == Extracted()


def test_ids_of_requests_and_samples_from_documentation_are_distinguished():
    text = f"{UUID.upper()} {UUID} aasdcsfg782740asd3**** media-cn/video-ocr/3D3D1234****"
    assert found({"text": text}) == Extracted(
        (JobId(UUID),), 0, ("aasdcsfg782740asd3****", "3D3D1234****"), (UUID.upper(),)
    )


def test_more_than_a_command_may_name_are_counted():
    ids = [f"{number:032x}" for number in range(JOBS_MAX + 7)]
    named = found({"text": " ".join(ids)})
    assert named.addresses == tuple(map(JobId, ids[:JOBS_MAX]))
    assert named.left_out == 7


RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "job ", "style": {"bold": True}}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": f"id={HEX}"}]},
        {"type": "rich_text_list", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "link", "url": f"https://x.example/{OTHER}"}]},
        ]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": UUID, "style": {"code": True}}]},
    ],
}  # fmt: skip
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": f"`{HEX}`"}, "fields": [
    {"type": "plain_text", "text": OTHER}, {"type": "mrkdwn", "text": f"_{UUID}_"}]}  # fmt: skip
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": HEX}], [RICH]]}
IMAGE = {"type": "image", "alt_text": f"graph of {HEX}", "title": {"type": "plain_text", "text": f"{OTHER} {UUID}"}}
PARTS = (
    {"blocks": [RICH]},
    {"blocks": [SECTION]},
    {"blocks": [TABLE]},
    {"blocks": [IMAGE]},
    {"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": f"{HEX} {OTHER}"}, IMAGE]}]},
    {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": f"{HEX} {OTHER} {UUID}"}}]},
    {"blocks": [{"type": "markdown", "text": f"# {HEX}\n- {OTHER}\n- **{UUID}**"}]},
    {"attachments": [{"fallback": HEX, "pretext": OTHER, "footer": UUID}]},
    {"attachments": [{"title": HEX, "title_link": f"https://x.example/{OTHER}", "fields": [
        {"title": "job", "value": f"`{UUID}`", "short": True}]}]},
    {"attachments": [{"color": "#f00", "blocks": [SECTION]}]},
    {"attachments": [{"from_url": f"https://x.example/{HEX}", "text": OTHER, "author_name": UUID}]},
    {"attachments": [{"is_share": True, "message_blocks": [{"team": "T1", "message": {"blocks": [SECTION]}}]}]},
    {"files": [{"title": HEX, "preview": f"log {OTHER} {UUID}"}]},
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=range(len(PARTS)))
def test_jobs_are_found_in_each_part(part: dict[str, Any]):
    assert set(found({"type": "message", "text": "", **part}).addresses) == {JobId(HEX), JobId(OTHER), JobId(UUID)}


def test_hidden_fields_name_nothing():
    hidden = {
        "type": "message",
        "client_msg_id": UUID,
        "bot_id": HEX,
        "metadata": {"event_type": "x", "event_payload": {"text": HEX}},
        "blocks": [
            {"type": "actions", "block_id": HEX, "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "value": HEX, "action_id": UUID},
                {"type": "static_select", "options": [{"text": {"type": "plain_text", "text": "a"}, "value": HEX}]},
            ]},
            {"type": "image", "image_url": f"https://x.example/{HEX}.png", "alt_text": "a graph"},
        ],
        "attachments": [{"id": 1, "image_url": f"https://x.example/{HEX}", "callback_id": HEX, "actions": [
            {"name": "a", "text": "Go", "type": "button", "value": HEX}]}],
        "files": [{"id": HEX, "url_private": f"https://x.example/{HEX}"}],
    }  # fmt: skip
    assert found(hidden) == Extracted()


ids = (
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
    | st.uuids().map(str)
    | st.from_regex(r"[0-9]{11}_[0-9a-f]{32}", fullmatch=True)
    | st.from_regex(r"task[0-9][A-Za-z][0-9A-Za-z]{6}", fullmatch=True)
)
around = st.sampled_from(
    [" ", "\n", "`", "*", "_", "~", "(", ")", ",", ".", ":", "=", "|", "<", ">", '"', "'", "“", "中"]
)
prose = st.text(st.characters(codec="ascii", exclude_characters="*/"), max_size=20).filter(
    lambda text: "task" not in text and "media" not in text
)


@given(ids, st.tuples(prose, around), st.tuples(around, prose), st.sampled_from(PARTS))
def test_an_id_is_found_in_any_wrapping(
    job_id: str, before: tuple[str, str], after: tuple[str, str], part: dict[str, Any]
):
    left, right = "".join(before), "".join(after)
    left = f"{before[0]} _" if before[1] == "_" else left  # glued to a word, an underscore is part of it
    right = f"_ {after[1]}" if after[0] == "_" else right
    assert JobId(job_id) in found({"text": f"{left}{job_id}{right}", **part}).addresses


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | ids,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "blocks", "elements", "value", "title", "url", "type", "files", "fields", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json)
def test_any_payload_can_be_read(payload: object):
    named = found(payload)
    assert len(named.addresses) <= JOBS_MAX
    assert len(set(named.addresses)) == len(named.addresses)
