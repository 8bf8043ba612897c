"""Reads the words of a watch outside of Slack: those of the configuration."""

from bot.domain.catalog import Catalog
from bot.domain.errors import UsageError
from bot.domain.watches import WatchSpec
from bot.views.errors import sentence
from handlers.commands.parser import parse


def watch_spec(words: str, catalog: Catalog) -> WatchSpec:
    """Return what the words of a watch ask for, such as `media-cn -name:test`. Raises ValueError, whose text helps."""
    try:
        request = parse(f"watch {words}", catalog)
    except UsageError as error:
        raise ValueError(sentence(error)) from None
    if request.command != "watch" or request.dry_run:
        raise ValueError("expected what follows `/jobs watch`, such as media-cn or video-ocr -name:test")
    return request.watch or WatchSpec()
