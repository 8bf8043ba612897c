"""Read the words of a watch in the configuration."""

from bot.domain.catalog import Catalog
from bot.domain.errors import UsageError
from bot.domain.watches import WatchSpec
from bot.views.errors import sentence
from handlers.commands.parser import parse


def watch_spec(words: str, catalog: Catalog) -> WatchSpec:
    """Return the watch of words such as `media-cn -name:test`. Raises ValueError with a helpful text."""
    try:
        request = parse(f"watch {words}", catalog)
    except UsageError as error:
        raise ValueError(sentence(error)) from None
    if request.command != "watch" or request.dry_run:
        raise ValueError("expected the words after `/jobs watch`, such as media-cn or video-ocr -name:test")
    return request.watch or WatchSpec()
