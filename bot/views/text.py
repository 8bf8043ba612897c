"""Words that are safe in Slack's mrkdwn, and numbers and times as people read them."""

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta

ELLIPSIS = "…"
# What Slack would read as formatting: a pair of markers, an emoji code, a quote, a list or code.
_FORMATTING = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)|:[\w+'-]+:|^\s*(?:>|[-•]\s|\d+\.\s)")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # part of emoji and of Persian, Hindi and other words


def clean(text: str) -> str:
    """Return text on one line, without control, invisible and direction-changing characters."""
    shown = (
        " " if char.isspace() else char
        for char in text
        if char in _JOINERS or char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )
    return re.sub(" {2,}", " ", "".join(shown)).strip()


def width(text: str) -> int:
    """Length as Slack's clients count it, in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, limit: int) -> str:
    """Return text of at most `limit` UTF-16 units, with an ellipsis where it was cut."""
    if width(text) <= limit:
        return text
    kept: list[str] = []
    room = limit - 1
    for char in text:
        room -= width(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip("\u200d ") + ELLIPSIS


def escape(text: str) -> str:
    """Escape Slack's three control characters, so that no text can ping or link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, limit: int = 200) -> str:
    """Return a provider's text for mrkdwn, looking like itself; text that Slack would format becomes code."""
    text = cut(clean(text), limit)
    return code(text, limit) if _FORMATTING.search(text) else escape(text)


def bold(text: str, limit: int = 200) -> str:
    """Return a provider's text in bold, or as code where bold would break it."""
    text = cut(clean(text), limit)
    return code(text, limit) if not text or _FORMATTING.search(text) else f"*{escape(text)}*"


def code(text: str, limit: int = 200) -> str:
    """Return a provider's text as code, to be copied."""
    return f"`{escape(cut(clean(text), limit)).replace('`', 'ʼ') or ' '}`"


def code_block(text: str, limit: int) -> str:
    """Return lines of code, cut so that the escaped text fits `limit`."""
    body = text.replace("```", "ʼʼʼ")
    room = limit - 8
    while width(escape(body)) > room:
        body = cut(body, min(width(body) - 1, room * width(body) // width(escape(body))))
    return f"```\n{escape(body)}\n```"


def date(moment: datetime) -> str:
    """Return a Slack date token: each reader sees their own zone, others the UTC fallback."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{utc(moment)}>"


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
    age = now - moment
    if age < timedelta(seconds=1):
        return "just now"
    return f"{' '.join(duration(age.total_seconds()).split()[:2])} ago"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(words: tuple[str, ...] | list[str], conjunction: str = "or") -> str:
    """Join words as a sentence does: `a`, `a or b`, `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def unformatted(mrkdwn: str) -> str:
    """Return what mrkdwn of ours says, for a notification or a terminal."""
    text = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", mrkdwn)
    text = re.sub(r"<@(\w+)>", r"@\1", text)
    return html.unescape(re.sub(r"\*([^*]+)\*", r"\1", text.replace("`", "")))
