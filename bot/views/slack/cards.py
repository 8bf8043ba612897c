"""Cards: one live message for a job, or for several subscribed together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain import sweeps
from bot.domain.absence import DROPPED_AFTER
from bot.domain.button_payloads import BUTTON_MAX, OPEN, REFRESH, CommandPayload
from bot.domain.cards import Card, CardJob, Check, Shown
from bot.domain.changes import EndReason
from bot.views.errors import happened
from bot.views.slack import missing_jobs, snooze, suspensions
from bot.views.slack.block_kit import Block, Budget, Message, actions, button, context, message, section
from bot.views.slack.mentions import mentioned
from bot.views.states import (
    FATES,
    OUTCOMES,
    SUSPENDED,
    mark,
    name,
    outcome,
    plain_state,
    reason,
    state,
    tally,
    unended,
)
from bot.views.terms import calls_number, people, person, promise
from bot.views.text import age, bold, clock, count, date, duration, plain, unformatted
from providers.models import Job, JobRef, JobState

LINES_MAX = 12
"""Jobs of a batch named on its card; the others are counted."""
SERVICES_MAX = 5
DRAWN_EVERY = timedelta(minutes=1)
"""The interval at which an unchanged card is redrawn."""
_STEPS = 10
_UNSEEN = "No longer following: this channel lost access to the account"
_ENDED_BY = {
    EndReason.EXPIRED: "Expired at the provider; outcome unknown.",
    EndReason.NOT_FOUND: "The provider no longer has this job and gives no reason.",
    EndReason.DROPPED: f"It was not found for {DROPPED_AFTER.days} days.",
    EndReason.UNCONFIGURED: "Its service is no longer configured.",
}


def card(shown: Shown, now: datetime, *, mentions: bool = False) -> Message:
    """Draw a card as of now. With `mentions`, its last block mentions the people of its options."""
    known = seen(shown.card, shown.jobs)
    snoozed = list(filter(None, [snooze.line(shown.card)]))
    checks = [] if shown.card.over else [*missing_jobs.lines(shown), *_checks(shown, now)]
    notes = [_subscribed(shown.card), *snoozed, *checks]
    foot = [*map(context, notes), *actions(snooze.block_id(shown.card), _buttons(shown))]
    foot += mentioned([shown.card.terms.mention]) if mentions else []
    draw = _one if len(known) == 1 else _several
    text, body = draw(shown, known, Budget(foot))
    return message(text, [*body, *foot])


def seen(card: Card, jobs: Mapping[str, Job]) -> dict[str, Job]:
    """Return each job of a card; of some only the id is known."""
    return {ref: jobs.get(ref) or card_job.job or _unseen(ref) for ref, card_job in card.jobs.items()}


def _unseen(ref: str) -> Job:
    account, service, job_id = JobRef.parse(ref)
    return Job(account=account, service=service, id=job_id, state=JobState.UNKNOWN)


def headline(card: Card, jobs: Mapping[str, Job]) -> str:
    """Return the job and its state, or how many jobs have finished; mrkdwn."""
    known = seen(card, jobs)
    if len(known) != 1:
        return f"{summary(card, known)}\n{tally(_outcomes(card, known))}"
    [(ref, job)] = known.items()
    return title(job, card.jobs[ref].fate)


def title(job: Job, end_reason: EndReason | None = None, *, suspended: bool = False) -> str:
    """Return a job's state, or why it is no longer followed, and its name."""
    left = unended(end_reason)
    lead = f"{FATES[left]} *{_END_REASON_WORDS[left]}*" if left else state(job)
    lead = f"{mark(SUSPENDED)} *{SUSPENDED.capitalize()}*" if suspended else lead
    return f"{lead} · {bold(name(job), 120)}"


_END_REASON_WORDS = {
    EndReason.NOT_FOUND: "Gone",
    EndReason.DROPPED: "No longer followed",
    EndReason.EXPIRED: "Expired",
    EndReason.UNSUBSCRIBED: "No longer followed",
    EndReason.UNCONFIGURED: "No longer followed",
}


def bar(percent: int) -> str:
    """Draw a progress bar with its number: `▰▰▰▰▱▱▱▱▱▱ 42 %`."""
    full = max(0, min(percent, 100)) * _STEPS // 100
    return f"{'▰' * full}{'▱' * (_STEPS - full)} {percent} %"


def _one(shown: Shown, known: Mapping[str, Job], _: Budget) -> tuple[str, list[Block]]:
    [(ref, job)] = known.items()
    card_job = shown.card.jobs[ref]
    suspended = ref in _suspended(shown)
    lines = [title(job, card_job.fate, suspended=suspended), _about(job), *_progress(job, card_job)]
    return _plain_one(job, card_job, suspended=suspended), [section("\n".join(lines))]


