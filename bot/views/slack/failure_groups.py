"""Heads of failure groups: one live message for failures with the same cause, and its thread."""

from collections.abc import Iterator, Sequence

from bot.domain.button_payloads import SHOW_ALL, GroupPayload
from bot.domain.changes import Kind
from bot.domain.failure_groups import CLOSES_AFTER, FailureGroup, GroupJob, ShownGroup
from bot.domain.slack_ids import is_user
from bot.views.facts import Meaning
from bot.views.failure_groups import (
    as_job,
    called,
    cause,
    emoji,
    example,
    happened,
    headline,
    listed_names,
    named,
    reason,
    title,
    watches,
)
from bot.views.slack import snooze
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button
from bot.views.slack.mentions import group_mentions, mentioned
from bot.views.slack.missing_jobs import missing
from bot.views.slack.watch_terms import until
from bot.views.slack.watches import mute_button, unmute_button
from bot.views.terms import person
from bot.views.text import age, bold, code, count, cut, date, duration, minute, plain, slack_link, unformatted

THREAD_LINES_MAX = 10
"""Jobs named in a thread line; the others are counted."""
HELD = "Held while snoozed."
"""The note on events that happened during a snooze."""


def head(shown: ShownGroup, meaning: Meaning, *, posted: bool = True, held: bool = False) -> Message:
    """Draw the head of a group as of now: a single failure in full, several as numbers.

    With `posted` it edits a message, without it is new and mentions the people not mentioned before.
    `held` means that it was held while the group was snoozed.
    """
    group = shown.group
    lines = _first(group, meaning) if group.count == 1 and group.newest else _several(shown, meaning)
    held_note = [HELD] if held else []
    notes = [*_found(shown), *_closed(group), *held_note, *snooze.group_line(group), *_muted(shown), *_origin(shown)]
    foot = [
        *map(context, notes),
        *actions(snooze.group_block_id(group), [*_buttons(shown)]),
        *group_mentions(group, posted=posted),
    ]
    closed = "" if group.open else " (closed)"
    return message(f"{title(group)}{closed}", [section("\n".join(lines)), *foot])


def _first(group: FailureGroup, meaning: Meaning) -> Iterator[str]:
    """Yield the facts about a single failure."""
    [job] = group.newest[:1]
    yield f"{emoji(group)} *{happened(group).capitalize()}*: {bold(called(job), 120)}"
    if not group.fate:
        yield reason(group)
    after = f" after {duration(job.took_s)}" if job.took_s is not None and not group.fate else ""
    place = f"{plain(group.service, 60)} · {plain(group.account, 60)}"
    yield f"{happened(group)} {age(job.at)}{after} · {place} · {code(job.id, 80)}"
    yield from _meant(group, meaning)


def _several(shown: ShownGroup, meaning: Meaning) -> Iterator[str]:
    """Yield how many jobs failed, since when, the newest ones and their code's meaning."""
    group = shown.group
    yield f"{headline(group)} · {plain(group.account, 60)}"
    yield from filter(None, [example(group)])
    yield _when(shown)
    if group.newest:
        yield f"Newest: {listed_names(group.newest)}"
    yield from _meant(group, meaning)


def _when(shown: ShownGroup) -> str:
    """Say since when jobs fail, and their share of all jobs of the service."""
    group = shown.group
    known = shown.ended is not None and shown.ended >= group.count
    share = f"{group.count:,} of {count(shown.ended or 0, 'job')} " if known else ""
    if group.open:
        return f"{share}since {date(group.first_at)} · newest {age(group.last_at)}"
    return f"{share}from {date(group.first_at)} to {date(group.last_at)}"


def _meant(group: FailureGroup, meaning: Meaning) -> Iterator[str]:
    if group.newest and not group.fate and (meant := meaning(as_job(group, group.newest[0]))):
        yield f"What it means: {plain(meant, 300)}"


def _found(shown: ShownGroup) -> Iterator[str]:
    """Yield that a job that was not found has been found again."""
    if shown.change and shown.change.kind is Kind.FOUND and shown.group.count == 1:
        yield f"Found again ({missing(shown.change)})."


def _closed(group: FailureGroup) -> Iterator[str]:
    """Yield why the group closed."""
    if group.closed_at is None:
        return
    quiet = group.closed_at - group.changed_at >= CLOSES_AFTER
    how = "no new failure for an hour" if quiet else "open for 24 hours"
    yield f"Closed: {how}. The next failure starts a new message that links here."


def _muted(shown: ShownGroup) -> Iterator[str]:
    if shown.mute:
        yield f"🔇 {code(shown.mute.code, 60)} is muted here {until(shown.mute)} by {person(shown.mute.by)}"


def _origin(shown: ShownGroup) -> Iterator[str]:
    """Yield the watches that post it, and a link to the previous head."""
    before = shown.group.previous
    earlier = f"Before: {before.count:,} {happened(shown.group)} until {date(before.closed_at)}" if before else ""
    leads = slack_link(shown.link, "open that message") if shown.link else ""
    if words := " · ".join(filter(None, [watches(shown.group), earlier, leads])):
        yield words


def _buttons(shown: ShownGroup) -> Iterator[Block]:
    group = shown.group
    if group.newest:
        yield from details_button([group.newest[0].ref], of=cut(called(group.newest[0]), 40))
    if group.count > 1:
        yield from show_all_button(group)
    yield from snooze.group_controls(group)
    yield from mute_controls(shown)


def show_all_button(group: FailureGroup) -> list[Block]:
    """Return the button that shows all jobs of a group to the person who clicks."""
    return button("Show all", SHOW_ALL, GroupPayload(group=group.id), name=f"Show all {count(group.count, 'job')}")


def mute_controls(shown: ShownGroup) -> list[Block]:
    """Return the button that mutes or unmutes the code of a group.

    None for a group without a code or without a watch that posts it.
    """
    group = shown.group
    if shown.mute:
        return unmute_button(group.place, shown.mute)
    if not group.failure_code or not group.watches:
        return []
    # The id of a direct message differs from the id of its person, so the button carries the person.
    place = group.place if is_user(group.place) else None
    return mute_button(group.failure_code, place, group=group.id)


def thread_line(group: FailureGroup, jobs: Sequence[GroupJob], more: int) -> Message:
    """Draw the thread line about new failures: `jobs`, newest first, and `more` unnamed ones.

    It mentions the people whom the group has not mentioned.
    """
    new = len(jobs) + more
    named_jobs = [f"{named(job)} · {minute(job.at)}" for job in jobs[:THREAD_LINES_MAX]]
    left = new - len(named_jobs)
    why = [] if group.fate else [cause(group)]
    head = f"{emoji(group)} *{new:,} more {happened(group)}*: {', '.join([*why, f'{group.count:,} in all'])}"
    people = mentioned([[each for each in group.mentions if each not in group.mentioned]])
    foot = [*([section(f"+{left:,}", show_all_button(group))] if left else []), *people]
    lines = Budget(foot).fit_lines([head, *named_jobs], lambda cut_off: f"… and {cut_off:,} more")
    return message(unformatted(head), [*lines, *foot])
