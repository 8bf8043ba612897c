"""Check whether the channels of configured watches can see what they watch."""

from bot.config.settings import Settings
from bot.domain.access import Access, Audience
from bot.domain.findings import Finding
from bot.domain.watches import ConfiguredWatch
from bot.views.terminal import advice


def configured_watches(settings: Settings) -> list[Finding]:
    """Count the watches, and report those whose channel can't see any of their accounts."""
    if not settings.configured_watches:
        return []
    found = [advice.unseen_watch(each.channel, each.spec.words()) for each in _unseen(settings)]
    return found or [advice.watches(len(settings.configured_watches))]


def _unseen(settings: Settings) -> list[ConfiguredWatch]:
    return [each for each in settings.configured_watches if not _sees(settings, each)]


def _sees(settings: Settings, watch: ConfiguredWatch) -> bool:
    """Whether the channel of a watch can see an account that the watch covers."""
    access, readers = Access(settings.access), Audience(channel=watch.channel)
    watched = {
        account.name
        for account in settings.accounts
        for service in account.services
        if watch.spec.covers(account.name, service)
    }
    return any(access.sees(account, readers) for account in watched)
