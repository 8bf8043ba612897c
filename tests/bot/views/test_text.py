"""Texts that are safe in mrkdwn, and readable numbers and times."""

import sys
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.views import text as words
from tests.bot.views import anything, judges

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
limits = st.integers(12, 400)


@settings(max_examples=150)
@given(anything.nasty, limits)
def test_any_text_is_safe_and_short_enough(text: str, limit: int):
    for made in (words.plain(text, limit), words.bold(text, limit), words.code(text, limit)):
        judges.accept_mrkdwn(f"{made} · {made}\n{made}")
        assert words.width(made) <= limit
        assert not judges.UNSEEN.search(made)


@settings(max_examples=50)
@given(anything.nasty, limits)
def test_any_lines_of_code_are_safe_and_short_enough(text: str, limit: int):
    made = words.code_block(text, limit)
    judges.accept_mrkdwn(made)
    assert words.width(made) <= limit
    assert made.count("```") == 2


@settings(max_examples=50)
@given(anything.nasty)
def test_clean_text_is_one_line_that_stays_as_it_is(text: str):
    cleaned = words.clean(text)
    assert words.clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1


def test_invisible_characters_are_removed():
    kinds = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    named = {char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in kinds}
    removed = {char for char in map(chr, range(sys.maxunicode + 1)) if not words.visible(char)}
    assert named - removed == {"\n", "\u200c", "\u200d"}
    assert all(unicodedata.category(char) in kinds | {"Cn"} for char in removed)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  lecture \t\n 7  ", "lecture 7"),
        ("a\x1b[31mb\x00", "a[31mb"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("\u200b\ufeff", ""),
        ("\u200d", ""),
        ("👩\u200d💻", "👩\u200d💻"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("课程 01", "课程 01"),
        ("a\ud800b", "ab"),
        ("a\u2028b\x85c", "a b c"),
    ],
)
def test_clean(text: str, cleaned: str):
    assert words.clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lecture 7", "lecture 7"),
        ("a<b & c>d", "a&lt;b &amp; c&gt;d"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("snake_case_name", "snake_case_name"),
        ("https://a.example/b", "https://a.example/b"),
        ("12:30", "12:30"),
        ("*bold*", "`*bold*`"),
        ("_it_", "`_it_`"),
        ("课程_01", "`课程_01`"),
        ("a ~ b", "`a ~ b`"),
        (":tada:", "`:tada:`"),
        ("> quote", "`&gt; quote`"),
        ("- item", "`- item`"),
        ("1. one", "`1. one`"),
        ("-", "`-`"),
        ("a `b` c", "`a ʼbʼ c`"),
    ],
)
def test_text_looks_like_itself(text: str, shown: str):
    assert words.plain(text) == shown


def test_bold_and_code():
    assert words.bold("lecture 7") == "*lecture 7*"
    assert words.bold("a*b") == "`a*b`"
    assert words.bold("") == words.code("") == words.code("\u200b") == "`(empty)`"


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("😀😀", 4, "😀😀"),
        ("😀😀😀", 4, "😀…"),
        ("👩\u200d💻x", 4, "👩…"),
    ],
)
def test_cut(text: str, limit: int, kept: str):
    assert words.cut(text, limit) == kept


def test_an_escape_is_never_cut_in_half():
    assert words.escaped("a&b", 7) == "a&amp;b"
    assert words.escaped("a&b", 6) == "a…"
    assert words.escaped("<<<", 9) == "&lt;&lt;…"
    assert words.fitting("a&b", 6) == "a&"


def test_code_keeps_its_lines_and_indents():
    assert words.code_block('{\n  "a": "<b>"\n}', 100) == '```\n{\n  "a": "&lt;b&gt;"\n}\n```'
    assert words.code_block("a\u202eb", 100) == "```\nab\n```"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/?x=1&y=2#z", "<https://a.example/?x=1&amp;y=2#z|console>"),
        ("https://a.example/|evil", ""),
        ("https://a.example/> <!channel", ""),
        ("https://a.example/`", ""),
        ("https://a.example/\n", ""),
        ("http://a.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://" + "a" * 1001, ""),
    ],
)
def test_links(url: str, shown: str):
    assert words.link(url, "console") == shown


def test_times_are_tokens_with_a_fallback_in_utc():
    beijing = datetime.fromisoformat("2026-11-20T20:00:00+08:00")
    assert words.date(beijing) == "<!date^1795176000^{date_short_pretty} at {time}|2026-11-20 12:00 UTC>"
    assert words.age(beijing) == "<!date^1795176000^{ago}|2026-11-20 12:00 UTC>"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"), (0.4, "0 s"), (45, "45 s"), (59.6, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (3601, "1 h"),
        (7500, "2 h 5 min"), (86400, "1 d"), (273_600, "3 d 4 h"), (-5, "0 s"),
    ],
)  # fmt: skip
def test_durations(seconds: float, shown: str):
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=4), "4 s ago"),
        (timedelta(minutes=3, seconds=20), "3 min ago"),
        (timedelta(days=5, hours=3), "5 d ago"),
    ],
)
def test_ages(age: timedelta, shown: str):
    assert words.ago(NOON - age, NOON) == shown


def test_counts_and_lists():
    assert [words.count(number, "job") for number in (0, 1, 2, 1200)] == ["0 jobs", "1 job", "2 jobs", "1,200 jobs"]
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b"]) == "a or b"
    assert words.listed(("a", "b", "c"), "and") == "a, b and c"
    assert words.listed("abc", "and", most=3) == "a, b and c"
    assert words.listed("abc", "and", most=2) == "a, b and 1 more"


@pytest.mark.parametrize(
    ("mrkdwn", "said"),
    [
        ("*Ref* `a*b*c` &amp; *more*", "Ref a*b*c & more"),
        (
            "created <!date^1795176000^{ago}|2026-11-20 12:00 UTC>, by <@U0DANA>",
            "created 2026-11-20 12:00 UTC, by someone",
        ),
        ("<https://a.example/?x&amp;y|open the console>", "open the console"),
        ("`&lt;!channel&gt;`", "<!channel>"),
        ("2 * 3", "2 * 3"),
        ("in <#C0ONCALL>, calls <!subteam^S0ONCALL>", "in the channel, calls someone"),
    ],
)
def test_our_mrkdwn_in_a_terminal(mrkdwn: str, said: str):
    assert words.unformatted(mrkdwn) == said
