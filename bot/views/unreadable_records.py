"""Words for operators about records that this version does not read."""

from collections.abc import Mapping

from bot.views.text import count

PLACES_MAX = 10
"""Places and services named in one line."""
_PLURALS = {"entry": "entries", "list of followers": "lists of followers"}


def numbers(counts: Mapping[tuple[str, str], int]) -> str:
    """List the numbers of records: `T1/C1 (2 cards, 1 entry), acme/video-ocr (1 job)`."""
    kinds: dict[str, list[str]] = {}
    for (where, kind), number in sorted(counts.items()):
        noun = _PLURALS.get(kind, f"{kind}s") if number > 1 else kind
        kinds.setdefault(where, []).append(f"{number:,} {noun}")
    named = [f"{where or 'elsewhere'} ({', '.join(mine)})" for where, mine in kinds.items()]
    more = [f"and {count(len(named) - PLACES_MAX, 'more place')}"] if len(named) > PLACES_MAX else []
    return ", ".join([*named[:PLACES_MAX], *more])
