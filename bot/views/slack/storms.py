"""Storm messages: what exceeds the few messages a minute that a channel gets, the worst first, kept up to date."""

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
"""Groups that a storm message names; the others are counted."""


def storm(shown: ShownGroup, *, posted: bool = True, held: bool = False) -> Message:
    """Draw a storm message as of now, with `shown.groups`, whose head it is.

    `posted` says that it edits a message. One that is posted now mentions those whom it asks for.
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
    """Say in the thread of a storm message what is new in it; `groups` are those whose head it is.

    It mentions those whom the message has not mentioned.
    """
    new = group.count - group.line_count
    blind = [each for each in groups if each.group is GroupKind.DOWN and each.open]
    text = f"{EMOJI[JobState.FAILED]} *{new:,} more failed*: {group.count:,} in all" if new > 0 else _blind(blind)
    people = mentioned([[each for each in group.mentions if each not in group.mentioned]])
    return message(unformatted(text), [section(text), *actions("storm", _buttons(group)), *people])


def _blind(groups: Sequence[FailureGroup]) -> str:
    return f"⚠️ *Can't see {count(len(groups), 'service')}*" if groups else "✅ *Can see all services again*"


def _head(group: FailureGroup, groups: Sequence[FailureGroup]) -> str:
    """How many failed and where, or while Callboard was down: `❌ *214 failed* in 3 services`."""
    failing = [each for each in groups if each.group is not GroupKind.DOWN]
    when = " while Callboard was down" if group.offline_from else ""
    if group.count:
        return f"{EMOJI[JobState.FAILED]} *{group.count:,} failed*{when or services(failing)}"
    if blind := [each for each in groups if each.group is GroupKind.DOWN]:
        return f"{_blind(blind)}{when}"
    return f"{EMOJI[JobState.SUCCEEDED]} *{counted(group) or 'Nothing new'}*{when}"


def _about(group: FailureGroup) -> Iterator[str]:
    """Yield when it was, and what happened besides."""
    if group.offline_from and group.offline_until:
        length = duration((group.offline_until - group.offline_from).total_seconds())
        yield f"Callboard was down from {date(group.offline_from)} to {date(group.offline_until)} ({length})"
    elif group.open:
        yield f"since {date(group.first_at)} · newest {age(group.last_at)}"
    else:
        yield f"from {date(group.first_at)} to {date(group.last_at)}"
    if group.count and (others := counted(group)):
        yield f"Besides: {others}"


def _line(group: FailureGroup) -> str:
    """One group: how many, why, where, and the newest job; or a service that is down."""
    if group.group is GroupKind.DOWN:
        return f"{down(group)} since {date(group.first_at)}: {trouble(group)}"
    many = f"{emoji(group)} *{group.count:,} {happened(group)}*"
    why = [] if group.fate else [" ".join(filter(None, [cause(group), example(group, 80)]))]
    place = f"{plain(group.service, 60)} · {plain(group.account, 60)}"
    newest = [named(group.newest[0])] if group.newest else []
    return f"{many}: {' · '.join([*why, place, *newest])}"


def _closed(group: FailureGroup) -> Iterator[str]:
    if not group.open:
        yield "Closed: nothing new for 10 minutes. What comes next gets messages of its own."


def _buttons(group: FailureGroup) -> list[Block]:
    return show_all_button(group) if group.count else []
