r"""Plain characters for what people copy from logs, dumps, chats and links.

Pure. `plain` is what a copied text says; `readings` are all that it may say, for those who search it.
"""

import re
from unicodedata import normalize

_ROUNDS = 5
"""A link in a link in a link is encoded three times."""
# What JSON and other dumps write for a character. A run of backslashes is read from its start, in linear time.
_ESCAPE = re.compile(r"(?<!\\)\\+(?:(?P<sign>[nrt/])|u(?P<wide>[0-9A-Fa-f]{4})|x(?P<narrow>[0-9A-Fa-f]{2}))")
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "/": "/"}
# Not control characters: `50%1a2b` is no encoding.
_PERCENT = re.compile("%(?:0[9ADad]|[2-7][0-9A-Fa-f])|(?:%[89A-Fa-f][0-9A-Fa-f]){2,}")
_STYLED = re.compile("[\u3000\uff01-\uffee\U0001d400-\U0001d7ff]+")
"""Full-width and half-width forms, and the letters and digits of mathematics."""
_DASH = re.compile("[\u02d7\u058a\u1806\u2010-\u2015\u2043\u2212\ufe58\ufe63]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Control characters, Unicode's Default_Ignorable_Code_Point, and halves of surrogate pairs."""


def plain(text: str) -> str:
    r"""Return what a text says to its reader.

    `a%2Fb` and `a\/b` are `a/b`, U+2011 is `-`, and invisible characters are left out.
    """
    return _joined(_decoded(text))


def readings(text: str) -> tuple[str, ...]:
    """Return the ways to read a text, the likeliest first: most texts have one.

    A dash or an invisible character may be a part of a word or stand between two, an escape may be a folder in a path.
    """
    decoded = _decoded(text)
    return tuple(dict.fromkeys((_joined(decoded), _parted(decoded), _joined(text), _parted(text))))


def _decoded(text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, _PERCENT.sub(_unquoted, _ESCAPE.sub(_unescaped, text))
        if text == before:
            break
    return text


def _joined(text: str) -> str:
    return _INVISIBLE.sub("", _DASH.sub("-", _unstyled(text)))


def _parted(text: str) -> str:
    return _INVISIBLE.sub(" ", _DASH.sub(" ", _unstyled(text)))


def _unstyled(text: str) -> str:
    return _STYLED.sub(lambda run: normalize("NFKC", run[0]), text)


def _unescaped(escape: re.Match[str]) -> str:
    return _SIGNS[escape["sign"]] if escape["sign"] else chr(int(escape["wide"] or escape["narrow"], 16))


def _unquoted(encoded: re.Match[str]) -> str:
    try:
        return bytes.fromhex(encoded[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return encoded[0]
