"""The lexer: texts that would hang a backtracking expression, and decorations."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.domain.errors import UsageError
from bot.domain.quoting import quoted
from handlers.commands.lexer import is_ornament, items, name_of, split, undecorated
from handlers.commands.parser import parse
from tests.handlers.requests import CATALOG, ID

HUGE = 500_000
"""Characters of a text. A quadratic reader would take an hour."""
LONG = 40_000
"""Characters of the longest message (api.slack.com/methods/chat.postMessage#truncating)."""
REPEATED = (
    "<http://",
    "<https://a|",
    "<tel:1|",
    "<@",
    "<@U1|",
    '"',
    'a"',
    ":a",
    "*",
    "a*",
    "-",
    "—",
    ",",
    "（",
    "state:",
)


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize(
    "reader", [undecorated, split, quoted, items, name_of, is_ornament], ids=lambda it: it.__name__
)
def test_a_huge_text_is_read(reader: Callable[[str], object], piece: str):
    reader(piece * (HUGE // len(piece)) + "x")


@pytest.mark.parametrize(
    "piece",
    ["<http://", "<@U1> ", "on:any ", "state:failed ", "x ", "a,", f"{ID} ", f"id={ID};", "_-", "a/b/c ", "%25", "\\u"],
)
def test_a_message_as_long_as_can_be_is_read(piece: str):
    for command in ("subscribe ", "list "):
        with suppress(UsageError):
            parse(command + undecorated(piece * (LONG // len(piece))), CATALOG)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("show （a） 【b】 《c》 「d」 •e。", ["show", "a", "b", "c", "d", "e"]),
        ("| a | b |", ["a", "b"]),
        ("{a}; ~b~… ", ["a", "b"]),
        ("\u3000a\u2003b", ["a", "b"]),
        ("（name:lecture）", ["name:lecture"]),
    ],
)
def test_marks_of_other_scripts_are_no_part_of_a_word(text: str, words: list[str]):
    assert split(text) == words


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<tel:01661356800|01661356800>_a", "01661356800_a"),
        ("<tel:+4989123|089 123>", "089 123"),
        ("<tel:+4989123>", "+4989123"),
        ("<http://a.example|b<http://c.example|d>", "<http://a.example|bhttp://c.example "),
        (f"<https://a.example/b|{ID}>", f"https://a.example/b {ID} "),
        (f"<https://a.example/{ID}|{ID}>", f"https://a.example/{ID} "),
        ("<https://a.example/b|build 7>", "https://a.example/b "),
    ],
)
def test_links_of_slack(sent: str, typed: str):
    assert undecorated(sent) == typed
