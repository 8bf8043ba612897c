"""Explanations in the terminal: as in Slack, but destinations have their ids."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from bot.domain.explanations import GroupExplanation, JobExplanation, WatchExplanation
from bot.views import why
from bot.views.errors import service_error
from bot.views.facts import NOBODY, missing
from bot.views.failure_groups import listed_names
from bot.views.text import clean, code, date, unformatted

_IDS = re.compile(r"<[@#!](?:subteam\^)?(\w+)>")


def _lines(lines: Iterable[str]) -> RenderableType:
    """Render mrkdwn for a terminal, with the ids of people and channels."""
    plain = (unformatted(_IDS.sub(r"\1", line)) for line in lines)
    return Group(*(Text(clean(line)) for line in plain))


def _part(title: str, lines: Sequence[str]) -> list[RenderableType]:
    return [Text(f"\n{title}", "bold"), _lines(lines)] if lines else []


def job(explanation: JobExplanation) -> RenderableType:
    """Return a job's events, the decisions in each destination, and who acted."""
    details = explanation.details
    errors = [service_error(each) for each in details.errors]
    if explanation.ref is None:
        return _lines([*missing(details), *errors] or [NOBODY])
    head = [why.job_title(explanation), *([] if why.posted(explanation) else [why.NOTHING_ANYWHERE])]
    parts = [
        *_part("What happened", [why.event(each) for each in explanation.events]),
        *_part("Decisions", list(_decisions(explanation))),
        *_part("Who acted", [f"{code(each.destination)} {why.act(each)}" for each in explanation.acts]),
    ]
    return Group(_lines(head), *parts, *([_lines(errors)] if errors else []))


def _decisions(explanation: JobExplanation) -> Iterator[str]:
    for line, last in why.decisions(explanation.decisions):
        yield " ".join(filter(None, [code(last.destination), line, last.link]))
    yield from (f"{code(each.destination)} {why.waiting(each)}" for each in explanation.waiting)


def group_explanations(explanations: Sequence[GroupExplanation]) -> RenderableType:
    """Return the groups with one id, each with its destination."""
    return Group(*(_lines([code(each.group.place), *_group(each)]) for each in explanations))


def _group(explanation: GroupExplanation) -> Iterator[str]:
    yield from why.group_facts(explanation.group)
    if explanation.jobs:
        yield f"Newest: {listed_names(explanation.jobs)}"


def watch_explanations(explanations: Sequence[WatchExplanation]) -> RenderableType:
    """Return the watches with one id and their last decisions, each with its destination."""
    return Group(*(_lines(_watch(each)) for each in explanations))


def _watch(explanation: WatchExplanation) -> Iterator[str]:
    found = explanation.watch
    yield f"{code(explanation.destination)} {code(found.id)}: watch {found.spec.words()}"
    yield f"Created {date(found.at)} by {found.owner or 'the configuration'}"
    if found.removed_at:
        yield f"Removed {date(found.removed_at)} by {found.removed_by}"
    if explanation.matched is not None:
        yield f"Matched {explanation.matched:,} in the last 24 hours"
    for ref, each in explanation.decisions:
        yield f"{date(each.decision.at)} {why.event_name(each.decision.event)} {code(ref)}: {why.decided(each)}"
