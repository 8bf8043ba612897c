"""Storm messages: one live message for groups beyond the limit of messages a minute, worst first."""

from collections.abc import Iterator, Sequence

from bot.domain.failure_groups import FailureGroup, GroupKind, ShownGroup, worst_first
from bot.views.failure_groups import (
    cause,
    counted,
    down,
    emoji,
    example,
    happened,
    named,
    services,
    trouble,
    watches,
)
from bot.views.slack.block_kit import Block, Budget, Message, actions, context, message, section
from bot.views.slack.failure_groups import HELD, show_all_button
from bot.views.slack.mentions import group_mentions, mentioned
from bot.views.states import EMOJI
from bot.views.text import age, count, date, duration, plain, unformatted
from providers.models import JobState

LINES_MAX = 10
"""Groups named in a storm message; the others are counted."""


def storm(shown: ShownGroup, *, posted: bool = True, held: bool = False) -> Message:
    """Draw a storm message as of now; it is the head of `shown.groups`.

    With `posted` it edits a message, without it is new and mentions the people of its groups.
    """
    group, groups = shown.group, worst_first(shown.groups)
    head = _head(group, groups)
    notes = [*_closed(group), *([HELD] if held else []), *filter(None, [watches(group)])]
    foot = [*map(context, notes), *actions("storm", _buttons(group)), *group_mentions(group, posted=posted)]
    first = section("\n".join([head, *_about(group)]))
    lines = Budget([first, *foot]).fit_lines(
        list(map(_line, groups)), lambda left: f"… and {count(left, 'more kind')} of failure", LINES_MAX
    )
    closed = "" if group.open else " (closed)"
    return message(f"{unformatted(head)}{closed}", [first, *lines, *foot])


def storm_line(group: FailureGroup, groups: Sequence[FailureGroup]) -> Message:
    """Draw the thread line about new failures of a storm message, the head of `groups`.

    It mentions the people whom the message has not mentioned.
    """
    new = group.count - group.line_count
    blind = [each for each in groups if each.group is GroupKind.DOWN and each.open]
    text = f"{EMOJI[JobState.FAILED]} *{new:,} more failed*: {group.count:,} in all" if new > 0 else _blind(blind)
    people = mentioned([[each for each in group.mentions if each not in group.mentioned]])
    return message(unformatted(text), [section(text), *actions("storm", _buttons(group)), *people])


def _blind(groups: Sequence[FailureGroup]) -> str:
    return f"⚠️ *Can't see {count(len(groups), 'service')}*" if groups else "✅ *Can see all services again*"


def _head(group: FailureGroup, groups: Sequence[FailureGroup]) -> str:
    """Say how many failed and where: `❌ *214 failed* in 3 services`."""
    failing = [each for each in groups if each.group is not GroupKind.DOWN]
    when = " while Callboard was down" if group.offline_from else ""
    if group.count:
        return f"{EMOJI[JobState.FAILED]} *{group.count:,} failed*{when or services(failing)}"
    if blind := [each for each in groups if each.group is GroupKind.DOWN]:
        return f"{_blind(blind)}{when}"
    return f"{EMOJI[JobState.SUCCEEDED]} *{counted(group) or 'Nothing new'}*{when}"


def _about(group: FailureGroup) -> Iterator[str]:
    """Yield the time, and the events other than failures."""
    if group.offline_from and group.offline_until:
        length = duration((group.offline_until - group.offline_from).total_seconds())
        yield f"Callboard was down from {date(group.offline_from)} to {date(group.offline_until)} ({length})"
    elif group.open:
        yield f"since {date(group.first_at)} · newest {age(group.last_at)}"
    else:
        yield f"from {date(group.first_at)} to {date(group.last_at)}"
    if group.count and (others := counted(group)):
        yield f"Also: {others}"


def _line(group: FailureGroup) -> str:
    """Describe a group: how many, why, where, and the newest job; or a service that is down."""
    if group.group is GroupKind.DOWN:
        return f"{down(group)} since {date(group.first_at)}: {trouble(group)}"
    # The head of the message already counts a single failure.
    words = f"{group.count:,} {happened(group)}" if group.count > 1 else happened(group).capitalize()
    many = f"{emoji(group)} *{words}*"
    why = [] if group.fate else [" ".join(filter(None, [cause(group), example(group, 80)]))]
    place = f"{plain(group.service, 60)} · {plain(group.account, 60)}"
    newest = [named(group.newest[0])] if group.newest else []
    return f"{many}: {' · '.join([*why, place, *newest])}"


def _closed(group: FailureGroup) -> Iterator[str]:
    if not group.open:
        yield "Closed: nothing new for 10 minutes. New events get their own messages."


def _buttons(group: FailureGroup) -> list[Block]:
    return show_all_button(group) if group.count else []
