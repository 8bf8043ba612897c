"""Messages for operators about records that this version can't read."""

from collections.abc import Mapping

from bot.views.text import count

PLACES_MAX = 10
"""Most destinations and services named in one line."""
_NOUNS = {
    "entry": ("entry", "entries"),
    "list of followers": ("list of subscribers", "lists of subscribers"),  # stored
}


def numbers(counts: Mapping[tuple[str, str], int]) -> str:
    """Count records by destination or service: `T1/C1 (2 cards, 1 entry), acme/video-ocr (1 job)`."""
    kinds: dict[str, list[str]] = {}
    for (where, kind), number in sorted(counts.items()):
        singular, plural = _NOUNS.get(kind, (kind, f"{kind}s"))
        noun = plural if number > 1 else singular
        kinds.setdefault(where, []).append(f"{number:,} {noun}")
    named = [f"{where or 'elsewhere'} ({', '.join(mine)})" for where, mine in kinds.items()]
    more = [f"and {count(len(named) - PLACES_MAX, 'more place')}"] if len(named) > PLACES_MAX else []
    return ", ".join([*named[:PLACES_MAX], *more])
