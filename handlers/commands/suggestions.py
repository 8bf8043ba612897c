"""What was probably meant by a mistyped word."""

from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted

BEGINNING = 3
"""Letters of a word, at least, for it to be taken for the beginning of a longer one."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant: the only one that begins so, else the nearest.

    Nearest is at most two fifths of its letters away, a swap counting once.
    """
    known = tuple(known)
    begun = [each for each in known if each.startswith(word.lower())]
    if len(word) >= BEGINNING and len(begun) == 1:
        return begun[0]
    best = process.extractOne(word.lower(), known, scorer=OSA.normalized_similarity, score_cutoff=0.6)
    return best[0] if best else None


def closest_each(words: Sequence[str], known: Iterable[str]) -> str | None:
    """Return the known words that a list was probably meant to have; None if one of its words is like none."""
    known = tuple(known)
    close = [closest(word, known) for word in words]
    return ",".join(filter(None, close)) if close and all(close) else None


def replaced(words: Sequence[str], wrong: str, right: str) -> str:
    """Return the whole command with one word put right."""
    return " ".join(right if word.lower() == wrong.lower() else quoted(word) for word in words)


def unknown(
    word: str,
    words: Sequence[str],
    known: Iterable[str],
    expected: tuple[str, ...],
    *,
    narrowed: bool = False,
) -> UsageError:
    """Return the error for a word that nobody knows, with the command as it was probably meant.

    `narrowed`: it may be the name of what must not be seen.
    """
    close = closest(word, known)
    suggestion = replaced(words, word, close) if close else None
    problem = Problem.UNKNOWN_HERE if narrowed and not close else Problem.UNKNOWN_WORD
    return UsageError(problem, word, expected=expected, suggestion=suggestion)
