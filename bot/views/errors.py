"""Error messages: what went wrong, and what to do about it."""

from math import ceil

from bot.domain.answers import OwnLimit, ServiceError
from bot.domain.errors import Problem, UsageError
from bot.views.text import bold, clean, code, date, duration, listed, plain
from providers.errors import CLOCK_OFF
from providers.http.rate_limit import OWN_LIMIT

CHOICES_MAX = 30
_WHAT = {
    OWN_LIMIT: "wasn't called in time",
    "unauthorized": "rejected our credentials",
    "forbidden": "denied permission",
    "invalid_query": "rejected the request",
    "not_offered": "isn't available to this account or region",
    "throttled": "is rate limiting us",
    "unavailable": "is unavailable",
    "malformed": "sent an invalid response",
    "too_large": "sent a response that is too large",
    "rejected": "refused the request",
    "late": "isn't responding",
    "memory": "can't be listed now",
}
_CLOCK = "rejected the time of our requests"


def service_error(error: ServiceError) -> str:
    """Return one line: the service, its failure, the vendor's words, since when, and advice."""
    since = f", failing since {date(error.failing_since)}" if error.failing_since else ""
    request = f" Request id {code(error.request_id, 80)}." if error.request_id else ""
    helps = advice(error)
    return f"⚠️ {happened(error)}{since}.{f' {helps}' if helps else ''}{request}"


def happened(error: ServiceError) -> str:
    """Name a service and its failure, with the vendor's words."""
    words = "; ".join(filter(None, (_vendor_words(error), waited(error.waited))))
    detail = f" ({words})" if words else ""
    return f"{service_name(error.account, error.service)} {_what(error)}{detail}"


def _what(error: ServiceError) -> str:
    if _blames_clock(error):
        return _CLOCK
    return _WHAT.get(error.code) or _WHAT.get(error.kind, "returned an error")


def waited(wait: OwnLimit | None) -> str:
    """Name a wait for our own rate limit, so that the service doesn't look slow."""
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
        return ""  # `waited` has the details
    shown = code(error.code, 80) if clean(error.code) and error.code != error.kind else ""
    return ": ".join(filter(None, (shown, plain(error.message, 200))))


def advice(error: ServiceError) -> str:
    """Return advice for a failure as plain text, empty if there is none."""
    if _blames_clock(error):
        return "Set the clock of Callboard's host, ideally with NTP."
    if error.kind == "throttled" and error.retry_after:
        return f"Try again in {duration(max(1, ceil(error.retry_after)))}."
    match error.kind:
        case "unauthorized" | "forbidden" | "not_offered":
            return "Ask your Callboard admin to run `callboard check`."
        case "rejected":
            return ""
        case "memory":
            return "Callboard runs without it and recovers automatically."
        case _:
            return "Try again in a moment." if error.retryable else "Retrying won't help."


