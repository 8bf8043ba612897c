"""The small card below a link. Everyone in the conversation sees it, so it shows only job states."""

from collections.abc import Sequence

from bot.domain.button_payloads import BUTTON_MAX, OPEN, CommandPayload
from bot.views.slack.block_kit import Block, actions, button, section
from bot.views.states import state
from bot.views.text import age, count, plain
from providers.models import Job

JOBS_MAX = 5


def card(jobs: Sequence[Job]) -> Block:
    """Return the card below the link to a media: its newest jobs, a line each."""
    lines = [_line(job) for job in jobs[:JOBS_MAX]]
    left = len(jobs) - JOBS_MAX
    lines += [f"… and {count(left, 'more job')}"] if left > 0 else []
    details = button(
        "Details", f"{OPEN}:details", CommandPayload.about("show", [job.ref for job in jobs]), limit=BUTTON_MAX
    )
    return {"blocks": [section("\n".join(lines)), *actions("unfurled", details)]}


def _line(job: Job) -> str:
    kind = f" · {plain(job.kind, 40)}" if job.kind else ""
    created = f" · created {age(job.created_at)}" if job.created_at else ""
    return f"{state(job)}{kind} · {plain(job.service, 60)}{created}"
