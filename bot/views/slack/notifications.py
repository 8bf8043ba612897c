"""Notifications: changes of jobs, finished batches, and direct messages to subscribers."""

from collections.abc import Iterable, Sequence

from bot.domain.absence import DROPPED_AFTER
from bot.domain.button_payloads import BUTTON_MAX, SUBSCRIBE, CommandPayload
from bot.domain.cards import Card
from bot.domain.changes import Change, EndReason, Kind
from bot.domain.identifiers import JOBS_MAX
from bot.domain.notifications import (
    WAITS,
    CardChange,
    ChangedSubscriptions,
    DestinationSuspended,
    LostJob,
    SearchExpired,
    UnreadableRecords,
)
from bot.views.facts import Meaning
from bot.views.slack import missing_jobs, suspensions
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.cards import details_button, ending, line, seen, still, summary, title
from bot.views.states import EMOJI, SUSPENDED, mark, name, outcome, plain_state, reason, tally, unended
from bot.views.terms import called, channel
from bot.views.text import bold, code, count, cut, date, listed, plain, unformatted
from providers.models import Job, JobState

LINES_MAX = 15
"""Jobs named in a message; its button shows all."""
MEANINGS_MAX = 5
NAMES_MAX = 10
_GONE = "no longer at the provider"
_EXPIRED = "expired at the provider"
_DROPPED = f"not found for {DROPPED_AFTER.days} days"
_LOST = {EndReason.EXPIRED: _EXPIRED, EndReason.DROPPED: _DROPPED}


def thread_reply(card_change: CardChange, meaning: Meaning) -> Message:
    """Draw a change of a job for the thread of its card."""
    change, people = card_change.change, called(card_change.card.terms.mention)
    happened = [what_happened(change), *(["held while snoozed"] if card_change.held else [])]
    lines = [f"{people} {title_of(change)}".strip(), *filter(None, [" · ".join(filter(None, happened))])]
    if change.job.state is JobState.FAILED and not unended(change.fate):
        lines += [reason(change.job, 600), *_meant(change.job, meaning)]
    button_ = details_button([change.job.ref], of=cut(name(change.job), 40))
    return message(_plain(change), [section("\n".join(lines), button_)])


def title_of(change: Change) -> str:
    """Return the state and the name of the job that changed."""
    return title(change.job, change.fate, suspended=change.kind is Kind.SUSPENDED)


def what_happened(change: Change) -> str:
    """Return the previous state, and the progress or the result."""
    before, job = _before(change), change.job
    match change.kind:
        case Kind.LOST:
            forgot = _LOST.get(change.fate or EndReason.NOT_FOUND, _GONE)
            return f"{forgot}, {before or 'state unknown'} when last seen {date(change.since)}"
        case Kind.SUSPENDED:
            return f"{missing_jobs.missing(change)}, checked once an hour"
        case Kind.FOUND:
            again = f"found again, subscription restored ({missing_jobs.missing(change)})"
            return " · ".join(filter(None, [again, before, ending(job)]))
        case Kind.PROGRESSED:
            return f"{job.progress} %" if job.progress is not None else ""
        case Kind.MOVED if job.state.ended:
            return " · ".join(filter(None, [before, ending(job) or f"seen {date(change.at)}"]))
        case Kind.MOVED:
            progress = [f"{job.progress} %"] if job.progress is not None else []
            return " · ".join(filter(None, [before, *progress, f"seen {date(change.at)}"]))


def _before(change: Change) -> str:
    """Return the previous state; empty for a job new to Callboard."""
    if change.before is JobState.UNKNOWN and not change.before_raw:
        return ""
    return f"was {EMOJI[change.before]} {change.before.value}"


def _meant(job: Job, meaning: Meaning) -> list[str]:
    meant = meaning(job)
    return [f"What it means: {plain(meant, 300)}"] if meant else []


