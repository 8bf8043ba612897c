"""Lists of jobs, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from bot.domain.answers import JobList
from bot.domain.button_payloads import (
    ANY,
    BLOCK_ID_MAX,
    BUTTON_MAX,
    FRESH,
    OPEN,
    PICK_SERVICE,
    PICK_STATE,
    RUN,
    SELECTS,
    SHARE,
    SUBSCRIBE,
    CommandPayload,
)
from bot.views.lateness import came, still_asking
from bot.views.list_notes import notes, nothing, position
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section, select
from bot.views.slack.lateness import still_asked
from bot.views.states import EMOJI, name, plain_state, reason, state
from bot.views.terms import person
from bot.views.text import age, bold, code, count, cut, duration, plain, unformatted
from providers.models import Job, JobState

LINES_MAX = 12
"""Lines about services below a list; the others are counted."""
LINES_CHARS = 4000
SCOPES_CHARS = 3000
"""Characters for the select of services; scopes left out can still be typed."""
_OPTION_CHARS = 60
"""Characters of an option of a select as JSON, without its name, which it has twice."""


@dataclass(frozen=True, slots=True)
class Controls:
    """The choices of the selects below a list; without scopes there are no selects.

    `without` says what the list leaves out.
    """

    scopes: tuple[str, ...] = ()
    state: str = ANY
    scope: str = ANY
    without: str = ""


def job_list(answer: JobList, command: CommandPayload, controls: Controls) -> Message:
    """Show a page of the jobs that fit, with its buttons. The next page starts after them."""
    head = [_title(command, controls.without), *still_asked(answer)]
    body = [*map(row, answer.jobs)] or [section(nothing(answer))]
    # Reserve room for the longest foot, which has a Next button and fewer jobs than the answer.
    budget = Budget([*head, body[0], *_foot(answer, command, max(1, len(answer.jobs) - 1), controls, answer.jobs)])
    lines = budget.part(blocks=LINES_MAX, chars=LINES_CHARS).fit([*map(context, notes(answer))], more_lines)
    budget.take(lines)
    body = [body[0], *takewhile(lambda block: budget.take([block]), body[1:])]
    shown = len(body) if answer.jobs else 0
    foot = _foot(answer, command, shown, controls, answer.jobs[:shown])
    return message(_fallback(answer, shown, controls.without), [*head, *body, *lines, *foot])


def late(answer: JobList) -> Message:
    """Show only the rows of the services that were late, bad news first."""
    parts = [(each, answer.of(each)) for each in answer.late]
    parts.sort(key=lambda part: not part[1].errors)
    text: list[str] = []
    blocks: list[Block] = []
    for each, mine in parts:
        headline = came(each, len(mine.jobs), mine.errors)
        text += [unformatted(headline), *map(_plain_row, mine.jobs)]
        # The headline already shows the first error.
        lines = notes(mine.model_copy(update={"errors": mine.errors[1:]}))
        blocks += [section(headline), *map(row, mine.jobs), *map(context, lines)]
    return message("\n".join(text), Budget().fit(blocks, _cut_off))


def _cut_off(number: int) -> Block:
    return context(f"… and {count(number, 'more line')}. *Refresh* above shows everything in one list.")


def more_lines(number: int) -> Block:
    return context(f"… and {count(number, 'more notice')}")


def _title(command: CommandPayload, without: str) -> Block:
    by = f"shared by {person(command.shared_by)}" if command.shared_by else ""
    return section(" · ".join(filter(None, (f"*Jobs* {code(f'/jobs {command.text}', 300)}", cut(without, 300), by))))


def row(job: Job) -> Block:
    """Return two lines and a Details button."""
    command, title = CommandPayload.about("show", [job.ref]), name(job)
    first = f"{state(job)} · {bold(title, 120)} · {plain(job.service, 60)} · {plain(job.account, 60)}"
    return section(
        f"{first}\n{_when(job)}{_failure(job)}",
        button("Details", f"{OPEN}:details", command, name=f"Details of {cut(title, 40)}"),
    )


def _when(job: Job) -> str:
    created = f"created {age(job.created_at)}" if job.created_at else "age unknown"
    took = f" · took {duration(job.duration_s)}" if job.duration_s is not None else ""
    progress = f" · {job.progress} %" if job.progress is not None and not job.state.ended else ""
    return f"{created}{took}{progress}"


def _failure(job: Job) -> str:
    return f" · {reason(job)}" if job.state is JobState.FAILED else ""


def _foot(answer: JobList, command: CommandPayload, shown: int, controls: Controls, jobs: Sequence[Job]) -> list[Block]:
    cut_off = f" (showing {shown}, Slack limit)" if shown < len(answer.jobs) else ""
    line = f"{position(answer, shown)}{cut_off}, checked {age(answer.checked_at)}{_request_ids(answer)}"
    selects = _selects(controls) if controls.scopes and not command.shared_by and command.fits(BLOCK_ID_MAX) else []
    return [
        context(line),
        *actions(f"{SELECTS}{command.at(0).encode()}", selects),
        *actions("page", _buttons(answer, command, shown, jobs)),
    ]


def _request_ids(answer: JobList) -> str:
    remembered = {f"{part.account}/{part.service}" for part in answer.remembered}
    ids = {f"{job.account}/{job.service}": job.request_id for job in answer.jobs if job.request_id}
    ids = {where: request_id for where, request_id in ids.items() if where not in remembered}
    if not ids:
        return ""
    shown = [f"{plain(where, 60)} {code(request_id, 60)}" for where, request_id in list(ids.items())[:6]]
    return f" · request ids: {', '.join(shown)}"


def _selects(controls: Controls) -> list[Block]:
    states = [("Any state", ANY), *((f"{EMOJI[each]} {each.capitalize()}", each.value) for each in JobState)]
    room = accumulate(_OPTION_CHARS + 2 * len(scope) for scope in controls.scopes)
    destinations = [scope for scope, used in zip(controls.scopes, room, strict=True) if used <= SCOPES_CHARS]
    chosen = [controls.scope] if controls.scope in controls.scopes else []
    services = [
        ("Every service", ANY),
        *((destination, destination) for destination in dict.fromkeys((*chosen, *destinations))),
    ]
    return [
        select("State", PICK_STATE, states, controls.state),
        select("Service", PICK_SERVICE, services, controls.scope),
    ]


def _buttons(answer: JobList, command: CommandPayload, shown: int, jobs: Sequence[Job]) -> list[Block]:
    refresh = button("Refresh", FRESH, command)
    if command.shared_by:
        mine = command.model_copy(update={"shared_by": None})
        return [*refresh, *button("Open for me", f"{OPEN}:mine", mine)]
    previous = button("◀ Previous", f"{RUN}:previous", command.at(answer.offset - answer.limit))
    following = button("Next ▶", f"{RUN}:next", command.at(answer.offset + shown))
    return [
        *(previous if answer.offset else []),
        *(following if shown < len(answer.jobs) or (answer.more and (shown or not answer.pending)) else []),
        *refresh,
        *_subscribe(jobs),
        *button("Share", f"{SHARE}:list", command),
    ]


def _subscribe(jobs: Sequence[Job]) -> list[Block]:
    """Return the button that follows the unfinished jobs of this page.

    It is below the list, because the one button of each row is *Details*.
    """
    command = CommandPayload.about("subscribe", [job.ref for job in jobs if not job.state.ended])
    number = command.text.count(" ")
    label, screen = f"Follow {number} running", f"Follow the {count(number, 'unfinished job')} shown"
    return button(label, SUBSCRIBE, command, name=screen, limit=BUTTON_MAX) if number else []


def subscribe_button(job: Job) -> list[Block]:
    """Return the button that opens the form to follow a job; none for a finished job."""
    command = CommandPayload.about("subscribe", [job.ref])
    return [] if job.state.ended else button("Subscribe", SUBSCRIBE, command, name=f"Subscribe to {job.id}")


def _fallback(answer: JobList, shown: int, without: str) -> str:
    asked = [still_asking(answer.pending)] if answer.pending else []
    if not shown:
        left_out = f" Jobs {unformatted(without)}." if without else ""
        return "\n".join([f"{nothing(answer)}{left_out}", *asked])
    head = " ".join(filter(None, ("Jobs", unformatted(without), position(answer, shown))))
    failed = [f"{error.account}/{error.service} didn't respond" for error in answer.errors]
    return "\n".join([head, *map(_plain_row, answer.jobs[:shown]), *failed, *asked])


def _plain_row(job: Job) -> str:
    return f"{plain_state(job)}: {cut(name(job), 80)}, {job.service}, {job.account}"
