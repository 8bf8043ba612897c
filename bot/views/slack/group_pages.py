"""Pages of all jobs of a failure group or storm message, for one person."""

from collections.abc import Iterator, Sequence

from bot.domain.button_payloads import SHOW_ALL, GroupPayload
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind, GroupPage, ShownGroup
from bot.views.failure_groups import called, cause, emoji, happened, title
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button
from bot.views.slack.failure_groups import mute_controls
from bot.views.text import bold, code, cut, date, plain, unformatted

PAGE = 20
"""Jobs on a page, the most that fit with their ids."""


def group_page(page: GroupPage) -> Message:
    """Show a page: for each group its code, then its jobs with *Details*."""
    head = section(_head(page))
    # Reserve room for the longest foot, which has both buttons.
    budget = Budget([head, *_foot(page.group, PAGE, PAGE, page.total + 2 * PAGE)])
    rows: list[Block] = []
    shown = 0
    for blocks in _rows(page):
        if not budget.take(blocks):
            break
        rows += blocks
        shown += 1
    return message(unformatted(_head(page)), [head, *rows, *_foot(page.group, page.offset, shown, page.total)])


def _head(page: GroupPage) -> str:
    """Say how many jobs are listed, and of which group."""
    group = page.group
    if group.group is GroupKind.FAILURES:
        return f"{emoji(group)} *{page.total:,} {happened(group)}*: {cause(group)}, {plain(group.service, 60)}"
    return f"{emoji(group)} *{page.total:,} {happened(group)}*"


def _rows(page: GroupPage) -> Iterator[list[Block]]:
    """Yield the blocks of each job; the first job of a group has the heading of its group."""
    several = page.group.group is GroupKind.STORM
    for group, jobs in page.parts:
        heading = [_heading(page, group)] if several else []
        for job in jobs:
            yield [*heading, _row(job)]
            heading = []


def _heading(page: GroupPage, group: FailureGroup) -> Block:
    """Return the code of a group of a storm message, with its mute button."""
    shown = ShownGroup(group, mute=page.muted.get(group.id))
    return section(f"*{unformatted(title(group))}*", mute_controls(shown))


def _row(job: GroupJob) -> Block:
    """Return two lines and a Details button."""
    lines = [f"{bold(called(job), 100)} · {date(job.at)}", code(job.id, 100)]
    return section("\n".join(lines), details_button([job.ref], of=cut(called(job), 40)))


def _foot(group: FailureGroup, offset: int, shown: int, total: int) -> list[Block]:
    def turn(label: str, to: int) -> list[Block]:
        payload = GroupPayload(group=group.id, place=group.place, offset=max(0, to))
        return button(label, f"{SHOW_ALL}:{'previous' if to < offset else 'next'}", payload)

    buttons: Sequence[Block] = [
        *(turn("◀ Previous", offset - PAGE) if offset else []),
        *(turn("Next ▶", offset + shown) if offset + shown < total else []),
    ]
    return [context(f"{offset + 1:,}–{offset + shown:,} of {total:,}"), *actions("page", buttons)]
