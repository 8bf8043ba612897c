"""Notes of a message shortcut: what it found in a message in addition to jobs."""

from collections.abc import Sequence

from bot.domain.extraction import Extracted
from bot.domain.identifiers import JOBS_MAX
from bot.views.slack.block_kit import Message, message, section
from bot.views.text import code, count, listed, unformatted

NAMES_MAX = 5
_NOTHING = (
    "I found no job in this message. I look for ids (32 hexadecimal digits, lowercase UUIDs, `task…`), "
    "ACCOUNT/SERVICE/ID and links that contain one of them."
)

_NARROWED = "Results you can't access here are hidden."


def notes(found: Extracted) -> list[str]:
    """Return lines about ids that are no jobs, and about jobs beyond the limit."""
    lines: list[str] = []
    if found.left_out:
        everything = count(JOBS_MAX + found.left_out, "job")
        lines.append(f"✂️ The message names {everything}: these are the first {JOBS_MAX}.")
    if found.masked:
        one = len(found.masked) == 1
        what = "is a masked id" if one else "are masked ids"
        lines.append(f"❔ {_names(found.masked)} {what} from documentation. Copy the whole id, without asterisks.")
    if found.requests:
        what = "is a request id" if len(found.requests) == 1 else "are request ids"
        lines.append(f"❔ {_names(found.requests)} {what}. Job ids are lowercase.")
    return lines


def _names(ids: Sequence[str]) -> str:
    more = [f"{len(ids) - NAMES_MAX:,} more"] if len(ids) > NAMES_MAX else []
    return listed([*(code(each, 80) for each in ids[:NAMES_MAX]), *more], "and")


def nothing(found: Extracted, *, narrowed: bool) -> Message:
    """Say that a message names no job; `narrowed` means that hidden results are possible."""
    lines = [f"🤷 {_NOTHING}", *([_NARROWED] if narrowed else []), *notes(found)]
    return message("\n".join(map(unformatted, lines)), [*map(section, lines)])
