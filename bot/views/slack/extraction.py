"""What a message shortcut found in a message, besides the jobs themselves."""

from collections.abc import Sequence

from bot.domain.extraction import Extracted
from bot.domain.identifiers import JOBS_MAX
from bot.views.slack.block_kit import Message, message, section
from bot.views.text import code, count, listed, unformatted

NAMES_MAX = 5
_NOTHING = (
    "I found no job in this message. I look for ids (32 hexadecimal digits, UUIDs in small letters, `task…`), "
    "for ACCOUNT/SERVICE/ID and for links with one of them in it."
)

_NARROWED = "I leave out what you may not see here."


def notes(found: Extracted) -> list[str]:
    """Lines about what looked like a job and is none, and about what was too much."""
    lines: list[str] = []
    if found.left_out:
        everything = count(JOBS_MAX + found.left_out, "job")
        lines.append(f"✂️ The message names {everything}: these are the first {JOBS_MAX}.")
    if found.masked:
        one = len(found.masked) == 1
        what = "is a masked id" if one else "are masked ids"
        lines.append(f"❔ {_names(found.masked)} {what} from documentation. Copy the whole id, without asterisks.")
    if found.requests:
        what = "is the id of a request" if len(found.requests) == 1 else "are ids of requests"
        lines.append(f"❔ {_names(found.requests)} {what}, not of a job: those are in small letters.")
    return lines


def _names(ids: Sequence[str]) -> str:
    more = [f"{len(ids) - NAMES_MAX:,} more"] if len(ids) > NAMES_MAX else []
    return listed([*(code(each, 80) for each in ids[:NAMES_MAX]), *more], "and")


def nothing(found: Extracted, *, narrowed: bool) -> Message:
    """A message that names no job; `narrowed` says that there may be some that must not be seen."""
    lines = [f"🤷 {_NOTHING}", *([_NARROWED] if narrowed else []), *notes(found)]
    return message("\n".join(map(unformatted, lines)), [*map(section, lines)])
