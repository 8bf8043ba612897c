"""Pages of all changes of a digest. Earlier versions posted digests; their buttons still work."""

from collections.abc import Sequence
from itertools import takewhile

from bot.domain.button_payloads import SEE_ALL, CommandPayload
from bot.domain.changes import Change, Kind
from bot.domain.notifications import CardChange, Digest
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button, ending
from bot.views.slack.notifications import NAMES_MAX, title_of, what_happened
from bot.views.states import OUTCOMES, SUSPENDED, mark, name, outcome, reason, tally, unended
from bot.views.text import count, cut, date, plain, unformatted
from providers.models import JobState

PAGE = 12
"""Changes on a page."""


def _latest(changes: Sequence[CardChange]) -> list[Change]:
    """Return the last change of each job, failures first."""
    last = {each.change.job.ref: each.change for each in changes}
    return sorted(last.values(), key=lambda change: OUTCOMES.index(_word(change)))


def _word(change: Change) -> str:
    return SUSPENDED if change.kind is Kind.SUSPENDED else outcome(change.job, change.fate)


def _head(digest: Digest, changes: Sequence[Change]) -> str:
    number = len(changes)
    ended = all(change.job.state.ended and not unended(change.fate) for change in changes)
    what = f"*{count(number, 'job')} {'finished' if ended else 'changed'}*"
    away = digest.away and f"While I was offline (since {date(digest.away)}), {what}"
    when = away or f"{what} {_lately(digest)}"
    return f"{when}: {tally(map(_word, changes), ', ')}"


def _lately(digest: Digest) -> str:
    """Say since when; changes held by a snooze may be older."""
    held = [each.held for each in digest.told]
    return "while snoozed" if all(held) else f"in the last few minutes{' or while snoozed' if any(held) else ''}"


def _plain_digest(head: str, changes: Sequence[Change]) -> str:
    failed = [f"{mark('failed')} {name(each.job)}" for each in changes if _word(each) == JobState.FAILED]
    more = [f"… and {len(failed) - NAMES_MAX:,} more"] if len(failed) > NAMES_MAX else []
    return "\n".join([unformatted(head), *failed[:NAMES_MAX], *more])


def digest_all(contents: Digest, key: str, offset: int = 0) -> Message:
    """Show a page of all changes of a digest to the person who clicked."""
    changes = _latest(contents.told)
    offset = min(offset, max(0, len(changes) - 1) // PAGE * PAGE)
    head = section(_head(contents, changes))
    # Reserve room for the longest foot, which has both buttons.
    budget = Budget([head, *_foot(key, PAGE, PAGE, len(changes) + 2 * PAGE)])
    rows = [*takewhile(lambda block: budget.take([block]), map(_row, changes[offset : offset + PAGE]))]
    foot = _foot(key, offset, len(rows), len(changes))
    return message(_plain_digest(_head(contents, changes), changes), [head, *rows, *foot])


def _row(change: Change) -> Block:
    """Return two lines and a Details button."""
    job = change.job
    failed = _word(change) == JobState.FAILED
    second = " · ".join(filter(None, [reason(job), ending(job)])) if failed else what_happened(change)
    lines = [f"{title_of(change)} · {plain(job.service, 60)} · {plain(job.account, 60)}", second]
    return section("\n".join(filter(None, lines)), details_button([job.ref], of=cut(name(job), 40)))


def _foot(key: str, offset: int, shown: int, total: int) -> list[Block]:
    def turn(label: str, to: int) -> list[Block]:
        return button(
            label, f"{SEE_ALL}:{'previous' if to < offset else 'next'}", CommandPayload(key=key, offset=max(0, to))
        )

    buttons = [
        *(turn("◀ Previous", offset - PAGE) if offset else []),
        *(turn("Next ▶", offset + shown) if offset + shown < total else []),
    ]
    return [context(f"{offset + 1:,}–{offset + shown:,} of {total:,}"), *actions("page", buttons)]
