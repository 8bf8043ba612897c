"""How states look: never by colour alone, always with the word."""

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
"""Said of a failed job where others have a code or a message."""


FATES = {
    EndReason.NOT_FOUND: "❔",
    EndReason.DROPPED: "❔",
    EndReason.EXPIRED: "⌛",
    EndReason.UNSUBSCRIBED: "🔕",
    EndReason.UNCONFIGURED: "🔌",
}
"""How a job looks that is no longer followed, although it has not ended."""
SUSPENDED = "suspended"
"""The outcome of a job that was not found for so long that its subscription waits."""
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
"""The words of `outcome`, what needs somebody first."""


def name(job: Job) -> str:
    """What to call a job: its name, or its id where it has none that can be seen."""
    return clean(job.name or "") or job.id


def outcome(job: Job, end_reason: EndReason | None = None) -> str:
    """How a job that is followed, or was, is doing, in one word: its state, or why it is no longer followed."""
    left = unended(end_reason)
    return left.value if left else job.state.value


def unended(end_reason: EndReason | None) -> EndReason | None:
    """Why a job is no longer followed although it has not ended; None for a job that is, or has."""
    return None if end_reason is EndReason.ENDED else end_reason


def mark(word: str) -> str:
    """The emoji of an outcome."""
    return _LOOKS[word]


def tally(outcomes: Iterable[str], separator: str = " · ") -> str:
    """How many of each outcome there are: `❌ 2 failed · ✅ 10 succeeded`."""
    counted = Counter(outcomes)
    return separator.join(f"{mark(word)} {counted[word]:,} {word}" for word in OUTCOMES if counted[word])


def reason(job: Job, room: int = 150) -> str:
    """Why a job failed, in the vendor's words, for mrkdwn."""
    error = job.error or JobError()
    parts = (code(error.code, 60) if error.code else "", plain(error.message, room) if error.message else "")
    return " ".join(filter(None, parts)) or plain(no_reason(job), room)


def no_reason(job: Job) -> str:
    """What to say in place of a failed job's reason; plain text."""
    return job.unexplained or NO_REASON


def own_word(state: JobState | None, raw: str | None) -> str | None:
    """Return the vendor's word for a state, where it says something that the state does not."""
    letters = "".join(filter(str.isalpha, (raw or "").casefold()))
    return None if state and letters in _SAME.get(state, ()) else raw


_SAME = {
    JobState.PENDING: {"pending", "created", "init", "queued", "queuing", "submitted", "waiting"},
    JobState.RUNNING: {"running", "processing", "analysing", "transcoding"},
    JobState.SUCCEEDED: {"succeeded", "succeed", "success", "finish", "finished", "completed", "transcodesuccess"},
    JobState.FAILED: {"failed", "fail", "failure", "error", "transcodefail"},
    JobState.CANCELLED: {"cancelled", "canceled", "transcodecancelled"},
}
"""Vendors' words, letters only, that say the same as our state."""


def state(job: Job, *, whole: bool = False) -> str:
    """The state with its emoji, for mrkdwn; with the vendor's word where it says more, or `whole` always."""
    word = job.raw_state if whole else own_word(job.state, job.raw_state)
    raw = f" {code(word, 60)}" if word else ""
    return f"{EMOJI[job.state]} *{job.state.capitalize()}*{raw}"


def plain_state(job: Job) -> str:
    """The same for a plain text."""
    word = own_word(job.state, job.raw_state)
    raw = f" ({word})" if word else ""
    return f"{EMOJI[job.state]} {job.state.capitalize()}{raw}"
