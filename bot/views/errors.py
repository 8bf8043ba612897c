"""What went wrong, said so that somebody knows what to do."""

from math import ceil

from bot.domain.answers import OwnLimit, ServiceError
from bot.domain.errors import Problem, UsageError
from bot.views.text import bold, clean, code, date, duration, listed, plain
from providers.errors import CLOCK_OFF
from providers.http.rate_limit import OWN_LIMIT

CHOICES_MAX = 30
_WHAT = {
    OWN_LIMIT: "could not be asked in time",
    "unauthorized": "does not accept our credentials",
    "forbidden": "does not allow us to ask this",
    "invalid_query": "does not understand the question",
    "not_offered": "is not offered to this account or region",
    "throttled": "wants fewer requests",
    "unavailable": "is not available",
    "malformed": "answered something unreadable",
    "too_large": "sent an answer that is too large",
    "rejected": "refuses the request",
    "late": "isn't responding",
    "memory": "cannot be listed now",
}
_CLOCK = "does not accept the time of our requests"


def service_error(error: ServiceError) -> str:
    """One line: which service, what happened, the vendor's words, since when, and what helps."""
    since = f", since {date(error.failing_since)}" if error.failing_since else ""
    request = f" Request id {code(error.request_id, 80)}." if error.request_id else ""
    helps = advice(error)
    return f"⚠️ {happened(error)}{since}.{f' {helps}' if helps else ''}{request}"


def happened(error: ServiceError) -> str:
    """Which service failed and how, in the vendor's words too."""
    words = "; ".join(filter(None, (_vendor_words(error), waited(error.waited))))
    detail = f" ({words})" if words else ""
    return f"{service_name(error.account, error.service)} {_what(error)}{detail}"


def _what(error: ServiceError) -> str:
    if _blames_clock(error):
        return _CLOCK
    return _WHAT.get(error.code) or _WHAT.get(error.kind, "could not answer")


def waited(wait: OwnLimit | None) -> str:
    """Name a wait for our own request budget, so that it is not taken for the service's slowness."""
    if wait is None:
        return ""
    limit = f"{wait.per_second:g} {'request' if wait.per_second == 1 else 'requests'}/s"
    return f"waited {duration(max(1, wait.seconds))} for our own limit of {limit}"


def _blames_clock(error: ServiceError) -> bool:
    return error.message.startswith(CLOCK_OFF)


def service_name(account: str, service: str) -> str:
    """Name a service of an account."""
    return bold(f"{account}/{service}", 80)


def _vendor_words(error: ServiceError) -> str:
    if error.code == OWN_LIMIT and error.waited:
        return ""  # the wait says it better
    shown = code(error.code, 80) if clean(error.code) and error.code != error.kind else ""
    return ": ".join(filter(None, (shown, plain(error.message, 200))))


def advice(error: ServiceError) -> str:
    """What helps against a failure; plain text, empty where that is unknown."""
    if _blames_clock(error):
        return "Set the clock of the machine that runs Callboard, best by NTP."
    if error.kind == "throttled" and error.retry_after:
        return f"Try again in {duration(max(1, ceil(error.retry_after)))}."
    match error.kind:
        case "unauthorized" | "forbidden" | "not_offered":
            return "`callboard check` tells what to mend."
        case "rejected":
            return ""
        case "memory":
            return "Callboard goes on without it and recovers by itself."
        case _:
            return "Try again in a moment." if error.retryable else "Trying again will not help."


