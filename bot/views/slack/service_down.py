"""Messages about a watched service that can't be read, edited when it is back."""

from collections.abc import Iterator

from bot.domain.button_payloads import OPEN, CommandPayload
from bot.domain.failure_groups import FailureGroup, ShownGroup
from bot.views.failure_groups import down, trouble, watches
from bot.views.slack.block_kit import Message, actions, button, context, message, section
from bot.views.slack.failure_groups import HELD
from bot.views.slack.mentions import group_mentions
from bot.views.text import count, date, duration, plain, unformatted


def service_down(shown: ShownGroup, *, posted: bool = True, held: bool = False) -> Message:
    """Draw the message about a service that can't be read, or is back.

    With `posted` it edits a message, without it is new and mentions the people of its watches.
    """
    group = shown.group
    notes = [*([HELD] if held else []), *filter(None, [watches(group)])]
    health = button("Account health", f"{OPEN}:accounts", CommandPayload(text="accounts"))
    foot = [*map(context, notes), *actions("down", health), *group_mentions(group, posted=posted)]
    lines = list(_open(group) if group.open else _back(group))
    why = f": {unformatted(trouble(group))}" if group.open else ""
    return message(f"{unformatted(down(group))}{why}", [section("\n".join(lines)), *foot])


def _open(group: FailureGroup) -> Iterator[str]:
    yield f"{down(group)} since {date(group.first_at)}: {trouble(group)} · {plain(group.account, 60)}"
    yield from _vendor_words(group)
    yield "Failures go unnoticed until it is back."


def _back(group: FailureGroup) -> Iterator[str]:
    """Yield when it came back, the length of the outage, and the failures since."""
    back = group.closed_at or group.last_at
    blind = duration((back - group.first_at).total_seconds())
    yield f"{down(group)} since {date(back)} · {plain(group.account, 60)}"
    yield f"It couldn't be read for {blind}, from {date(group.first_at)}: {trouble(group)}"
    found = f"{count(group.count, 'failure')} found since" if group.count else "No failures found since"
    yield f"{found}."


def _vendor_words(group: FailureGroup) -> Iterator[str]:
    if group.message:
        yield plain(group.message, 200)
