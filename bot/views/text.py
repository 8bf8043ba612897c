"""Words that are safe in Slack's mrkdwn, and numbers and times as people read them."""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

ELLIPSIS = "…"
NOTHING = "(empty)"
"""The replacement for a text without visible characters."""
# Slack reads these as formatting: a pair of markers, an emoji code, a quote, a list or code.
_FORMATTING = re.compile(r"[*~`]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|:[\w+'-]+:|^(?:>|[-•](?:\s|$)|\d+\.(?:\s|$))")
_JOINERS = "\u200c\u200d"  # part of emoji and of Persian, Hindi and other words
# Unicode's control and format characters (line feeds and joiners apart), surrogates, private use, line separators.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\uf8ff\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
    "\U000f0000-\U0010ffff]"
)
_SPACES = re.compile(r"\s+")
# No space, and no character that ends a link or starts code.
_LINKABLE = re.compile(r"https://[!-;=?-_a-{}~]{1,1000}")
# Our mrkdwn: code, bold, dates, people, channels, user groups and links. None has a `<` inside.
_OURS = re.compile(r"`([^`]*)`|\*([^*\n]+)\*|<!date\^[^|<>]*\|([^<>]*)>|<https?://[^|<>]*\|([^<>]*)>")
_SOMEBODY = re.compile(r"<(?:@|!subteam\^)\w+>")
_SOME_CHANNEL = re.compile(r"<#\w+>")


def clean(text: str) -> str:
    """Return text on one line, without control, invisible and direction-changing characters."""
    # Collapse spaces twice: two of them may have had an invisible character between them.
    return _SPACES.sub(" ", visible(_SPACES.sub(" ", text))).strip(f" {_JOINERS}")


def visible(text: str) -> str:
    """Return text without control, invisible and direction-changing characters; line feeds stay."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


def width(text: str) -> int:
    """Return the length as Slack's clients count it, in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Return text of at most `limit` UTF-16 units, with an ellipsis if it was cut."""
    return _shortened(text, limit, width)


def _shortened(text: str, limit: int, measure: Callable[[str], int]) -> str:
    if measure(text) <= limit:
        return text
    return _beginning(text, limit - measure(ELLIPSIS), measure).rstrip(f" {_JOINERS}") + ELLIPSIS


def _beginning(text: str, room: int, measure: Callable[[str], int]) -> str:
    text = text[: max(0, room)]  # no character is narrower than one unit
    ends = range(len(text) + 1)
    return text[: bisect_right(ends, room, key=lambda end: measure(text[:end])) - 1]


def escape(text: str) -> str:
    """Escape Slack's three control characters, so that no text can ping or link: `&lt;`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(text: str, limit: int) -> str:
    """Return text escaped, cut to `limit` UTF-16 units including its escapes."""
    return escape(_shortened(text, limit, _escaped_width))


def fitting(text: str, limit: int) -> str:
    """Return the longest beginning of a text that fits `limit` UTF-16 units when escaped."""
    return _beginning(text, limit, _escaped_width)


def _escaped_width(text: str) -> int:
    return width(escape(text))


def plain(text: str, limit: int = 200) -> str:
    """Return a provider's text for mrkdwn, unchanged to the eye.

    Text that Slack would format becomes code.
    """
    text = clean(text)
    return code(text, limit) if _FORMATTING.search(text) else escaped(text, limit)


def bold(text: str, limit: int = 200) -> str:
    """Return a provider's text in bold, or as code where bold would break it."""
    text = clean(text)
    return code(text, limit) if not text or _FORMATTING.search(text) else f"*{escaped(text, limit - 2)}*"


def code(text: str, limit: int = 200) -> str:
    """Return a provider's text as code, which is easy to copy."""
    return f"`{escaped(clean(text).replace('`', 'ʼ') or NOTHING, limit - 2)}`"


def code_block(text: str, limit: int) -> str:
    """Return lines of code, cut to `limit` UTF-16 units."""
    return f"```\n{escaped(visible(text).replace('```', 'ʼʼʼ'), limit - 8)}\n```"


def link(url: str, label: str) -> str:
    """Return a link: `<https://example.com|label>`; empty if Slack would reject the URL."""
    return f"<{escape(url)}|{label}>" if _LINKABLE.fullmatch(url) else ""


def slack_link(url: str, label: str) -> str:
    """Return a link to a Slack message; empty if the URL is none.

    A local workspace has no TLS, so `http:` is accepted.
    """
    return f"<{escape(url)}|{label}>" if _LINKABLE.fullmatch(re.sub("^http:", "https:", url)) else ""


def date(moment: datetime) -> str:
    """Return a Slack date token: readers see their own time zone, other clients the UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{utc(moment)}>"


def day(moment: datetime) -> str:
    """Return a Slack date token that names the day, to follow "on"; with a UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{date_short}} at {{time}}|{utc(moment)}>"


def clock(moment: datetime) -> str:
    """Return a Slack date token of a time today, to the second; with a UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{time_secs}}|{utc(moment)}>"


def minute(moment: datetime) -> str:
    """Return a Slack date token of a time today, to the minute; with a UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{time}}|{utc(moment)}>"


def age(moment: datetime) -> str:
    """Return a Slack date token that shows an age (`4 minutes ago`); with a UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{ago}}|{utc(moment)}>"


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Write a duration with its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    left = max(0, round(seconds))
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def ago(moment: datetime, now: datetime) -> str:
    """Write an age with one unit: `4 s ago`, `3 min ago`, `5 d ago`; `just now` for less than a second."""
    passed = now - moment
    if passed < timedelta(seconds=1):
        return "just now"
    return f"{' '.join(duration(passed.total_seconds()).split()[:2])} ago"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(words: Sequence[str], conjunction: str = "or", most: int | None = None) -> str:
    """Join words for a sentence: `a`, `a or b`, `a, b or c`; empty without words.

    Words after the first `most` are counted: `a, b or 7 more`.
    """
    if most is not None and len(words) > most:
        words = [*words[:most], f"{len(words) - most:,} more"]
    if len(words) < 2:
        return "".join(words)
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}"


def unformatted(mrkdwn: str) -> str:
    """Return our mrkdwn as plain text, for a notification or a terminal.

    People and channels lose their names, because only their ids are known.
    """
    mrkdwn = _SOMEBODY.sub("someone", _SOME_CHANNEL.sub("the channel", mrkdwn))
    return html.unescape(_OURS.sub(lambda match: next(text for text in match.groups() if text is not None), mrkdwn))
