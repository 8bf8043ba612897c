"""How states look: never by colour alone, always with the word."""

from bot.views.text import code
from providers.models import Job, JobState

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


def no_reason(job: Job) -> str:
    """What to say in place of a failed job's reason; plain text."""
    return job.unexplained or NO_REASON


def state(job: Job) -> str:
    """The state with its emoji and the vendor's own word, for mrkdwn."""
    raw = f" {code(job.raw_state, 60)}" if job.raw_state else ""
    return f"{EMOJI[job.state]} *{job.state.capitalize()}*{raw}"


def plain_state(job: Job) -> str:
    """The same for a plain text."""
    raw = f" ({job.raw_state})" if job.raw_state else ""
    return f"{EMOJI[job.state]} {job.state.capitalize()}{raw}"