def _suspended(shown: Shown) -> set[str]:
    """Return the refs of jobs not found for so long that their subscriptions wait."""
    return {ref for ref, absence in shown.absences.items() if absence.suspended}


def _about(job: Job) -> str:
    created = f" · created {age(job.created_at)}" if job.created_at else ""
    return f"{plain(job.service, 60)} · {plain(job.account, 60)}{created}"


def _progress(job: Job, card_job: CardJob) -> Iterator[str]:
    """Yield a job's progress, its result, or its last known state."""
    match card_job.fate:
        case EndReason.EXPIRED | EndReason.NOT_FOUND | EndReason.DROPPED | EndReason.UNCONFIGURED:
            yield f"{_ENDED_BY[card_job.fate]} Last seen: {state(job)}."
        case EndReason.UNSUBSCRIBED:
            how = f"Unsubscribed by {person(card_job.by)}" if card_job.by else _UNSEEN
            yield f"{how}. Last seen: {state(job)}."
        case _:
            if job.state is JobState.FAILED:
                yield reason(job, 500)
            if job.state.ended:
                yield from filter(None, [ending(job)])
            elif job.progress is not None:
                yield bar(job.progress)


def ending(job: Job) -> str:
    """Say how long a job took and when it ended, where known."""
    took = [f"took {duration(job.duration_s)}"] if job.duration_s is not None else []
    ended = [f"finished {date(job.finished_at)}"] if job.finished_at else []
    return " · ".join([*took, *ended])


def _plain_one(job: Job, card_job: CardJob, *, suspended: bool) -> str:
    progress = f", {job.progress} %" if job.progress is not None and not job.state.ended else ""
    why = f", {unformatted(reason(job))}" if job.state is JobState.FAILED else ""
    left = unended(card_job.fate)
    lead = f"{FATES[left]} {_END_REASON_WORDS[left]}" if left else plain_state(job)
    lead = f"{mark(SUSPENDED)} {SUSPENDED.capitalize()}" if suspended else lead
    return f"{lead}: {name(job)}{progress}{why}, {job.ref}"


