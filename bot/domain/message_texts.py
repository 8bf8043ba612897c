"""The texts of a message: everything readable in its text, blocks, attachments, files and unfurled links.

Pure: takes a payload and yields texts, each one or several lines as the reader sees them.
"""

from collections.abc import Iterator
from typing import Any, cast

from providers.json_fields import listing, mapping

_READ = frozenset({
    "text", "fallback", "pretext", "title", "title_link", "from_url", "original_url", "url", "footer", "author_name",
    "author_link", "alt_text", "preview", "plain_text", "label", "title_url",
})  # fmt: skip
"""The keys of readable texts and of links. The rest are ids and settings of Slack."""
_READ_OF_FILES = frozenset({"name", "subject", "comment", "alt_txt"})
_ONE_LINE = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
"""Blocks that split a line where its style changes."""
_ROW = " | "
"""Between the cells of a row."""
_HIDDEN = frozenset({"metadata", "root", "bot_profile", "user_profile"})


def texts(node: object, key: str = "") -> Iterator[str]:
    """Yield all readable texts in a payload. `key` is the nearest name above `node`."""
    if isinstance(node, list):
        for item in cast("list[object]", node):
            yield from texts(item, key)
    elif isinstance(node, dict):
        yield from _texts_of(cast("dict[str, Any]", node), key)


def length(message: object) -> int:
    """Return the number of readable characters in a payload."""
    return sum(map(len, texts(message)))


def _texts_of(part: dict[str, Any], key: str) -> Iterator[str]:
    if str(part.get("type")) in _ONE_LINE:
        yield "".join(map(_inline, listing(part.get("elements"))))
        return
    if part.get("type") == "table":
        yield from (_ROW.join(texts(row, key)) for row in listing(part.get("rows")))
        return
    readable = _READ | _READ_OF_FILES if key in {"files", "file", "initial_comment"} else _READ
    if isinstance(part.get("title"), str) and isinstance(part.get("value"), str) and "text" not in part:
        # A field of an attachment; the value of a button is hidden.
        yield f"{part['title'].strip()}: {part['value']}"
    for name, value in part.items():
        if name == "fields" and part.get("type") == "section":
            # Two columns. The title of a field is on the line above, or to the left.
            cells = [text.replace("\n", ": ", 1) for text in texts(value, name)]
            yield from (_ROW.join(cells[at : at + 2]) for at in range(0, len(cells), 2))
        elif isinstance(value, str):
            if name in readable:
                yield value
        elif name not in _HIDDEN:
            yield from texts(value, name)


def _inline(element: object) -> str:
    """Return a piece of a line of rich text as mrkdwn."""
    match element:
        case {"type": "text", "text": str(text), "style": {"code": True}}:
            return f"`{text}`"
        case {"type": "text", "text": str(text)}:
            return text
        case {"url": str(url)}:
            return f"<{url}|{mapping(element).get('text', '')}>"
        case _:
            return " "
