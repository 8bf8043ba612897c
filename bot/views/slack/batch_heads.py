"""The head of a batch: one live message that lists its failures by reason."""

from collections.abc import Iterable, Sequence

from bot.domain.cards import Shown
from bot.domain.failure_groups import ShownGroup
from bot.views.facts import Meaning
from bot.views.failure_groups import as_group_job, listed_names
from bot.views.slack import snooze
from bot.views.slack.block_kit import Block, Budget, Message, actions, context, message, section
from bot.views.slack.cards import details_button, seen
from bot.views.slack.failure_groups import HELD, show_all_button
from bot.views.slack.mentions import group_mentions
from bot.views.slack.notifications import meanings
from bot.views.states import EMOJI, outcome, reason, tally
from bot.views.text import count, unformatted
from providers.models import Job, JobState

REASONS_MAX = 12
NAMES_MAX = 3
"""Jobs named for each reason; the others are counted."""


def batch_head(shown: ShownGroup, card: Shown, meaning: Meaning, *, posted: bool = True, held: bool = False) -> Message:
    """Draw the head of a batch as of now, from the jobs of its card.

    With `posted` it edits a message, without it is new and mentions the people of its options.
    """
    group, known = shown.group, seen(card.card, card.jobs)
    words = {ref: outcome(job, card.card.jobs[ref].fate) for ref, job in known.items()}
    failed = [known[ref] for ref, word in words.items() if word == JobState.FAILED]
    others = [word for word in words.values() if word != JobState.FAILED]
    head = f"{EMOJI[JobState.FAILED]} *{len(failed):,} of {count(len(known), 'job')} failed*"
    title = section(" · ".join(filter(None, [head, tally(others)])))
    more = "" if card.card.over else f"Another message follows when all {len(known):,} have finished."
    foot = [
        *map(context, [*meanings(failed, meaning), *([HELD] if held else []), *filter(None, [more])]),
        *actions(snooze.block_id(card.card), _buttons(shown, card, failed)),
        *group_mentions(group, posted=posted),
    ]
    reasons = by_reason(failed)
    lines = Budget([title, *foot]).fit_lines(reasons, lambda left: f"… and {count(left, 'more reason')}", REASONS_MAX)
    return message(unformatted(": ".join([head, *reasons[:1]])), [title, *lines, *foot])


def _buttons(shown: ShownGroup, card: Shown, failed: Sequence[Job]) -> list[Block]:
    newest = details_button([failed[-1].ref]) if failed else []
    every = show_all_button(shown.group) if len(failed) > 1 else []
    return [*newest, *every, *snooze.controls(card.card)]


def by_reason(failed: Iterable[Job]) -> list[str]:
    """List the reasons, the most frequent first: `❌ 5 × ALG.011 Input not found: a.mp4 e55926, …`."""
    reasons: dict[tuple[str, str], list[Job]] = {}
    for job in failed:
        reasons.setdefault(_reason(job), []).append(job)
    return [_line(jobs) for jobs in sorted(reasons.values(), key=len, reverse=True)]


def _reason(job: Job) -> tuple[str, str]:
    """Return what the jobs of a line share: the service and the code, without a code the message."""
    error = job.error
    return (job.service, (error.code or error.message or "") if error else "")


def _line(jobs: Sequence[Job]) -> str:
    more = ", …" if len(jobs) > NAMES_MAX else ""
    names = listed_names([as_group_job(job) for job in jobs[:NAMES_MAX]])
    return f"{EMOJI[JobState.FAILED]} {len(jobs):,} × {reason(jobs[0], 100)}: {names}{more}"
