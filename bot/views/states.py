"""Job states as emoji and word: color is never the only sign."""

from collections import Counter
from collections.abc import Iterable

from bot.domain.changes import EndReason
from bot.views.text import clean, code, plain
from providers.models import Job, JobError, JobState

EMOJI = {
    JobState.PENDING: "⏳",
    JobState.RUNNING: "🔄",
    JobState.SUCCEEDED: "✅",
    JobState.FAILED: "❌",
    JobState.CANCELLED: "🚫",
    JobState.UNKNOWN: "❔",
}

NO_REASON = "the provider gives no reason"
"""The reason shown for a failed job without a code or message."""


FATES = {
    EndReason.NOT_FOUND: "❔",
    EndReason.DROPPED: "❔",
    EndReason.EXPIRED: "⌛",
    EndReason.UNSUBSCRIBED: "🔕",
    EndReason.UNCONFIGURED: "🔌",
}
"""The emoji of a job that is no longer followed although it has not finished."""
SUSPENDED = "suspended"
"""The outcome of a job that was not found for long, so that its subscription waits."""
_LOOKS: dict[str, str] = {
    JobState.FAILED: EMOJI[JobState.FAILED],
    EndReason.NOT_FOUND: FATES[EndReason.NOT_FOUND],
    EndReason.DROPPED: FATES[EndReason.DROPPED],
    SUSPENDED: "⏸️",
    EndReason.EXPIRED: FATES[EndReason.EXPIRED],
    EndReason.UNCONFIGURED: FATES[EndReason.UNCONFIGURED],
    JobState.CANCELLED: EMOJI[JobState.CANCELLED],
    JobState.UNKNOWN: EMOJI[JobState.UNKNOWN],
    JobState.RUNNING: EMOJI[JobState.RUNNING],
    JobState.PENDING: EMOJI[JobState.PENDING],
    JobState.SUCCEEDED: EMOJI[JobState.SUCCEEDED],
    EndReason.UNSUBSCRIBED: FATES[EndReason.UNSUBSCRIBED],
}
OUTCOMES = tuple(_LOOKS)
"""The words of `outcome`, most urgent first."""


def name(job: Job) -> str:
    """Return a job's name, or its id where no name is visible."""
    return clean(job.name or "") or job.id


def outcome(job: Job, end_reason: EndReason | None = None) -> str:
    """Return a job's state, or why it is no longer followed, in one word: `failed`."""
    left = unended(end_reason)
    return left.value if left else job.state.value


def unended(end_reason: EndReason | None) -> EndReason | None:
    """Return why an unfinished job is no longer followed; None for a followed or finished job."""
    return None if end_reason is EndReason.ENDED else end_reason


def mark(word: str) -> str:
    """Return the emoji of an outcome."""
    return _LOOKS[word]


def tally(outcomes: Iterable[str], separator: str = " · ") -> str:
    """Count each outcome: `❌ 2 failed · ✅ 10 succeeded`."""
    counted = Counter(outcomes)
    return separator.join(f"{mark(word)} {counted[word]:,} {word}" for word in OUTCOMES if counted[word])


def reason(job: Job, room: int = 150) -> str:
    """Return why a job failed, in the vendor's words; mrkdwn."""
    error = job.error or JobError()
    parts = (code(error.code, 60) if error.code else "", plain(error.message, room) if error.message else "")
    return " ".join(filter(None, parts)) or plain(no_reason(job), room)


def no_reason(job: Job) -> str:
    """Return the text that replaces a failed job's missing reason; plain text."""
    return job.unexplained or NO_REASON


def own_word(state: JobState | None, raw: str | None) -> str | None:
    """Return the vendor's word for a state if it says more than the state: `FROZEN`."""
    letters = "".join(filter(str.isalpha, (raw or "").casefold()))
    return None if state and letters in _SAME.get(state, ()) else raw


_SAME = {
    JobState.PENDING: {"pending", "created", "init", "queued", "queuing", "submitted", "waiting"},
    JobState.RUNNING: {"running", "processing", "analysing", "transcoding"},
    JobState.SUCCEEDED: {"succeeded", "succeed", "success", "finish", "finished", "completed", "transcodesuccess"},
    JobState.FAILED: {"failed", "fail", "failure", "error", "transcodefail"},
    JobState.CANCELLED: {"cancelled", "canceled", "transcodecancelled"},
}
"""Vendors' words, letters only, that mean the same as our state."""


def state(job: Job, *, whole: bool = False) -> str:
    """Return the state with its emoji: `🔄 *Running*`; mrkdwn.

    The vendor's word follows where it says more, with `whole` always.
    """
    word = job.raw_state if whole else own_word(job.state, job.raw_state)
    raw = f" {code(word, 60)}" if word else ""
    return f"{EMOJI[job.state]} *{job.state.capitalize()}*{raw}"


def plain_state(job: Job) -> str:
    """Return the state with its emoji: `🔄 Running`; plain text."""
    word = own_word(job.state, job.raw_state)
    raw = f" ({word})" if word else ""
    return f"{EMOJI[job.state]} {job.state.capitalize()}{raw}"