def _plain(change: Change) -> str:
    job = change.job
    if change.kind is Kind.SUSPENDED:
        return f"{mark(SUSPENDED)} {SUSPENDED.capitalize()}: {name(job)}, {job.account}/{job.service}"
    if left := unended(change.fate):
        return f"{mark(left)} {left.capitalize()}: {name(job)}, {job.account}/{job.service}"
    why = f", {unformatted(reason(job))}" if job.state is JobState.FAILED else ""
    again = ", found again" if change.kind is Kind.FOUND else ""
    return f"{plain_state(job)}: {name(job)}{why}{again}, {job.account}/{job.service}"


def final(card: Card, meaning: Meaning) -> Message:
    """Draw the post about a batch whose jobs have all finished."""
    known = seen(card, {})
    words = {ref: outcome(job, card.jobs[ref].fate) for ref, job in known.items()}
    failed = [ref for ref, word in words.items() if word == JobState.FAILED]
    head = f"{summary(card, known)}: {tally(words.values(), ', ')}"
    title = section(f"{called(card.terms.mention)} {head}".strip())
    foot = [
        *map(context, meanings([known[ref] for ref in failed], meaning)),
        *actions("final", _appearance(failed, list(known))),
    ]
    named = [line(known[ref], words[ref]) for ref in failed]
    lines = Budget([title, *foot]).fit_lines(named, lambda left: f"… and {left:,} more failed", LINES_MAX)
    return message(unformatted(head), [title, *lines, *foot])


def _appearance(failed: Sequence[str], known: Sequence[str]) -> list[Block]:
    return details_button(failed, "Show failed") if failed else details_button(known)


def meanings(jobs: Iterable[Job], meaning: Meaning) -> list[str]:
    """Return the meanings of failure codes, each code once."""
    meant = {job.error.code: words for job in jobs if job.error and job.error.code and (words := meaning(job))}
    return [f"{code(each, 60)} means: {plain(words, 300)}" for each, words in list(meant.items())[:MEANINGS_MAX]]


def suspended(destination: DestinationSuspended) -> Message:
    """Notify a subscriber that their destination can no longer be posted to."""
    number = sum(len(still(card)) for card in destination.cards)
    what = f"suspended {count(number, 'subscription')} of yours" if number else "can't post updates about your jobs"
    lines = [
        f"⏸️ I {what}, because {suspensions.why(destination.reason, destination.place)}.",
        f"I'll hold updates for {WAITS.days} days. {suspensions.help_against(destination.reason)}",
    ]
    names = [_names(card) for card in destination.cards]
    foot = actions("suspended", suspensions.restore_button(destination.place))
    text = section("\n".join(lines))
    body = Budget([text, *foot]).fit_lines(names, lambda left: f"… and {count(left, 'more card')}", NAMES_MAX)
    return message(unformatted("\n".join([*lines, *names])), [text, *body, *foot])


def _names(card: Card) -> str:
    known = seen(card, {})
    return listed([bold(name(known[ref]), 80) for ref in still(card) or card.jobs], "and", most=3)


def lost(job: LostJob) -> Message:
    """Notify a subscriber that the provider no longer has a job."""
    change, card = job.change, job.card
    lines = [f"{title_of(change)} · {plain(change.job.service, 60)}", _sentence(what_happened(change))]
    lines.append(
        f"I stopped following it in {channel(card.place)}. If it comes back, press Restore. Its ref: "
        f"{code(str(change.job.ref), 300)}"
    )
    buttons = [*details_button([change.job.ref]), *suspensions.restore_button(card.place, card.id)]
    return message(_plain(change), [section("\n".join(lines)), *actions("lost", buttons)])


