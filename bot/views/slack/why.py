"""Answers to `/jobs why`: why something was posted here, or not."""

from collections.abc import Iterator

from bot.domain.answers import JobDetails
from bot.domain.button_payloads import OPEN, CommandPayload
from bot.domain.explanations import Explained, GroupExplanation, JobExplanation, WatchExplanation
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.views import why
from bot.views.errors import service_error
from bot.views.facts import NOBODY, missing
from bot.views.failure_groups import example, listed_names, reason, trouble
from bot.views.lateness import still_asking
from bot.views.slack import suspensions, watches
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message
from bot.views.slack.cards import details_button
from bot.views.slack.failure_groups import show_all_button
from bot.views.slack.lateness import still_asked
from bot.views.slack.watch_terms import muted, promise, subject
from bot.views.terms import person
from bot.views.text import bold, code, count, date, listed, slack_link, unformatted

LINES_MAX = 20
"""Lines of one part of an explanation; the others are counted."""
PARTS_MAX = 5
"""Groups of a storm message named in an explanation."""


def group_button(group_id: str) -> list[Block]:
    """Return the button that explains the group of a job."""
    return button(f"About {group_id}", f"{OPEN}:why", CommandPayload.about("why", [group_id]))


def job(explanation: JobExplanation) -> Message:
    """Explain what happened to a job, what was posted here and why, and who acted."""
    if explanation.ref is None:
        return _unknown(explanation)
    head = [why.job_title(explanation), *([] if why.posted(explanation) else [why.NOTHING])]
    parts = [
        ("What happened", [why.event(each) for each in explanation.events]),
        ("Here", list(_here(explanation))),
        ("Who acted", [why.act(each) for each in explanation.acts]),
    ]
    errors = [context(service_error(each)) for each in explanation.details.errors[:PARTS_MAX]]
    foot = [*still_asked(explanation), *errors, *actions("why", _buttons(explanation))]
    budget = Budget(foot)
    lines = [head, *([bold(title), *why.several(lines, LINES_MAX)] for title, lines in parts if lines)]
    body = [block for part in lines for block in budget.fit_lines(part, _more)]
    return message("\n".join(unformatted(line) for part in lines for line in part), [*body, *foot])


def _more(left: int) -> str:
    return f"… and {count(left, 'more line')}"


def late(explanation: JobExplanation) -> Message:
    """Return the whole explanation after late services responded."""
    return job(explanation)


def _here(explanation: JobExplanation) -> Iterator[str]:
    for line, last in why.decisions(explanation.decisions):
        yield " · ".join(filter(None, [line, _link(last)]))
    for each in explanation.waiting:
        suspended = suspensions.why(each.suspended, each.destination) if each.suspended else ""
        yield why.waiting(each, suspended)


def _link(explained: Explained) -> str:
    return slack_link(explained.link, "open that message") if explained.link else ""


def _buttons(explanation: JobExplanation) -> list[Block]:
    ref = str(explanation.ref)
    groups = [str(each.decision.parameters.get("group", "")) for each in explanation.decisions]
    group = next((each for each in groups[::-1] if each), "")
    return [*details_button([ref], of=ref), *(group_button(group) if group else [])]


def _unknown(explanation: JobExplanation) -> Message:
    details: JobDetails = explanation.details
    lines = [*missing(details), *(service_error(each) for each in details.errors)]
    if details.pending:
        lines.append(still_asking(details.pending))
    lines = lines or [NOBODY]
    return watches.of_lines(lines, ())


# Groups.


def group(explanation: GroupExplanation) -> Message:
    """Explain a group: since when, how many, its newest jobs, rules and head."""
    lines = list(_group_lines(explanation))
    shown = explanation.group
    newest = details_button([explanation.jobs[0].ref], of=explanation.jobs[0].id) if explanation.jobs else []
    foot = actions("why-group", [*newest, *(show_all_button(shown) if shown.count > 1 else [])])
    return watches.of_lines(lines, foot)


