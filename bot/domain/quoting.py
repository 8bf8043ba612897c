"""Quotes the words of a command so that the parser reads them unchanged."""

import re

MARKS = "，、；。．！？…（）［］｛｝＜＞【】〖〗〔〕《》〈〉「」『』｡､｢｣｜•◦▪●○‣・"
"""Punctuation, brackets and bullets of other scripts."""
WRAPPING = "`*~,;.!?()[]{}<>|'" + MARKS
"""Characters that people, and Slack's formatting, put around a word."""
SMART = str.maketrans(dict.fromkeys("“”„«»＂", '"') | dict.fromkeys("\u2018\u2019", "'"))
"""Maps the quotes of a keyboard to the plain ones."""
MENTION = re.compile(r'<[@!#][^<>\s"|]+(?:\|[^<>\s"]*)?>')
"""A person, group or channel in Slack's markup: `<@U123|dana>`, `<!subteam^S123>`, `<#C123>`."""
_EDGE = rf'(?:{MENTION.pattern}|[^\s"{re.escape(WRAPPING)}])'
_BARE = re.compile(rf'{_EDGE}(?:[^\s"]*{_EDGE})?')


_BEGINNING = re.compile(r"(?:[A-Za-z0-9][\w.-]*)?\*")


def pair(key: str, value: str) -> str:
    """Return a filter or an option as it is typed. Examples: `name:"lecture 7"`, `code:ALG.*`."""
    return f"{key}:{value if key == 'code' and _BEGINNING.fullmatch(value) else quoted(value)}"


def quoted(word: str) -> str:
    """Return a word as it is typed, quoted if needed. Removes double quotes, which cannot be typed."""
    word = word.translate(SMART).replace('"', "")
    return word if _BARE.fullmatch(word) else f'"{word}"'