_SENTENCES = {
    Problem.UNKNOWN_WORD: "I don't know {found}. Type {choices} there.",
    Problem.UNKNOWN_HERE: "I don't know {found}, or it is an account that you may not see here. Type {choices} there.",
    Problem.SUPERFLUOUS: "Leave {found} out: this command has no use for it.",
    Problem.UNKNOWN_FILTER: "There is no filter {found}. There are {all}.",
    Problem.BAD_VALUE: "I don't understand {found}. Type {choices} there.",
    Problem.UNKNOWN_ACCOUNT: "There is no account {found}. There are {all}.",
    Problem.NOT_FOR_YOU: "There is no account {found} that you may see here. There are {all}.",
    Problem.NOTHING_FOR_YOU: (
        "There is nothing here that you may see. "
        "Ask in a channel where Callboard is at home, or ask whoever runs it for access."
    ),
    Problem.NOT_FOR_OUTSIDERS: (
        "Callboard does not answer people of other organizations here. "
        "Ask a member of this workspace, or ask the people who run Callboard for access."
    ),
    Problem.NOT_FOR_GUESTS: (
        "Callboard does not answer guests here. "
        "Ask a member of this workspace, or ask the people who run Callboard for access."
    ),
    Problem.NOT_FOR_THE_UNSURE: (
        "Callboard does not answer guests here, and Slack did not say whether you are one. Try again in a minute."
    ),
    Problem.NOT_FOR_ALL: (
        "Not everybody who would read it there may see {found}, so I don't post it. "
        "Name what everybody may see, for example an account or ACCOUNT/SERVICE/ID."
    ),
    Problem.NOT_TO_SUBSCRIBE: (
        "You may look at jobs of {found} here, but not subscribe to them. Ask whoever runs Callboard for access."
    ),
    Problem.NOT_THERE: (
        "This button is about a channel where you never subscribed. Type `/jobs subscriptions` in that channel instead."
    ),
    Problem.UNKNOWN_SERVICE: "This account has no service {found}. It has {all}.",
    Problem.SERVICE_NOT_OF_ACCOUNT: "There is no {found}: this account has {all}.",
    Problem.TWO_SCOPES: "{found} are two scopes. Name one, or none to ask everywhere.",
    Problem.REPEATED_FILTER: "The filter {found} stands twice; keep one. Two states go in one: `state:failed,running`.",
    Problem.NO_JOB: "Which job? Type {found}, where JOB is an id, ACCOUNT/SERVICE/ID or a console link.",
    Problem.NO_TEXT: "Find what? Type `/jobs find TEXT`, where TEXT is an id, part of an id, or part of a name.",
    Problem.NOT_A_JOB: "{found} is not a job. A job is an id, ACCOUNT/SERVICE/ID or a console link with an id in it.",
    Problem.MASKED_ID: "{found} is a masked id from documentation. Copy the whole id, without asterisks.",
    Problem.TOO_MANY_JOBS: "{number} jobs are too many at once; name {choices} at most.",
    Problem.UNKNOWN_OPTION: "There is no option {found}. There are {all}.",
    Problem.REPEATED_OPTION: "The option {found} stands twice; keep one.",
    Problem.ALL_OR_SOME: "Type `all` or name some, not both.",
    Problem.NOT_A_PERSON: (
        "I don't know whom {found} means. Type `@` and pick a person or user group from Slack's suggestions."
    ),
    Problem.NOT_A_GROUP: (
        "I don't know the user group {found}. Type its id, for example S0ABC1234: open the group in Slack, then Copy "
        "group ID."
    ),
    Problem.EVERYBODY: "I don't call everybody with {found}. Name people or user groups, for example `mention:@dana`.",
    Problem.TOO_MANY_MENTIONS: "{number} mentions are too many; name {choices} at most, or a user group.",
    Problem.SLACK_ONLY: "{found} works in Slack only, where there is a channel to tell.",
    Problem.TOO_MANY_QUESTIONS: (
        "You have {number} questions under way, as many as I take from one person. "
        "Wait for an answer, then ask this again."
    ),
    Problem.NEWER_VERSION: (
        "A newer version of Callboard recorded what is followed here. I leave it as it is and post nothing about it, "
        "until Callboard is updated again. Nothing is lost."
    ),
    Problem.TOO_MANY_WATCHES: (
        "This channel has {number} watches, the most that it may have. `/jobs subscriptions` lists them: remove one."
    ),
    Problem.TOO_MANY_IN_WORKSPACE: (
        "This workspace has {number} watches, the most that it may have. Remove some that are no longer needed first: "
        "`/jobs subscriptions` lists those of a channel."
    ),
    Problem.NO_SUCH_WATCH: (
        "There is no watch {found} in this channel, or it was removed. `/jobs subscriptions` lists the watches here."
    ),
    Problem.CONFIGURED_WATCH: (
        "{found} is from the configuration, so it can't be changed in Slack. "
        "Change it in `callboard.toml`, or ask your Callboard admin."
    ),
    Problem.NOTHING_TO_WATCH: "No configured service is left to watch: leave out fewer services.",
    Problem.UNDO_IS_OVER: "{found} was removed more than an hour ago. Create the watch again with `/jobs watch`.",
    Problem.NO_CODE: "The provider gave no code for this failure, so there is no code to mute.",
    Problem.NOT_NEGATABLE: "Not {found}: name the states that you want instead, here {choices}.",
    Problem.NOTHING_LEFT: "{found} leaves no service to ask. There are {all}.",
    Problem.STATE_ON_WATCH: "A watch has no {found}: it waits for events. Type {choices} there.",
    Problem.NOT_ON_WATCH: (
        "Leave {found} out: a watch goes on until it is removed. "
        "Its answer shows how often it would have posted in the last 24 hours."
    ),
    Problem.THREAD_ON_WATCH: "A watch has no card, so it has no thread for {found}. Type {choices} there.",
    Problem.NOT_YET: "{found} is not available yet. Leave it out.",
    Problem.WHICH_WATCH: "Which watch? Type {found}, where ID is one such as w7. `/jobs subscriptions` lists them.",
    Problem.NOT_A_WATCH: "{found} is not a watch: these have ids such as w7. `/jobs subscriptions` lists them.",
    Problem.NO_SUBJECT: (
        "Why what? Type {found}, where JOB is an id, ACCOUNT/SERVICE/ID or a console link. "
        "A group has an id such as g12, a watch one such as w7."
    ),
    Problem.ONE_SUBJECT: "Ask about one at a time, for example `/jobs why w7`.",
    Problem.SEVERAL_JOBS: "{found} is the id of several jobs: {all}. Name one of them.",
    Problem.NO_SUCH_GROUP: "There is no group {found} here, or it closed more than 7 days ago.",
    Problem.TOO_LONG: (
        "This command has {number} kB; I read up to {choices} kB. Send the text as a message instead, and choose "
        "*Look up jobs* or *Subscribe to jobs* from the message's menu: I read messages whole."
    ),
}


def sentence(error: UsageError) -> str:
    """Say what is wrong with a command and what to type instead."""
    words = error.expected if len(error.expected) <= CHOICES_MAX else (*error.expected[:CHOICES_MAX], "…")
    return _SENTENCES[error.problem].format(
        found=code(error.found, 100), number=plain(error.found, 100), choices=listed(words), all=listed(words, "and")
    )