def subscriptions(note: ChangedSubscriptions) -> Message:
    """Notify a subscriber that subscriptions were suspended, or restored when jobs were found."""
    changes = note.changes
    suspended = changes[0].kind is Kind.SUSPENDED
    first = min(changes, key=lambda change: change.absent_since or change.since)
    refs = [change.job.ref for change in changes]
    restore = suspensions.restore_button(note.place) if suspended else []
    text = section("\n".join([_subject(changes), *_explained(first, note.place, number=len(changes))]))
    foot = actions("subscriptions", [*details_button(refs), *restore])
    names = [f"{bold(name(change.job), 80)} · {plain(change.job.service, 60)}" for change in changes]
    lines = Budget([text, *foot]).fit_lines(
        names if len(changes) > 1 else [], lambda left: f"… and {count(left, 'more job')}", NAMES_MAX
    )
    plain_text = _plain(changes[0]) if len(changes) == 1 else unformatted(_subject(changes))
    return message(plain_text, [text, *lines, *foot])


def _subject(changes: Sequence[Change]) -> str:
    """Return the job of a change, or how many subscriptions changed."""
    if len(changes) == 1:
        return f"{title_of(changes[0])} · {plain(changes[0].job.service, 60)}"
    emoji, done = (mark(SUSPENDED), "suspended") if changes[0].kind is Kind.SUSPENDED else ("🔔", "restored")
    return f"{emoji} *{count(len(changes), 'subscription')} {done}*"


def _explained(change: Change, destination: str, *, number: int) -> list[str]:
    """Say what happened to subscriptions, and what helps."""
    theirs = "Your subscription" if number == 1 else "Your subscriptions"
    if change.kind is Kind.FOUND:
        return [
            f"Found again ({missing_jobs.missing(change)}). {theirs} in {channel(destination)} {_is(number)} restored."
        ]
    looks = f"I check once an hour for {DROPPED_AFTER.days} days. Press Restore to check as usual again."
    what = _sentence(missing_jobs.missing(change))
    return [f"{what} {theirs} in {channel(destination)} {_is(number)} suspended.", looks]


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def unreadable(note: UnreadableRecords) -> Message:
    """To subscribers, or to the destination itself: records of it were corrupt."""
    lines = [f"⚠️ I couldn't read some records about {channel(note.place)} and set them aside."]
    if note.unfollowed:
        lines.append("These jobs are no longer followed there. Subscribe again to the ones you need:")
    if note.again:
        jobs = listed([bold(name(job), 80) for job in note.again], "and", most=NAMES_MAX)
        lines.append(f"I'm checking {jobs} again now. Updates from in between may be missing or repeated.")
    if note.posts:
        lines.append("A message was being posted. It may appear twice.")
    if not (note.unfollowed or note.again or note.posts):
        lines.append("Their contents are lost. `/jobs subscriptions` lists subscriptions.")
    again = [job.ref for job in note.unfollowed if not job.state.ended]
    command = CommandPayload.about("subscribe", again)
    foot = actions("unreadable", button("Subscribe", SUBSCRIBE, command, limit=BUTTON_MAX) if again else [])
    text = section("\n".join(lines))
    jobs = [line(job, outcome(job)) for job in note.unfollowed]
    body = Budget([text, *foot]).fit_lines(jobs, lambda left: f"… and {count(left, 'more job')}", LINES_MAX)
    named = [f"{plain_state(job)}: {name(job)}" for job in note.unfollowed[:NAMES_MAX]]
    return message(unformatted("\n".join([*lines, *named])), [text, *body, *foot])


def search_expired(sought: SearchExpired) -> Message:
    """Notify a person that the search for ids ended and none was found."""
    ids = listed([code(each, 80) for each in sought.ids[:JOBS_MAX]], "or")
    destinations = listed([bold(destination, 80) for destination in sought.looked_in], "and", most=NAMES_MAX)
    where = f" in {destinations}" if destinations else ""
    text = f"🔎 I looked for {ids}{where} for {count(sought.minutes, 'minute')}, but it wasn't found."
    text += "\nCheck that the id is complete and its account is in `/jobs accounts`. `/jobs subscribe JOB` looks again."
    return message(unformatted(text), [section(text)])
