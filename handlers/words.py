"""From what people type to words, and back: decorations, quotes, invisible characters."""

import re

from bot.addresses import is_link

WRAPPING = "`*,;.!?()[]<>'"
"""What people, and Slack's formatting, put around a word."""
_AROUND_LINK = "`*,;>"
_SMART = str.maketrans(dict.fromkeys("“”„«»＂", '"') | dict.fromkeys("\u2018\u2019", "'"))
# Not among them: the joiners (U+200C, U+200D), which are part of emoji and of Persian, Hindi and other words.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_LINK = re.compile(r"<((?:https?://|mailto:)[^|>\s]*)(?:\|([^>]*))?>", re.IGNORECASE)
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"|")+')
_MASKED = re.compile(r"[\w/-]+\*{2,}\w*")
_MENTION = r'<[@!#][^<>\s"|]+(?:\|[^<>\s"]*)?>'
MENTION = re.compile(_MENTION)
"""A person, group or channel as Slack writes them: `<@U123|dana>`, `<!subteam^S123>`, `<#C123>`."""
PAIR = re.compile(r"-{0,2}(?!https?://)([A-Za-z]+)[:=：](.*)", re.DOTALL | re.IGNORECASE)
"""A filter or an option: `state:failed`, `--on=any`."""
_EDGE = rf'(?:{_MENTION}|[^\s"{re.escape(WRAPPING)}])'
_BARE = re.compile(rf'{_EDGE}(?:[^\s"]*{_EDGE})?')


def undecorated(text: str) -> str:
    """Return what was typed, of the text that Slack sends for it: links and `& < >` are wrapped on the way."""
    text = _LINK.sub(lambda link: _typed(link[1], link[2]), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _typed(url: str, label: str | None) -> str:
    """Slack makes a link of `example.com` too; then its label is what was typed."""
    return label if label and url in {f"http://{label}", f"https://{label}", f"mailto:{label}"} else f"{url} "


def split(text: str) -> list[str]:
    """Return the words of a command. A text in double quotes is (part of) one word, exactly as it stands there."""
    text = re.sub(r"\s", " ", _INVISIBLE.sub("", text).translate(_SMART))
    words = [word for word in map(_unwrapped, _WORD.findall(text)) if word]
    return words[1:] if words and words[0].lower() == "/jobs" else words


def bare(text: str) -> str:
    """Return the only word of a command, in small letters; the empty text when there are more, or none."""
    words = split(text)
    return words[0].lower().lstrip("-") if len(words) == 1 else ""


def _unwrapped(word: str) -> str:
    word = _stripped(word)
    if pair := PAIR.fullmatch(word):
        word = word[: pair.start(2)] + _stripped(pair[2])
    return word.replace('"', "")


def _stripped(word: str) -> str:
    # A masked id keeps its asterisks, so that it is recognised as one.
    if _MASKED.fullmatch(word):
        return word
    around = _AROUND_LINK if is_link(word) else WRAPPING
    mentions = [mention.span() for mention in MENTION.finditer(word)]
    begin, end = (mentions[0][0], mentions[-1][1]) if mentions else (len(word), 0)
    word = word if word.endswith('"') else word[:end] + word[end:].rstrip(around)
    return word if word.startswith('"') else word[:begin].lstrip(around) + word[begin:]


def quoted(word: str) -> str:
    """Return a word as it has to be typed to be read as it stands; double quotes cannot be typed."""
    word = word.translate(_SMART).replace('"', "")
    return word if _BARE.fullmatch(word) else f'"{word}"'