def _several(shown: Shown, known: Mapping[str, Job], budget: Budget) -> tuple[str, list[Block]]:
    words = _outcome_words(shown, known)
    outcomes = list(words.values())
    top, following = summary(shown.card, known), _tracked(shown.card, known)
    progress = [bar(100 * _ended(following) // len(following))] if following and not shown.card.over else []
    head = section("\n".join([top, *filter(None, [tally(outcomes)]), *progress]))
    budget.take([head])
    return f"{unformatted(top)}: {tally(outcomes, ', ')}", [head, *_named(known, words, budget)]


def _outcome_words(shown: Shown, known: Mapping[str, Job]) -> dict[str, str]:
    """Return the outcome of each job of a card, by ref."""
    suspended = _suspended(shown)
    return {
        ref: SUSPENDED if ref in suspended else outcome(job, shown.card.jobs[ref].fate) for ref, job in known.items()
    }


def _outcomes(card: Card, known: Mapping[str, Job]) -> list[str]:
    return [outcome(job, card.jobs[ref].fate) for ref, job in known.items()]


def _tracked(card: Card, known: Mapping[str, Job]) -> list[Job]:
    """Return the jobs that finished or are still followed."""
    return [job for ref, job in known.items() if card.jobs[ref].fate in {None, EndReason.ENDED}]


def _ended(jobs: Sequence[Job]) -> int:
    return sum(job.state.ended for job in jobs)


def summary(card: Card, known: Mapping[str, Job]) -> str:
    """Say how many jobs of a batch have finished, of those followed to their finish."""
    following = _tracked(card, known)
    if not following:
        which = {2: "either job"}.get(len(known), f"any of the {count(len(known), 'job')}")
        return f"*No longer following {which}*"
    ended = _ended(following)
    if ended == len(following) < len(known):
        others = "other is" if len(known) - ended == 1 else "others are"
        return f"*{count(ended, 'job')} {'has' if ended == 1 else 'have'} finished, the {others} no longer followed*"
    if ended == len(following):
        every = {1: "1 job has", 2: "Both jobs have"}.get(ended, f"All {count(ended, 'job')} have")
        return f"*{every} finished*"
    return f"*{ended} of {count(len(following), 'job')} have finished*"


def _named(known: Mapping[str, Job], words: Mapping[str, str], budget: Budget) -> list[Block]:
    """Return a line for each job that may need attention, the most urgent first."""
    quiet = {JobState.SUCCEEDED.value, EndReason.UNSUBSCRIBED.value}
    refs = sorted((ref for ref, word in words.items() if word not in quiet), key=lambda ref: OUTCOMES.index(words[ref]))
    lines = [line(known[ref], words[ref]) for ref in refs]
    return budget.fit_lines(lines, lambda left: f"… and {tally((words[ref] for ref in refs[-left:]), ', ')}", LINES_MAX)


def line(job: Job, word: str) -> str:
    """Return a line about one of many jobs; `word` is its outcome."""
    why = f" · {reason(job, 100)}" if word == JobState.FAILED else ""
    progress = f" · {job.progress} %" if job.progress is not None and word == JobState.RUNNING else ""
    return f"{mark(word)} {word.capitalize()} · {bold(name(job), 80)} · {plain(job.service, 40)}{progress}{why}"


def _subscribed(card: Card) -> str:
    who = f"Subscribed by {people(card.subscribers)}"
    left = [each.by for each in card.jobs.values() if each.by and each.fate is EndReason.UNSUBSCRIBED]
    if card.batch and left:
        who = f"{who} · unsubscribed by {people(left)}"
    if card.over:
        return who
    return " · ".join(filter(None, [who, promise(card.terms, card.place, batch=card.batch), calls_number(card.terms)]))


def _checks(shown: Shown, now: datetime) -> list[str]:
    failing = {where: check for where, check in shown.checks.items() if fails(check, now)}
    working = [check for where, check in shown.checks.items() if where not in failing]
    lines = [_failing(where, check, now) for where, check in list(failing.items())[:SERVICES_MAX]]
    return [*filter(None, [_when_checked(working, now)]), *lines]


def fails(check: Check, now: datetime) -> bool:
    """Return whether a service has failed for so long that a card says so."""
    return check.failing_since is not None and now - check.failing_since >= sweeps.FAILING


def _when_checked(checks: Sequence[Check], now: datetime) -> str:
    """Say when jobs were checked and when they will be; of several services the latest counts."""
    last = min((check.at for check in checks if check.at), default=None)
    following = max((check.next_at for check in checks if check.next_at and check.next_at > now), default=None)
    parts = [f"checked {age(last)}" if last else "", f"next check {_coming(following, now)}" if following else ""]
    return " · ".join(filter(None, parts))


def _coming(moment: datetime, now: datetime) -> str:
    """Say when a check is due, in words that stay true until the next redraw."""
    return clock(moment) if moment - now > DRAWN_EVERY else "within a minute"


def _failing(where: str, check: Check, now: datetime) -> str:
    last = check.at or check.failing_since
    since = f" since {date(last)}" if last else ""
    because = happened(check.error) if check.error else f"{bold(where, 80)} isn't responding"
    again = f" Next check {_coming(check.next_at, now)}." if check.next_at and check.next_at > now else ""
    return f"⚠️ Not checked{since}: {because}.{again}"


def _buttons(shown: Shown) -> list[Block]:
    card = shown.card
    left = [] if card.over else unsubscribe_button(card)
    asks = [] if card.over else _refresh(card)
    return [*details_button(list(card.jobs)), *restore_button(shown), *asks, *snooze.controls(card), *left]


def restore_button(shown: Shown) -> list[Block]:
    """Return the button that restores a card's suspended subscriptions; none without any."""
    return suspensions.restore_button(shown.card.place, shown.card.id) if _suspended(shown) else []


def details_button(refs: Sequence[object], label: str = "Details", *, of: str | None = None) -> list[Block]:
    """Return the button that shows these jobs to the person who clicks.

    `of` names the jobs for screen readers.
    """
    return button(
        label, f"{OPEN}:details", CommandPayload.about("show", refs), name=of and f"Details of {of}", limit=BUTTON_MAX
    )


def unsubscribe_button(card: Card, *, of: str | None = None, destination: str | None = None) -> list[Block]:
    """Return the button that stops following the jobs of a card.

    `destination` is where the card is, if the button is elsewhere.
    """
    command = CommandPayload.about("unsubscribe", still(card), place=destination)
    named = command.text.count(" ")
    label = "Unsubscribe" if named == len(still(card)) else f"Unsubscribe from {named}"
    return button(label, f"{OPEN}:unsubscribe", command, name=of and f"Unsubscribe from {of}", limit=BUTTON_MAX)


def _refresh(card: Card) -> list[Block]:
    return button("Refresh", REFRESH, CommandPayload.about("show", still(card), card=card.id), limit=BUTTON_MAX)


def still(card: Card) -> list[str]:
    """Return the refs that a card still follows."""
    return [ref for ref, card_job in card.jobs.items() if card_job.fate is None]
