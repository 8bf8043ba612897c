"""Copied texts in plain characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.plain_text import plain, readings

J = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
U = "0d697589-d980-91f1-2f92-c0073501cd79"


@pytest.mark.parametrize(
    ("copied", "says"),
    [
        (rf"ids:\n{J}\n{U}", f"ids:\n{J}\n{U}"),
        (rf"err\t{J}", f"err\t{J}"),
        (rf"\\\\n{J}\r\n", f"\n{J}\r\n"),
        (rf"job\u003d{J}\x0a", f"job={J}\n"),
        (r"a\u{a}\U0000000a\012\x0a#012\n", "a\n\n\n\n\n\n"),
        (r"job\_id \"7\" \*", 'job_id "7" *'),
        ("a&ndash;b &amp;quot;c&#34; &copy=1", 'a-b "c" &copy=1'),
        ("\x1b[31mred\x1b[0m [1;31mred[0m", "red red"),
        (r"https:\/\/x.example\/a", "https://x.example/a"),
        (f"https%253A%252F%252Fy.example%252F{J}", f"https://y.example/{J}"),
        ("a%25252Fb", "a/b"),
        ("%E4%BB%BB%E5%8A%A1", "任务"),
        ("50%1a2b, 100%, %zz, %E4%BB", "50%1a2b, 100%, %zz, %E4%BB"),
        *((U.replace("-", dash), U) for dash in "‐‑‒–—―−﹘﹣－⸺➖─〜ー"),
        *((f"{J[:9]}{unseen}{J[9:]}", J) for unseen in "\xad\u200b\u200c\u200d\u2060\ufeff\ufe0f\U000e0101\u034f\x00"),
        ("".join(chr(ord(each) + 0xFEE0) for each in f"{J}:"), f"{J}:"),
        ("\U0001d7cf\U0001d41a\u3000x", "1a x"),
        ("R² 任务 ™ ①", "R² 任务 ™ ①"),
    ],
)
def test_plain_form_of_a_copied_text(copied: str, says: str):
    assert plain(copied) == says
    assert readings(copied)[0] == says


def test_an_ordinary_text_has_one_reading():
    assert readings(f"job {J} failed: 任务\n") == (f"job {J} failed: 任务\n",)


def test_a_possible_mark_between_words_has_two_readings():
    assert f"{J} failed" in readings(f"{J}—failed")
    assert f"Job {J}" in readings(f"Job\u200b{J}")
    assert rf"C:\new\{J}" in readings(rf"C:\new\{J}")


@given(st.text())
def test_any_text_has_readings_and_none_grows(text: str):
    for reading in readings(text):
        assert len(reading) <= 20 * len(text)
