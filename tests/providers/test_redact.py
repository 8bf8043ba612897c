"""Redaction: values under secret names are removed, and texts that could carry one are cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.redact import DEPTH_MAX, REMOVED, redact, scrub

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    "name",
    [
        "password", "Passwd", "secretKey", "X-Auth-Token", "security_token", "Authorization", "authorisation",
        "Signature", "credentials", "AccessKeyId", "access_key", "Cookie", "headers", "webhook", "vcn", "UserId",
        "user_id", "UserData", "TaskInput", "Recommend", "cover_url", "preview_video_url",
        "encoded_authorization_message",
    ],
)  # fmt: skip
def test_a_key_that_names_a_secret_loses_its_value(name: str):
    assert redact({name: "SECRET", "deep": [{name: {"x": "SECRET"}}]}) == {name: REMOVED, "deep": [{name: REMOVED}]}
    assert redact({name: None}) == {name: None}


def test_a_provider_names_more():
    assert redact({"URL": "https://SECRET", "id": "1"}, frozenset({"url"})) == {"URL": REMOVED, "id": "1"}


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("https://a.example/b/c.png?AccessKeyId=SECRET&Signature=SECRET", "https://a.example/b/c.png"),
        ("rtsp://user:SECRET@camera/1#SECRET", "rtsp://camera/1"),
        ("see (https://a.example/b?x=SECRET) and http://c.example/#SECRET.", "see (https://a.example/b and http://c.example/"),
        ("SDK-HMAC-SHA256 Access=SECRET, SignedHeaders=host, Signature=SECRET",
         f"SDK-HMAC-SHA256 Access={REMOVED}, SignedHeaders=host, Signature={REMOVED}"),
        ("x-auth-token=SECRET", f"x-auth-token={REMOVED}"),
        ("nothing to hide", "nothing to hide"),
        ("a=b", "a=b"),
        ("half \ud800", "half ?"),
    ],
)  # fmt: skip
def test_texts(text: str, scrubbed: str):
    assert scrub(text) == scrubbed


@given(json_values)
def test_any_json_stays_json_and_is_not_changed_in_place(value: Any):
    before = json.dumps(value)
    assert json.dumps(redact(value), ensure_ascii=False).encode()
    assert json.dumps(value) == before


def test_endless_nesting_is_cut():
    value: Any = "bottom"
    for _ in range(5000):
        value = {"a": [value]}
    found = str(redact(value))
    assert found.count("a") <= DEPTH_MAX
    assert REMOVED in found