_SENTENCES = {
    Problem.UNKNOWN_WORD: "Unknown word {found}. Try {choices}.",
    Problem.UNKNOWN_HERE: "Unknown word {found}, or an account that you can't see here. Try {choices}.",
    Problem.SUPERFLUOUS: "{found} isn't supported here. Leave it out.",
    Problem.UNKNOWN_FILTER: "Unknown filter {found}. Available: {all}.",
    Problem.BAD_VALUE: "{found} isn't valid. Use {choices}.",
    Problem.UNKNOWN_ACCOUNT: "Unknown account {found}. Available: {all}.",
    Problem.NOT_FOR_YOU: "You can't see an account {found} here. Available: {all}.",
    Problem.NOTHING_FOR_YOU: (
        "You don't have access here. Try a channel where Callboard is set up, or ask your Callboard admin."
    ),
    Problem.NOT_FOR_OUTSIDERS: (
        "Callboard doesn't answer people from other organizations here. "
        "Ask a member of this workspace, or ask the Callboard admin for access."
    ),
    Problem.NOT_FOR_GUESTS: (
        "Callboard doesn't answer guests here. Ask a member of this workspace, or ask the Callboard admin for access."
    ),
    Problem.NOT_FOR_THE_UNSURE: (
        "Callboard doesn't answer guests here, and Slack didn't say whether you are one. Try again in a minute."
    ),
    Problem.NOT_FOR_ALL: (
        "Can't share: some members lack access to {found}. "
        "Name something that all of them can see, for example an account or ACCOUNT/SERVICE/ID."
    ),
    Problem.NOT_TO_SUBSCRIBE: (
        "You can see jobs of {found} here, but you can't subscribe to them. Ask your Callboard admin for access."
    ),
    Problem.NOT_THERE: (
        "This button is for a channel where you never subscribed. Type `/jobs subscriptions` in that channel instead."
    ),
    Problem.UNKNOWN_SERVICE: "This account has no service {found}. Available: {all}.",
    Problem.SERVICE_NOT_OF_ACCOUNT: "{found} doesn't exist. This account has {all}.",
    Problem.TWO_SCOPES: "{found} are two scopes. Name one, or none for every service.",
    Problem.REPEATED_FILTER: "The filter {found} is repeated. Keep one. Combine states: `state:failed,running`.",
    Problem.NO_JOB: "Which job? Type {found}, where JOB is an id, ACCOUNT/SERVICE/ID or a console link.",
    Problem.NO_TEXT: "Find what? Type `/jobs find TEXT`, where TEXT is an id, part of an id, or part of a name.",
    Problem.NOT_A_JOB: "{found} is not a job. A job is an id, ACCOUNT/SERVICE/ID or a console link with an id in it.",
    Problem.MASKED_ID: "{found} is a masked id from documentation. Copy the whole id, without asterisks.",
    Problem.TOO_MANY_JOBS: "{number} jobs are too many. Name at most {choices}.",
    Problem.UNKNOWN_OPTION: "Unknown option {found}. Available: {all}.",
    Problem.REPEATED_OPTION: "The option {found} is repeated. Keep one.",
    Problem.ALL_OR_SOME: "Type `all`, or name some of them, but not both.",
    Problem.NOT_A_PERSON: ("Unknown person or user group {found}. Type `@` and pick one from Slack's suggestions."),
    Problem.NOT_A_GROUP: (
        "Unknown user group {found}. Type its id, for example S0ABC1234: open the group in Slack, then choose Copy "
        "group ID."
    ),
    Problem.EVERYBODY: "I can't mention {found}. Name people or user groups, for example `mention:@dana`.",
    Problem.TOO_MANY_MENTIONS: "{number} mentions are too many. Name at most {choices}, or a user group.",
    Problem.SLACK_ONLY: "{found} is available only in Slack.",
    Problem.TOO_MANY_QUESTIONS: (
        "You have {number} questions in progress, the limit for one person. Wait for an answer, then try again."
    ),
    Problem.NEWER_VERSION: (
        "A newer version of Callboard recorded the subscriptions here. "
        "I keep them, but I post nothing about them until Callboard is updated again. Nothing is lost."
    ),
    Problem.TOO_MANY_WATCHES: (
        "This channel has {number} watches, the limit. `/jobs subscriptions` lists them: remove one."
    ),
    Problem.TOO_MANY_IN_WORKSPACE: (
        "This workspace has {number} watches, the limit. Remove some that you no longer need: "
        "`/jobs subscriptions` lists the watches of a channel."
    ),
    Problem.NO_SUCH_WATCH: (
        "No watch {found} in this channel, or it was removed. `/jobs subscriptions` lists the watches here."
    ),
    Problem.CONFIGURED_WATCH: (
        "{found} is from the configuration, so it can't be changed in Slack. "
        "Change it in `callboard.toml`, or ask your Callboard admin."
    ),
    Problem.NOTHING_TO_WATCH: "No configured service is left to watch. Exclude fewer services.",
    Problem.UNDO_IS_OVER: "{found} was removed more than an hour ago. Create the watch again with `/jobs watch`.",
    Problem.NO_CODE: "The provider gave no code for this failure, so there is no code to mute.",
    Problem.NOT_NEGATABLE: "{found} isn't supported. Name the states that you want instead: {choices}.",
    Problem.NOTHING_LEFT: "{found} excludes every service. Available: {all}.",
    Problem.STATE_ON_WATCH: "A watch waits for events, so it can't have {found}. Use {choices}.",
    Problem.NOT_ON_WATCH: (
        "Leave {found} out: a watch runs until you remove it. "
        "When you create it, you see how often it would have posted in the last 24 hours."
    ),
    Problem.THREAD_ON_WATCH: "A watch has no card, so it has no thread for {found}. Use {choices}.",
    Problem.NOT_YET: "{found} isn't available yet. Leave it out.",
    Problem.WHICH_WATCH: "Which watch? Type {found}, where ID is an id such as w7. `/jobs subscriptions` lists them.",
    Problem.NOT_A_WATCH: "{found} is not a watch. Watches have ids such as w7. `/jobs subscriptions` lists them.",
    Problem.NO_SUBJECT: (
        "Explain what? Type {found}, where JOB is an id, ACCOUNT/SERVICE/ID or a console link. "
        "A group has an id such as g12, and a watch has an id such as w7."
    ),
    Problem.ONE_SUBJECT: "Ask about one at a time, for example `/jobs why w7`.",
    Problem.SEVERAL_JOBS: "{found} is the id of several jobs: {all}. Name one of them.",
    Problem.NO_SUCH_GROUP: "No group {found} here, or it closed more than 7 days ago.",
    Problem.TOO_LONG: (
        "This command has {number} kB; the limit is {choices} kB. Send the text as a message instead, then "
        "choose *Look up jobs* or *Subscribe to jobs* from the message's menu. Messages are read in full."
    ),
}


def sentence(error: UsageError) -> str:
    """Return what is wrong with a command, and what to type instead."""
    words = error.expected if len(error.expected) <= CHOICES_MAX else (*error.expected[:CHOICES_MAX], "…")
    return _SENTENCES[error.problem].format(
        found=code(error.found, 100), number=plain(error.found, 100), choices=listed(words), all=listed(words, "and")
    )
