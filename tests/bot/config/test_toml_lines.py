"""Every key of a TOML file is found in its line."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.toml_lines import key_lines, line_of

TEXT = '''\
# a comment, and [a] bracket
title = "one"

[slack]
mode = "socket"   # [slack]
"quoted key" = """
[not.a.header]
x = 1
"""
a.b.c = 1

[[accounts]]
name = "first"
services = [
  "one",  # ]
  "two",
]
endpoints = { one = "x", "two" = 'y' }

[accounts.inner]
deep = true

[[accounts]]
name = "second"

[[accounts.parts]]
x = 1
[[accounts.parts]]
x = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("slack",), 4),
        (("slack", "mode"), 5),
        (("slack", "quoted key"), 6),
        (("slack", "a", "b", "c"), 10),
        (("accounts", 0), 12),
        (("accounts", 0, "services"), 14),
        (("accounts", 0, "endpoints", "two"), 18),
        (("accounts", 0, "inner", "deep"), 21),
        (("accounts", 1), 23),
        (("accounts", 1, "name"), 24),
        (("accounts", 1, "parts", 0, "x"), 27),
        (("accounts", 1, "parts", 1, "x"), 29),
    ],
)
def test_a_key_is_found_in_its_line(path: tuple[str | int, ...], line: int):
    assert key_lines(TEXT)[path] == line


def test_what_is_missing_is_placed_in_the_table_around_it():
    lines = key_lines(TEXT)
    assert line_of(("accounts", 1, "region"), lines) == 23
    assert line_of(("accounts", 0, "services", 1), lines) == 14
    assert line_of(("nowhere", "at all"), lines) == 1


def test_windows_line_ends_count_as_one_line():
    assert key_lines("a = 1\r\n\r\nb = 2\r\n")[("b",)] == 3


_key = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
_value = st.one_of(st.integers(), st.booleans(), st.just("[1, 2]"), st.just('"""\n[x]\n"""'), st.just("[\n1,\n\n2]"))


@given(st.dictionaries(_key, _value, min_size=1))
def test_each_line_begins_with_its_key(values: dict[str, object]):
    text = "\n".join(f"{key} = {str(value).lower()}" for key, value in values.items())
    lines = key_lines(text)
    assert set(tomllib.loads(text)) == {path[0] for path in lines if path}
    for key in values:
        assert text.split("\n")[lines[(key,)] - 1].startswith(f"{key} =")
