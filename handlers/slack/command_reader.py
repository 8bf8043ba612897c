"""Read commands for handlers; a thread reads long ones."""

from functools import partial

from bot.deps.deps import Deps
from bot.domain.errors import Problem, UsageError
from handlers.commands.grammar import Request
from handlers.commands.parser import parse

TYPED_MAX = 8_000
"""Most bytes of a typed command. A longer text was probably pasted, and is not a command."""


def read_text(text: str) -> str:
    """Return the text of a typed command. Raises UsageError if it is longer than TYPED_MAX."""
    size = len(text.encode(errors="surrogatepass"))
    if size > TYPED_MAX:
        raise UsageError(Problem.TOO_LONG, f"{size / 1000:.1f}", expected=(f"{TYPED_MAX / 1000:g}",))
    return text


async def read(deps: Deps, text: str) -> Request:
    """Return the request of a text. Raises UsageError as `parse` does."""
    return await deps.long_texts.read(len(text), partial(parse, text, deps.catalog))
