"""Dry runs: what a watch would have posted, and on what basis."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.cards import On, plainest_on
from bot.domain.changes import EventKind
from bot.domain.dry_runs import REACH, DryRun, Forecast, ServiceBasis, WouldPost
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.views import why
from bot.views.errors import service_error
from bot.views.failure_groups import counted, headline
from bot.views.lateness import names
from bot.views.slack.block_kit import Budget, Message, context, message, stacked
from bot.views.slack.lateness import still_asked
from bot.views.slack.watch_terms import subject
from bot.views.states import EMOJI, name
from bot.views.text import bold, code, count, date, duration, listed, plain, unformatted
from providers.models import JobState

POSTS_MAX = 10
"""Messages shown; the others are counted."""
CLOSE = timedelta(minutes=2)
"""A log that lacks at most this much of the last 24 hours counts as whole.

A log shorter than this counts as none.
"""
NOT_PREDICTED = (
    "Not predicted: snoozes, catch-up messages after Callboard was down, and failures that other watches or "
    "subscriptions here already show."
)


def dry_run(run: DryRun) -> Message:
    """Show the messages of a dry run, newest first, its basis and its limits."""
    head = [f"🧪 {subject(run.spec)}: {_summary(run)} Nothing was posted or changed."]
    posts = [_post(each) for each in sorted(run.posts, key=lambda each: each.at, reverse=True)]
    basis = [*basis_lines(run), NOT_PREDICTED]
    errors = [context(service_error(each)) for each in run.errors[:POSTS_MAX]]
    foot = [*stacked(basis), *still_asked(run), *errors]
    lines = [*head, *why.several(posts, POSTS_MAX)]
    body = Budget(foot).fit_lines(lines, lambda left: f"… and {left:,} more")
    return message(unformatted("\n".join([*lines, *basis])), [*body, *foot])


def forecast(found: Forecast) -> list[str]:
    """Return lines for the answer to `watch`: how often it would have posted, and the basis."""
    if found.run is None:
        return ["I don't know yet how often it would have posted. Press *Dry run* to try again."]
    run = found.run
    waits = [f"Without {names(run.pending)}: no answer yet. Press *Dry run* to wait for it."] if run.pending else []
    failed = (
        [f"Without {listed([plain(each.service) for each in run.errors], 'and')}: no answer."] if run.errors else []
    )
    basis = " ".join([*basis_lines(run), *waits, *failed])
    return [_summary(run), *([basis] if basis else [])]


def _summary(run: DryRun) -> str:
    if not run.posts:
        return f"{_reach(run)} it would have posted nothing."
    lines = sum(each.lines for each in run.posts)
    threads = f" and {count(lines, 'thread line')}" if lines else ""
    posted = f"{count(len(run.posts), 'message')}{threads}"
    return f"{_reach(run)} it would have posted {posted}, for {count(run.events - run.left_out, 'event')}."


def _reach(run: DryRun) -> str:
    return f"Since {date(run.since)}" if run.left_out else "In the last 24 hours"


def _post(post: WouldPost) -> str:
    lines = f" · {count(post.lines, 'thread line')}" if post.lines else ""
    return f"{date(post.at)} {_what(post)}{lines}"


def _what(post: WouldPost) -> str:
    if post.group:
        return _group(post.group)
    if post.change is None:
        return ""
    job, happened = post.change.job, post.change.happened
    emoji = EMOJI[JobState.UNKNOWN if happened is EventKind.LOST else job.state]
    what = why.EVENTS[happened] if happened else job.state.value
    return f"{emoji} *{what}*: {bold(name(job), 80)}, {plain(job.service, 60)}"


def _group(group: FailureGroup) -> str:
    if group.group is not GroupKind.STORM:
        return headline(group)
    failed = f"❌ *{group.count:,} failed*" if group.count else ""
    others = f"*{counted(group)}*" if group.counts else ""
    return f"{listed(list(filter(None, [failed, others])), 'and')} in one storm message"


# The basis.


def basis_lines(run: DryRun) -> Iterator[str]:
    """Yield the basis of a dry run, and what it lacks."""
    if run.left_out:
        yield f"⚠️ Only the newest {run.events - run.left_out:,} of {run.events:,} events of 24 hours were tried."
    logged = [each for each in run.basis if _is_logged(run, each)]
    if logged:
        since = max(each.logged_since for each in logged if each.logged_since)
        whole = since - (run.now - REACH) <= CLOSE
        reach = "of the last 24 hours" if whole else f"since {date(since)}"
        named = f" ({_names(logged)})" if len(logged) < len(run.basis) else ""
        yield f"From Callboard's log {reach}{named}."
    yield from _from_lists(run)
    if blind := [each for each in run.basis if not each.lists and not _whole(run, each)]:
        yield f"No earlier history of {_names(blind)}."


def _is_logged(run: DryRun, basis: ServiceBasis) -> bool:
    """Return whether a log is long enough to be a basis."""
    return basis.logged_since is not None and run.now - basis.logged_since > CLOSE


def _whole(run: DryRun, basis: ServiceBasis) -> bool:
    return basis.logged_since is not None and basis.logged_since - run.since <= CLOSE


def _from_lists(run: DryRun) -> Iterator[str]:
    listing = [each for each in run.basis if each.listed_since]
    if not listing:
        return
    begins = "Before that, from" if any(_is_logged(run, each) for each in listing) else "From"
    yield f"{begins} the failed jobs that {_names(listing)} {'lists' if len(listing) == 1 else 'list'}."
    for each in listing:
        if each.retention and run.now - run.since > each.retention:
            yield f"{bold(each.service, 80)} keeps {_kept(each.retention)}."
        elif each.cut and each.listed_since:
            yield f"{bold(each.service, 80)} has more: read back to {date(each.listed_since)}."
        if each.unexplained and (run.spec.code or any(by == "code" for by, _ in run.spec.without)):
            yield f"{count(each.unexplained, 'failed job')} of {bold(each.service, 80)} without a known {code('code')}."
    if missing := list(_unlisted(run.spec.on)):
        yield f"Lists show failed jobs only, so {listed(missing, 'and')} are missing."


def _unlisted(on: frozenset[On]) -> Iterator[str]:
    """Yield the events that a watch wants and no list of jobs shows."""
    wanted = plainest_on(on)
    if wanted - {On.FAILED, On.STUCK, On.DOWN}:
        yield "other events"
    if wanted & {On.DOWN, On.ANY}:
        yield "outages"


def _kept(retention: timedelta) -> str:
    """Name the time for which jobs are kept: `30 minutes`, `7 days`."""
    minutes = round(retention.total_seconds() / 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and minutes >= size:
            return count(minutes // size, unit)
    return duration(retention.total_seconds())


def _names(services: Sequence[ServiceBasis]) -> str:
    shared = {each.service for each in services if sum(one.service == each.service for one in services) > 1}
    full = [f"{each.account}/{each.service}" if each.service in shared else each.service for each in services]
    return listed([bold(each, 80) for each in full], "and", most=5)
