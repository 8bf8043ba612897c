import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.alibaba.embedded_json import LEAKS, clean, decode, unpack
from providers.redact import REMOVED, redact

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="[]{\\"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def test_escaped_brackets_are_fixed():
    assert decode('{"a":\\[1,{"b":\\[\\]}]}\n') == {"a": [1, {"b": []}]}


def test_valid_json_is_unchanged():
    assert decode(r'{"path":"C:\\[x\\]"}') == {"path": "C:\\[x\\]"}


@given(JSON)
def test_json_inside_strings_inside_json_is_decoded(value: object):
    nested = {"outer": json.dumps({"inner": json.dumps([value])})}
    assert unpack(nested) == {"outer": {"inner": [value]}}


@given(st.text(max_size=200) | st.text(alphabet='[]{}\\"a:,', max_size=60))
def test_any_text_can_be_cleaned(text: str):
    assert set(clean({"a": text})) == {"a"}


@pytest.mark.parametrize("key", ["UserId", "userData", "TaskInput", "Recommend"])
def test_secret_keys_are_removed_at_any_depth(key: str):
    nested = json.dumps({"deep": json.dumps({key: "LEAK"})})
    assert "LEAK" not in str(clean({key: "LEAK", "Config": nested, "List": [nested]}))
    assert clean({"Config": f'{{"broken": "{key}=LEAK"'}) == {"Config": REMOVED}


def test_bottomless_json_is_cut_off():
    bottomless: object = "LEAK"
    for _ in range(500):
        bottomless = [bottomless]
    assert REMOVED in str(clean({"a": bottomless}))
    assert clean({"a": "[" * 100_000}) == {"a": "[" * 100_000}


RISKY = st.recursive(
    st.integers()
    | st.sampled_from(["plain", "https://h/p?Signature=LEAK", '{"UserData":"LEAK"}', "Signature=LEAK", "a\\b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "Secret", "UserId"]), inner),
    max_leaves=8,
)


@given(st.lists(RISKY) | st.dictionaries(st.sampled_from(["a", "b", "Token"]), RISKY))
def test_the_short_way_decodes_like_the_long_way(value: object):
    text = json.dumps(value)
    assert clean({"a": text}) == {"a": redact(unpack(text), remove=LEAKS)}


def test_deep_json_in_a_string_is_cut_off_like_any_other():
    assert REMOVED in str(clean({"a": "[" * 60 + "]" * 60}))
    assert clean({"a": json.dumps([[{"b": ["]]]]"]}]] * 40)}) == {"a": [[{"b": ["]]]]"]}]] * 40}


def test_numbers_stay_as_loose_as_they_came():
    config = '{"inl":0,"num":32,"tm":5,"wd":"352","ikcp":"false"}'
    assert clean({"NormalConfig": config}) == {
        "NormalConfig": {"inl": 0, "num": 32, "tm": 5, "wd": "352", "ikcp": "false"}
    }