def _group_lines(explanation: GroupExplanation) -> Iterator[str]:
    shown = explanation.group
    headline, *facts = why.group_facts(shown)
    yield headline
    if words := _cause(shown):
        yield words
    yield from facts
    if explanation.jobs:
        yield f"Newest: {listed_names(explanation.jobs)}"
    yield from _head(explanation)
    if explanation.mute:
        yield f"🔇 Muted {muted(explanation.mute)} by {person(explanation.mute.by)}"
    yield from why.several(map(_part_of_storm, explanation.parts), PARTS_MAX)


def _cause(shown: FailureGroup) -> str:
    match shown.group:
        case GroupKind.FAILURES:
            return example(shown) or ("" if shown.code or shown.fate else reason(shown))
        case GroupKind.DOWN:
            return trouble(shown)
        case _:
            return ""


def _part_of_storm(shown: FailureGroup) -> str:
    headline, *_ = why.group_facts(shown)
    return headline


def _head(explanation: GroupExplanation) -> Iterator[str]:
    """Yield where the head and the previous head are."""
    shown, storm = explanation.group, explanation.storm
    link = slack_link(explanation.link, "open that message") if explanation.link else ""
    if shown.head_lost:
        yield "Its message was deleted or can't be edited; the next failure starts a new one."
    elif storm:
        yield " · ".join(filter(None, [f"It is shown in the storm message {code(storm.id)}", link]))
    elif shown.ts:
        where = "in the thread of a card" if shown.card and shown.thread_ts else "in this channel"
        yield " · ".join(filter(None, [f"Its message is {where}", link]))
    else:
        yield "It has no message yet."
    if before := shown.previous:
        earlier = slack_link(explanation.previous_link, "open that message") if explanation.previous_link else ""
        line = f"Before: {before.count:,} until {date(before.closed_at)}"
        yield " · ".join(filter(None, [line, earlier]))


# Watches.


def watch(explanation: WatchExplanation) -> Message:
    """Explain a watch: its settings, what it can't see, and its last decisions."""
    lines = list(_watch_lines(explanation))
    shown = [] if explanation.removed else watches.buttons(explanation.watch)
    return watches.of_lines(lines, actions("why-watch", shown))


def _watch_lines(explanation: WatchExplanation) -> Iterator[str]:
    found = explanation.watch
    verb = "watched" if explanation.removed else "watches"
    yield f"👁️ {code(found.id)} {verb} {subject(found.spec)}: {promise(found.spec, explanation.destination)}"
    yield _owner(explanation)
    if explanation.removed:
        if found.removed_at:
            yield f"🔕 Removed {date(found.removed_at)} by {person(found.removed_by)}"
    else:
        yield from _blind(explanation)
    yield from (f"🔇 Muted {muted(each)} by {person(each.by)}" for each in explanation.mutes)
    if explanation.matched is not None:
        yield f"Matched {count(explanation.matched, 'event')} in the last 24 hours."
    yield "*Last decisions*" if explanation.decisions else "No decisions yet."
    for ref, each in explanation.decisions:
        what = f"{why.event_name(each.decision.event)} {code(ref, 120)}: {why.decided(each)}"
        yield " · ".join(filter(None, [f"{date(each.decision.at)} {what}", _link(each)]))


def _owner(explanation: WatchExplanation) -> str:
    found = explanation.watch
    by = f"by {person(found.owner)}" if found.owner else watches.CONFIGURED
    changed = f", changed {date(found.changed_at)}" if found.changed_at else ""
    whom = f" by {person(found.changed_by)}" if changed and found.changed_by else ""
    return f"Created {date(found.at)} {by}{changed}{whom}"


def _blind(explanation: WatchExplanation) -> Iterator[str]:
    """Yield what a watch can't see."""
    yield from (f"⚠️ Can't see {bold(name, 80)} since {date(since)}" for name, since in explanation.down)
    if explanation.partial:
        names = listed([bold(each, 80) for each in explanation.partial], "and")
        yield f"⚠️ {names} has more jobs than can be read: some may be missed."
    yield from watches.coverage(explanation.covered, explanation.hidden, explanation.destination)
