"""Blocks that mention people and user groups."""

from collections.abc import Iterable, Sequence

from bot.domain.failure_groups import FailureGroup
from bot.views.slack.block_kit import Block, context, section
from bot.views.text import width

MENTIONS_CHARS = 4000


def mentioned(mentions: Iterable[Sequence[str]]) -> list[Block]:
    """Mention each person and group once, in as few paragraphs as possible."""
    people = list(dict.fromkeys(person for group in mentions for person in group))
    shown: list[str] = []
    room = MENTIONS_CHARS
    for person in people:
        room -= width(person) + 1
        if room < 0:
            break
        shown.append(person)
    lines = [" ".join(shown[at : at + 100]) for at in range(0, len(shown), 100)]
    left = len(people) - len(shown)
    return [*map(section, lines), *([context(f"… and {left:,} more people and groups")] if left else [])]


def group_mentions(group: FailureGroup, *, posted: bool) -> list[Block]:
    """Mention the people of a head.

    A message that is already `posted` gets no new mentions, because Slack notifies no one of an edit.
    """
    return mentioned([group.mentioned, () if posted else group.mentions])
