"""The form that finds jobs: filters above, results below."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.answers import JobList
from bot.domain.button_payloads import ACCOUNT, ANY, FIND, KIND, SERVICE, SINCE, STATE, TEXT, TURN, CommandPayload
from bot.views.list_notes import notes, nothing, position
from bot.views.slack.block_kit import (
    Block,
    Budget,
    actions,
    button,
    choice,
    choices,
    context,
    divider,
    modal,
    section,
    text_field,
)
from bot.views.slack.block_kit import field as input_field
from bot.views.slack.jobs import LINES_MAX, more_lines, row
from bot.views.slack.lateness import still_asked
from bot.views.states import EMOJI
from bot.views.text import age
from providers.models import JobState

TITLE = "Find jobs"
AGES = (("1 hour", "1h"), ("24 hours", "24h"), ("3 days", "3d"), ("1 week", "1w"), ("30 days", "30d"))
"""Choices for the age of a job, with their values for the filter `since`."""


@dataclass(frozen=True, slots=True)
class FormValues:
    """Values of the fields; empty means any. `services` are those of the account, or all."""

    accounts: Sequence[str] = ()
    services: Sequence[str] = ()
    text: str = ""
    account: str = ""
    service: str = ""
    kind: str = ""
    states: Sequence[str] = ()
    since: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The results below the filters; none before the services respond."""

    answer: JobList | None = None
    asking: bool = False


def form(filled: FormValues, found: Found) -> Block:
    """Return the form with its results."""
    below = _results(found.answer) if found.answer else [section(_hint(found))]
    return modal(TITLE, [*_fields(filled), divider(), *below], submit="Find", callback_id=FIND, close="Close")


def _hint(found: Found) -> str:
    return "Asking every service …" if found.asking else "Press *Find* to search."


def _fields(filled: FormValues) -> list[Block]:
    states = [(f"{EMOJI[each]} {each.capitalize()}", each.value) for each in JobState]
    accounts = [("Every account", ANY), *((name, name) for name in filled.accounts)]
    deps = [("Every service", ANY), *((name, name) for name in filled.services)]
    ages = [("Any time", ANY), *((f"The last {label}", value) for label, value in AGES)]
    return [
        input_field(
            TEXT, "Id, part of an id, or name", text_field("lecture-2026", filled.text, focus=True), optional=True
        ),
        input_field(ACCOUNT, "Account", choice(accounts, filled.account or ANY), acts=True),
        # One name per account: Slack keeps the selection of a field as long as its name is the same.
        input_field(f"{SERVICE}:{filled.account}", "Service", choice(deps, filled.service or ANY)),
        input_field(STATE, "State", choices(states, filled.states), optional=True),
        input_field(SINCE, "Created", choice(ages, filled.since or ANY)),
        input_field(KIND, "Kind", text_field("transcode", filled.kind), optional=True),
    ]


def _results(answer: JobList) -> list[Block]:
    rows = [*map(row, answer.jobs)] or [section(nothing(answer))]
    lines = Budget(blocks=LINES_MAX).fit([*map(context, notes(answer))], more_lines)
    foot = context(f"{position(answer, len(answer.jobs))}, checked {age(answer.checked_at)}")
    return [*still_asked(answer), *rows, *lines, foot, *actions("page", _turning(answer))]


def _turning(answer: JobList) -> list[Block]:
    back, on = answer.offset - answer.limit, answer.offset + len(answer.jobs)
    previous = button("◀ Previous", f"{TURN}:previous", CommandPayload().at(back)) if answer.offset else []
    return [*previous, *(button("Next ▶", f"{TURN}:next", CommandPayload().at(on)) if answer.more else [])]
