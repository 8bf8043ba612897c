r"""Plain characters for texts that people copy from logs, dumps, chats and links.

Pure. `plain` returns the text as its reader sees it; `readings` returns all readings, for a search.
"""

import re
from html import unescape
from unicodedata import normalize

_ROUNDS = 5
"""A link in a link in a link is encoded three times."""
# The escapes of JSON, C and Markdown. A run of backslashes is read from its start, in linear time.
_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:(?P<sign>[abefnrtv])|(?P<octal>[0-3][0-7]{2}|0)"
    r"|u\{(?P<braced>[0-9A-Fa-f]{1,5})\}|(?P<hex>u[0-9A-Fa-f]{4}|U000[0-9A-Fa-f]{5}|x[0-9A-Fa-f]{2}))"
    r"|#(?P<syslog>0(?:11|12|15|33))"
)
# Markdown and JSON put a backslash before marks. Such a backslash separates no folders.
_MARK = re.compile(r"(?<!\\)\\+([!-/:-@\[\]^-`{-~])")
_SIGNS = dict(zip("abefnrtv", "\a\b\x1b\f\n\r\t\v", strict=True))
# With a semicolon only: a link may hold `&copy=`.
_ENTITY = re.compile("&(?:[A-Za-z][0-9A-Za-z]{1,31}|#[0-9]{1,7}|#[Xx][0-9A-Fa-f]{1,6});")
# Without control characters: `50%1a2b` is not encoded.
_PERCENT = re.compile("%(?:0[9ADad]|[2-7][0-9A-Fa-f])|(?:%[89A-Fa-f][0-9A-Fa-f]){2,}")
_STYLED = re.compile("[\u3000\uff01-\uffee\U0001d400-\U0001d7ff]+")
"""Full-width and half-width forms, and the letters and digits of mathematics."""
DASHES = (
    "\u02d7\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u2500\u2501\u2796\u2e17"
    "\u2e1a\u2e3a\u2e3b\u2e40\u301c\u3030\ufe31\ufe32\ufe58\ufe63\uff0d"
)
"""Dashes and minus signs of all scripts."""
# On a Japanese keyboard a hyphen may come out as a prolonged sound mark.
_DASH = re.compile(f"[{DASHES}]|(?<=[0-9A-Za-z])[\u30fc\uff70](?=[0-9A-Za-z])")
COLOR = "(?:[\x1b\u241b]|\\^\\[)\\[[0-9;?]{0,20}[A-Za-z]|\\[[0-9;]{1,20}m"
"""A terminal's color code. A chat may remove the escape character from it."""
_INVISIBLE = re.compile(
    f"{COLOR}|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Colors, control characters, Unicode's Default_Ignorable_Code_Point, and halves of surrogate pairs."""
# True of most words, which then skip the decoding: no escape, entity, color, or other spelling of a character.
_PLAIN_TEXT = re.compile(r"[ !\"$'()*+,./0-9:;<=>?@A-Z\]_`a-z{|}~-]*")


def plain(text: str) -> str:
    r"""Return a text as its reader sees it.

    `a%2Fb` and `a\/b` become `a/b`, U+2011 becomes `-`, and invisible characters are removed.
    """
    return text if _PLAIN_TEXT.fullmatch(text) else _joined(_decoded(text))


def readings(text: str) -> tuple[str, ...]:
    """Return the ways to read a text, the likeliest first. Most texts have one.

    A dash or an invisible character may be part of a word or separate two. An escape may be a folder in a path.
    """
    if _PLAIN_TEXT.fullmatch(text):
        return (text,)
    text = _marked(text)
    decoded = _decoded(text)
    return tuple(dict.fromkeys((_joined(decoded), _parted(decoded), _joined(text), _parted(text))))


def unescaped(text: str) -> str:
    """Undo Slack's escapes of three characters."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _decoded(text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, _PERCENT.sub(_unquoted, _ESCAPE.sub(_unescaped, _marked(text)))
        if text == before:
            break
    return text


def _joined(text: str) -> str:
    return _INVISIBLE.sub("", _DASH.sub("-", _unstyled(text)))


def _parted(text: str) -> str:
    return _INVISIBLE.sub(" ", _DASH.sub(" ", _unstyled(text)))


def _unstyled(text: str) -> str:
    return _STYLED.sub(lambda run: normalize("NFKC", run[0]), text)


def _marked(text: str) -> str:
    """Decode the entities that can only mean a mark."""
    return _MARK.sub(r"\1", _ENTITY.sub(lambda entity: unescape(entity[0]), text))


def _unescaped(escape: re.Match[str]) -> str:
    kind, value = next((kind, value) for kind, value in escape.groupdict().items() if value)
    match kind:
        case "sign":
            return _SIGNS[value]
        case "octal" | "syslog":
            return chr(int(value, 8))
        case _:
            return chr(int(value.lstrip("uUx"), 16))


def _unquoted(encoded: re.Match[str]) -> str:
    try:
        return bytes.fromhex(encoded[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return encoded[0]
