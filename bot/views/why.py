"""Explanations why something was posted or not, for Slack (mrkdwn) and the terminal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType

from bot.domain.cards import On
from bot.domain.changes import EventKind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.explanations import Act, Action, Explained, JobExplanation, KnownEvent, Waiting
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.views.failure_groups import happened, headline
from bot.views.states import EMOJI, own_word
from bot.views.terms import person
from bot.views.text import bold, code, count, date, duration, listed, plain

NOTHING = "Nothing was posted for this job here."
NOTHING_ANYWHERE = "Nothing was posted for this job."
EVENTS: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.SUBMITTED: "submitted",
        EventKind.STARTED: "started",
        EventKind.SUCCEEDED: "succeeded",
        EventKind.FAILED: "failed",
        EventKind.CANCELLED: "cancelled",
        EventKind.LOST: "no longer at the provider",
        EventKind.STUCK: "stuck",
        EventKind.UNSTUCK: "moving again",
        EventKind.REOPENED: "reopened",
        EventKind.DOWN: "down",
        EventKind.UP: "back",
    }
)
"""The words for each kind of event."""
SOURCES = {"poll": "by polling", "push": "by push"}
"""The words for how an event was noticed."""


def event_name(event_id: str) -> str:
    """Name an event by its id: `failed`, and of a later attempt `failed (attempt 2)`."""
    about, _, kind = event_id.rpartition("/")
    attempt = about.rpartition("#")[2]
    name = EVENTS.get(EventKind(kind), kind) if kind in {*EventKind} else kind
    return f"{name} (attempt {attempt})" if attempt.isdigit() and 1 < int(attempt) < 1000 else name


def event(known: KnownEvent) -> str:
    """Say what happened, when, and how that was noticed."""
    word = own_word(known.state, known.raw_state)
    raw = f" {code(word, 60)}" if word else ""
    at = f"{date(known.at)} " if known.at else f"{date(known.noticed_at)} " if known.noticed_at else ""
    if known.noticed_at is None:
        return f"{at}*{event_name(known.id)}*{raw} · reported by the provider"
    noticed = f"noticed {date(known.noticed_at)} " if known.at else "noticed "
    return f"{at}*{event_name(known.id)}*{raw} · {noticed}{SOURCES.get(known.source or '', '')}".rstrip()


# Reasons.


def _rule(decision: Decision) -> str:
    return "the subscription" if decision.rule == SUBSCRIPTION else code(decision.rule or "the rule", 20)


def _given(decision: Decision, name: str) -> str:
    return plain(str(decision.parameters.get(name, "")), 80)


def _number(decision: Decision, name: str) -> int:
    value = str(decision.parameters.get(name, 0))
    return int(value) if value.isdigit() else 0


def _group(decision: Decision, what: str) -> str:
    group = _given(decision, "group")
    return f"{what} {code(group)}" if group else what.removesuffix(" of").removesuffix(", that").removesuffix(" as")


def _progress(decision: Decision) -> str:
    """Say how near a threshold was: `2 of 5 in 10 min`; `3 of 40 jobs in 1 h, 20 % needed`."""
    counted = f"{_number(decision, 'count'):,}"
    window = duration(_number(decision, "window_s"))
    if not (share := _number(decision, "share")):
        return f"{counted} of {_number(decision, 'of'):,} in {window}"
    ended = f" of {count(_number(decision, 'ended'), 'job')}" if _number(decision, "ended") else ""
    return f"{counted}{ended} in {window}, {share} % needed"


def _reached(decision: Decision) -> str:
    reached = _progress(decision)
    return _group(decision, f"{reached}, first message of")


def _wanted_events(decision: Decision) -> str:
    wanted = str(decision.parameters.get("on", "")).split(",")
    names = [each for each in wanted if each and (each != On.STUCK or len(wanted) == 1)]
    return (
        f"{_rule(decision)} includes only {code(','.join(names))}" if names else f"{_rule(decision)} doesn't include it"
    )


def _storm(decision: Decision) -> str:
    if waiting := _number(decision, "waiting"):
        return f"into the storm message: {waiting:,} replies waited"
    posts, window = _number(decision, "posts"), _number(decision, "window_s")
    time = "a minute" if window == 60 else f"in {duration(window)}"
    limit = f": the limit is {count(posts, 'new message')} {time}" if posts else ""
    return f"into the storm message{limit}"


def _unseen(decision: Decision) -> str:
    account = _given(decision, "account")
    return f"not all readers here may see {account}" if account else "not all readers here may see the account"


def _muted(decision: Decision) -> str:
    mute = _given(decision, "mute")
    return f"its code is muted here ({code(mute)})" if mute else "its code is muted here"


def _together(decision: Decision) -> str:
    later = str(decision.parameters.get("event", ""))
    return f"in one message with *{event_name(later)}*" if later else "in one message with a later event"


REASONS: Mapping[Reason, Callable[[Decision], str]] = MappingProxyType(
    {
        Reason.ACCESS: _unseen,
        Reason.BASELINE: lambda decision: f"it happened before {_rule(decision)} started",
        Reason.NO_RULE: lambda _: "no watch or subscription here covers it",
        Reason.NOT_WANTED: _wanted_events,
        Reason.FILTERED: lambda decision: f"the filters of {_rule(decision)} leave it out",
        Reason.MUTED: _muted,
        Reason.UNSUBSCRIBED: lambda _: "the job was no longer followed here",
        Reason.NOT_REACHED: lambda decision: f"{_progress(decision)}, too few for {_rule(decision)}",
        Reason.AS_BEFORE: lambda _: "the job is back in the state posted last",
        Reason.GROUP: lambda decision: _group(decision, "same cause as"),
        Reason.BATCH: lambda _: "into the message of its batch",
        Reason.STORM: _storm,
        Reason.CATCH_UP: lambda _: "into the catch-up message after Callboard was down",
        Reason.TOGETHER: _together,
        Reason.BACK: lambda decision: _group(decision, "into the message about the outage, that of"),
        Reason.THRESHOLD: lambda decision: f"{_progress(decision)} so far, for {_rule(decision)}",
        Reason.SNOOZED: lambda _: "snoozed",
        Reason.REMOVED: lambda decision: f"{_rule(decision)} was removed and can be restored until then",
        Reason.FIRST: lambda decision: _group(decision, "first failure of"),
        Reason.WANTED: lambda decision: f"{_rule(decision)} includes it",
        Reason.REACHED: _reached,
        Reason.BATCH_FAILED: lambda _: "first failure of its batch",
        Reason.BATCH_FINISHED: lambda _: "all jobs of its batch finished",
        Reason.RELEASED: lambda _: "held before, posted when the hold ended",
    }
)
"""The words for each reason."""
_NAMES_RULE = frozenset(
    {
        Reason.BASELINE,
        Reason.NOT_WANTED,
        Reason.FILTERED,
        Reason.NOT_REACHED,
        Reason.THRESHOLD,
        Reason.REMOVED,
        Reason.WANTED,
    }
)
"""Reasons whose words already name the rule."""


def reason(decision: Decision) -> str:
    """Say why an outcome was chosen; mrkdwn, no capital, no period."""
    return REASONS[decision.reason](decision)


def _outcome(explained: Explained) -> str:
    decision = explained.decision
    match decision.outcome:
        case Outcome.POST:
            return "*posted*"
        case Outcome.FOLD:
            return "*added to a message*"
        case Outcome.HOLD:
            return f"*held* until {date(decision.until)}" if decision.until else "*held*"
        case Outcome.DROP:
            return "*not posted*"


def _rules(decision: Decision) -> str:
    """Name the rules that wanted it, except one that the reason names."""
    names = [decision.rule] if decision.rule and decision.reason not in _NAMES_RULE else []
    wanted = [*names, *decision.also] if decision.outcome is not Outcome.DROP else []
    shown = ["the subscription" if each == SUBSCRIPTION else code(each, 20) for each in wanted]
    also = "also " if shown and not names else ""
    return f"{also}for {listed(shown, 'and')}" if shown else ""


def decided(explained: Explained) -> str:
    """Say what was decided and why: `*posted*, first failure of g12 · for w7`; without the event."""
    decision = explained.decision
    if not explained.certain:
        return f"{_rule(decision)} includes it, but no decision is recorded"
    why = f"{_outcome(explained)}, {reason(decision)}"
    return " · ".join(filter(None, [why, _rules(decision)]))


def decisions(explained: Sequence[Explained]) -> Iterator[tuple[str, Explained]]:
    """Yield a line for each decision, with the decision.

    Neighbors that differ only in their event share a line, with the last of their decisions.
    """
    for _, several in groupby(explained, _alike):
        same = list(several)
        names = listed([f"*{event_name(each.decision.event)}*" for each in same], "and")
        yield f"{date(same[-1].decision.at)} {names}: {decided(same[-1])}", same[-1]


def _alike(explained: Explained) -> object:
    return explained._replace(decision=explained.decision.model_copy(update={"event": "", "at": None}))


def posted(explanation: JobExplanation) -> bool:
    """Whether something was posted, added to a message or held for the job."""
    certain = [each.decision.outcome for each in explanation.decisions if each.certain]
    return any(each is not Outcome.DROP for each in certain) or bool(explanation.waiting)


def waiting(waits: Waiting, suspended: str = "") -> str:
    """Say what a message waits for; `suspended` is why Slack accepts none."""
    if waits.suspended is not None:
        why = suspended or f"Slack rejects messages ({code(waits.suspended, 80)})"
    elif waits.paused_s:
        why = f"Slack rate limit: waiting {duration(max(1, waits.paused_s))}"
    else:
        why = f"behind {count(waits.ahead, 'other event')}" if waits.ahead else "it is next"
    return f"⏳ *{event_name(waits.event)}*: waits to be posted, {why}"


_ACTIONS = {
    Action.FOLLOWED: "followed the job",
    Action.UNFOLLOWED: "unfollowed the job",
    Action.SNOOZED: "snoozed {subject}",
    Action.MUTED: "muted {subject}",
    Action.WATCHED: "created watch {subject}",
    Action.CHANGED: "changed watch {subject}",
    Action.REMOVED: "removed watch {subject}",
}


def act(done: Act) -> str:
    """Say who did what, and when."""
    subject = code(done.subject, 80) if done.subject else "its card"
    by = person(done.by) if done.by else "the configuration"
    until = f" until {date(done.until)}" if done.until else " forever" if done.action is Action.MUTED else ""
    at = f"{date(done.at)} " if done.at else ""
    return f"{at}{by} {_ACTIONS[done.action].format(subject=subject)}{until}"


# Groups.


def group_facts(group: FailureGroup) -> Iterator[str]:
    """Yield what a group is, since when, how many jobs it has, and its state."""
    yield _headline(group)
    if group.group is not GroupKind.DOWN:
        since = f"Since {date(group.first_at)}, newest {date(group.last_at)}"
        lines = f", {count(group.lines, 'thread line')}" if group.lines else ""
        yield f"{since}{lines}"
    yield _state(group)
    names = [
        *("subscriptions" for rule in group.rules if rule == SUBSCRIPTION),
        *(code(each) for each in group.watches),
    ]
    if names:
        yield f"For {listed(names, 'and')}"
    if group.snooze:
        yield f"💤 Snoozed until {date(group.snooze.until)} by {person(group.snooze.by)}"


def _headline(group: FailureGroup) -> str:
    match group.group:
        case GroupKind.STORM:
            return f"{code(group.id)}: a storm message for {count(len(group.groups), 'group')}, {group.count:,} failed"
        case GroupKind.BATCH:
            return f"{code(group.id)}: the failures of a batch, {group.count:,} {happened(group)}"
        case GroupKind.FAILURES | GroupKind.DOWN:
            return f"{code(group.id)}: {headline(group)} · {plain(group.account, 60)}"


def _state(group: FailureGroup) -> str:
    if group.closed_at:
        over = "Back" if group.group is GroupKind.DOWN else "Closed"
        return f"{over} {date(group.closed_at)}"
    if group.hold:
        limits = ""
        if group.hold.window_s:
            wanted = f"{group.hold.share} % of the jobs" if group.hold.share else f"{group.hold.of or 0:,}"
            limits = f": {len(group.held):,} of {wanted} in {duration(group.hold.window_s)}"
        return f"Held until {date(group.hold.until)}{limits}"
    return "Open"


def job_title(explanation: JobExplanation) -> str:
    """Name the job of an explanation, with its state; mrkdwn."""
    job, ref = explanation.job, explanation.ref
    if job is None:
        return f"❔ {code(str(ref), 300)}"
    named = bold(job.name, 120) if job.name and job.name.strip() else code(job.id, 120)
    return f"{EMOJI[job.state]} *{job.state.capitalize()}* · {named} · {code(str(ref), 300)}"


def several(lines: Iterable[str], most: int) -> list[str]:
    """Return the first `most` lines, then a count of the others."""
    shown = list(lines)
    left = len(shown) - most
    return shown if left <= 0 else [*shown[:most], f"… and {left:,} more"]
