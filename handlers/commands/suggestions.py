"""Suggest corrections of typing errors."""

from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted

BEGINNING = 3
"""Least letters of a word that counts as the start of a longer one."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the probable known word: the only one with this start, else the nearest.

    The nearest word differs in at most two fifths of its letters. A swap of letters counts once. `faild` becomes
    `failed`.
    """
    known = tuple(known)
    begun = [each for each in known if each.startswith(word.lower())]
    if len(word) >= BEGINNING and len(begun) == 1:
        return begun[0]
    best = process.extractOne(word.lower(), known, scorer=OSA.normalized_similarity, score_cutoff=0.6)
    return best[0] if best else None


def closest_each(words: Sequence[str], known: Iterable[str]) -> str | None:
    """Return the probable known words of a list; None if a word resembles none."""
    known = tuple(known)
    close = [closest(word, known) for word in words]
    return ",".join(filter(None, close)) if close and all(close) else None


def replaced(words: Sequence[str], wrong: str, right: str) -> str:
    """Return the whole command with one word corrected."""
    return " ".join(right if word.lower() == wrong.lower() else quoted(word) for word in words)


def unknown(
    word: str,
    words: Sequence[str],
    known: Iterable[str],
    expected: tuple[str, ...],
    *,
    narrowed: bool = False,
) -> UsageError:
    """Return the error for an unknown word, with the probable command.

    With `narrowed`, the word may be the name of an account that the person can't see.
    """
    close = closest(word, known)
    suggestion = replaced(words, word, close) if close else None
    problem = Problem.UNKNOWN_HERE if narrowed and not close else Problem.UNKNOWN_WORD
    return UsageError(problem, word, expected=expected, suggestion=suggestion)
