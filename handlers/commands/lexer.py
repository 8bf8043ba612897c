"""Split typed text into words: decorations, quotes, invisible characters."""

import re

from bot.domain.identifiers import is_link
from bot.domain.plain_text import COLOR, plain, unescaped
from bot.domain.plain_text import DASHES as OTHER_DASHES
from bot.domain.quoting import MARKS, MENTION, SMART, WRAPPING

_AROUND_LINK = "`*,;>" + MARKS
SEPARATORS = ",;|，、､；｜・･،؛"
"""Characters between the items of a list, in several scripts."""
DASHES = f"-{OTHER_DASHES}\u30fc\uff70"
"""Characters before an option: hyphens, and what keyboards make of them."""
_HYPHENS = "-\u2010\u2011\u2212\u30fc\ufe63\uff0d\uff70"
"""One hyphen, as keyboards type it. Longer dashes are missing, because phones make them from two hyphens."""
EQUALS = ":=：＝"
"""Characters between a key and its value."""
# Without the joiners (U+200C, U+200D), which belong to emoji and to Persian, Hindi and other words.
_INVISIBLE = re.compile(
    f"{COLOR}|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# Neither a URL nor its label contains `<`, which Slack escapes. So the pattern reads each character once.
_LINK = re.compile(r"<((?:https?://|mailto:|tel:)[^<|>\s]*)(?:\|([^<>]*))?>", re.IGNORECASE)
# A label that may be the id of a job: one word, with a digit.
_NUMBERED = re.compile(r"[^\s\d]*\d\S*")
_EMOJI = re.compile(r"(?::[\w+'-]+:)+")
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"|")+')
_MASKED = re.compile(r"[\w/-]+\*{2,}\w*")
PAIR = re.compile(rf"[{DASHES}]{{0,2}}(?!https?://)([A-Za-z]+)[{EQUALS}](.*)", re.DOTALL | re.IGNORECASE)
"""A filter or an option: `state:failed`, `--on=any`."""
_NEGATED = re.compile(rf"[{_HYPHENS}](?![{DASHES}])(.+)", re.DOTALL)
# In `code:ALG.*`, the asterisk and the full stop before it belong to the value. Around the word they are punctuation.
# Of two asterisks, one belongs to the value.
_BEGINNING = re.compile(rf"((?:\*(?=.*\*\*))?[^*\w]*[{DASHES}]{{0,2}}code[{EQUALS}])([^*\s\"]*\*)[^\w]*", re.IGNORECASE)
_ITEM = re.compile(rf"(?:{MENTION.pattern}|[^\s{SEPARATORS}])+")


def undecorated(text: str) -> str:
    """Return the typed text from Slack's text, which encodes links and `& < >`."""
    return unescaped(_LINK.sub(lambda link: _label_of(link[1], link[2]), text))


def _label_of(url: str, label: str | None) -> str:
    """Return the typed text of a link.

    Slack also links `example.com` and digits; then the label is the typed text. The label of another link counts if it
    may be an id, because people copy links with such labels.
    """
    if url.lower().startswith("tel:"):
        return label or url[len("tel:") :]
    if label and url in {f"http://{label}", f"https://{label}", f"mailto:{label}"}:
        return label
    is_id = label and label not in url and _NUMBERED.fullmatch(label)
    return f"{url} {label} " if is_id else f"{url} "


def split(text: str) -> list[str]:
    """Return the words of a command: `list name:"my job"` has two.

    Text in double quotes is one word, or a part of one, and stays unchanged.
    """
    text = re.sub(r"\s", " ", _INVISIBLE.sub("", text).translate(SMART))
    words = [word for word in map(_unwrapped, _WORD.findall(text)) if word]
    return words[1:] if words and words[0].lower() == "/jobs" else words


def items(text: str) -> list[str]:
    """Return the items of a list with any separators: `a, b；c` has three."""
    return _ITEM.findall(text)


def bare(text: str) -> str:
    """Return the only word of a command in lowercase, empty for none or several."""
    words = split(text)
    return name_of(words[0]) if len(words) == 1 else ""


def plainest(word: str) -> str:
    """Return a word of the grammar as the grammar spells it: `—Help` is `-help`, `ｌｉｓｔ` is `list`."""
    return plain(word).lower()


def name_of(word: str) -> str:
    """Return the name of a command: `--Show:` is `show`."""
    return plainest(word).lstrip("-").rstrip(":")


def negated(word: str) -> str:
    """Return what a hyphen excludes in `-name:test` or `-vod-ai`, empty without a hyphen."""
    found = _NEGATED.fullmatch(word)
    return found[1] if found else ""


def is_ornament(word: str) -> bool:
    """Whether a word has no meaning: a bullet, an emoji, or an emoji's name."""
    return _EMOJI.fullmatch(word) is not None or not any(letter.isalnum() or letter in "-_" for letter in word)


def _unwrapped(word: str) -> str:
    if beginning := _BEGINNING.fullmatch(word):
        return beginning[1].lstrip(WRAPPING) + beginning[2].lstrip(WRAPPING.replace("*", ""))
    word = _stripped(word)
    if pair := PAIR.fullmatch(word):
        word = word[: pair.start(2)] + _stripped(pair[2])
    return word.replace('"', "")


def _stripped(word: str) -> str:
    # A masked id keeps its asterisks, so that it is recognized as one.
    if _MASKED.fullmatch(word):
        return word
    around = _AROUND_LINK if is_link(word) else WRAPPING
    mentions = [mention.span() for mention in MENTION.finditer(word)]
    begin, end = (mentions[0][0], mentions[-1][1]) if mentions else (len(word), 0)
    word = word if word.endswith('"') else word[:end] + word[end:].rstrip(around)
    return word if word.startswith('"') else word[:begin].lstrip(around) + word[begin:]
