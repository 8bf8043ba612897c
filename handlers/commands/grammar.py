"""The commands of Callboard, declared once: the parser, the help, the manifest's hint and the docs come from here."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.cards import SUBSCRIPTION_ON, On, SubscriptionOptions, To, read_on
from bot.domain.catalog import ServiceFilter
from bot.domain.quoting import quoted
from bot.jobs.shared_requests import steady
from handlers.commands import times
from providers.models import JobQuery, JobState

PAGE = 10
LIMIT_MAX = 100
MENTIONS_MAX = 10


@dataclass(frozen=True, slots=True)
class FilterWord:
    """A word `key:value`: a filter that narrows a list, or an option of a subscription."""

    key: str
    example: str
    meaning: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A first word. `words` are those that may follow as `key:value`; `slack_only`: not in the terminal."""

    name: str
    arguments: str
    summary: str
    details: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    words: tuple[FilterWord, ...] = ()
    slack_only: bool = False

    @property
    def usage(self) -> str:
        return f"{SLASH_COMMAND} {self.name} {self.arguments}".rstrip()


STATES = tuple(state.value for state in JobState)
STATE_SYNONYMS = {"canceled": "cancelled", "success": "succeeded", "fail": "failed", "queued": "pending"}

FILTERS = (
    FilterWord("state", "state:failed,running", f"jobs in one of these states: {', '.join(STATES)}", STATES),
    FilterWord("since", "since:2h", f"created at this time or later: {', '.join(times.EXPECTED)}", times.EXPECTED),
    FilterWord("until", "until:2026-11-20", "created at this time or earlier", times.EXPECTED),
    FilterWord("name", "name:lecture", "the name contains this text", ("any text",)),
    FilterWord("kind", "kind:transcode", "the kind contains this text", ("any text",)),
    FilterWord("media", "media:ID", "jobs of this media", ("a media id",)),
    FilterWord("limit", "limit:25", f"jobs on a page, 1 to {LIMIT_MAX} ({PAGE} unless told)", (f"1 to {LIMIT_MAX}",)),
)

SYNONYMS = {
    "on": {
        **dict.fromkeys(("end", "ends", "ended", "finish", "finished", "complete", "completed"), On.DONE.value),
        **dict.fromkeys(("fail", "fails", "failure", "failures", "error", "errors", "lost"), On.FAILED.value),
        **dict.fromkeys(("start", "starts", "begin", "begins", "begun", "running"), On.STARTED.value),
        **dict.fromkeys(("hang", "hangs", "hanging", "stalled", "slow"), On.STUCK.value),
        **dict.fromkeys(("offline", "outage", "outages", "unreachable", "unavailable"), On.DOWN.value),
        **dict.fromkeys(("all", "every", "everything", "change", "changes", "changed"), On.ANY.value),
    },
    "to": {
        "channel": To.HERE.value,
        **dict.fromkeys(("me", "direct", "private", "privately"), To.DM.value),
    },
}
"""Values of options that mean others."""
ALL = "all"
COURTESIES = {"please", "pls", "plz", "kindly", "thank", "thanks", "thx", "you", "bitte", "danke", "请", "谢谢"}
"""What politeness puts before a command, or after it."""
GREETINGS = {"hey", "hi", "hello", "ok", "okay", "can", "could", "would", "will", "麻烦", "你好"}
"""What it puts before a command alone."""
HELP = {"help", "--help", "-help", "-h", "?"}
"""Alone after a command, they ask how it is used."""
HERE, MINE = "here", "mine"
PART_SYNONYMS = {"channel": HERE, "me": MINE, "my": MINE}

OPTIONS = (
    FilterWord(
        "on",
        "on:failed",
        "what is told: `done` the end (unless you say otherwise), `failed` only a failure, `any` every change of state",
        tuple(each.value for each in On),
    ),
    FilterWord(
        "to",
        "to:dm",
        "where: `here` the card's thread and the channel, `thread` the thread alone, `dm` you alone; "
        "unless you say it, the thread, and for a failure the channel too",
        tuple(each.value for each in To),
    ),
    FilterWord(
        "mention",
        "mention:@dana",
        "whom to call: people or user groups picked from Slack's suggestions, several with commas",
        ("a person or user group",),
    ),
)
OPTION_SYNONYMS = {
    **dict.fromkeys(("state", "when"), "on"),
    **dict.fromkeys(("in", "where"), "to"),
    **dict.fromkeys(("mentions", "ping", "call", "cc"), "mention"),
}

COMMANDS = (
    Command(
        "list",
        "[SCOPE] [FILTER…]",
        f"jobs, newest first, {PAGE} a page",
        ("SCOPE is ACCOUNT, SERVICE or ACCOUNT/SERVICE. Order and case do not matter.",),
        ("list", "list video-ocr state:running", "list since:2h name:lecture"),
        words=FILTERS,
    ),
    Command(
        "failed",
        "[SCOPE] [FILTER…]",
        "the same with state:failed since:24h",
        ("It is `/jobs list` with these two filters, unless you type others.",),
        examples=("failed", "failed digital-human since:3d"),
        words=FILTERS,
    ),
    Command(
        "show",
        "JOB [JOB…]",
        "details; JOB is an id, a ref or a console link",
        ("A ref is ACCOUNT/SERVICE/ID. An id alone is looked up in every service.",),
        ("show f18320e61e4c4dc685aa2dfc22a28dc5",),
    ),
    Command(
        "find",
        "TEXT",
        "every service searched by id, part of an id, or name",
        examples=("find lecture-2026", "find f18320e6"),
    ),
    Command(
        "subscribe",
        "JOB… [on:done|failed|any] [to:here|thread|dm] [mention:@someone]",
        "follow jobs: one card here, kept up to date, and a word when they end",
        (
            "Jobs named together share one card. A subscription ends with its job.",
            "Subscribing to what others follow here joins their card, which tells what any of you asked for.",
            "Subscribing again changes what you asked for yourself.",
        ),
        ("subscribe f18320e61e4c4dc685aa2dfc22a28dc5", "subscribe f18320e61e4c4dc685aa2dfc22a28dc5 on:failed to:dm"),
        words=OPTIONS,
        slack_only=True,
    ),
    Command(
        "unsubscribe",
        f"JOB…|{ALL}",
        "stop following jobs in this channel",
        (f"`{ALL}` stops every subscription in this channel. The answer has a button that takes it back.",),
        ("unsubscribe f18320e61e4c4dc685aa2dfc22a28dc5", f"unsubscribe {ALL}"),
        slack_only=True,
    ),
    Command(
        "subscriptions",
        f"[{HERE}|{MINE}]",
        f"what is followed in this channel, or ({MINE}) by you anywhere",
        examples=("subscriptions", f"subscriptions {MINE}"),
        slack_only=True,
    ),
    Command("accounts", "", "accounts and services: reachable, latency, last error, quota left"),
    Command("help", "[COMMAND]", "this, or more about one command", examples=("help list",)),
)

SLASH_COMMAND = "/jobs"
DESCRIPTION = "List, show, find and follow cloud jobs"
"""What the manifest says of /jobs."""
COMMAND = {command.name: command for command in COMMANDS}
OF_JOBS = {command.name for command in COMMANDS if command.arguments.startswith("JOB")}
"""The commands that take jobs."""
COMMAND_SYNONYMS = {
    **dict.fromkeys(("sub", "watch", "follow", "notify", "track"), "subscribe"),
    **dict.fromkeys(("unsub", "unwatch", "unfollow", "mute"), "unsubscribe"),
    **dict.fromkeys(("subs", "subscribed", "watching", "following"), "subscriptions"),
}
"""First words that are none, and what they probably mean."""
TERMINAL = tuple(command.name for command in COMMANDS if not command.slack_only)
"""The commands that the terminal has."""
FILTER = {word.key: word for word in FILTERS}
OPTION = {word.key: word for word in OPTIONS}
FAILED = (("state", "failed"), ("since", "24h"))
"""What `/jobs failed` adds to `/jobs list`, where the person does not say otherwise."""
USAGE_HINT = f"[{'|'.join(COMMAND)}] …"
"""The manifest's `usage_hint` for /jobs."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command understood. Written out with `str`, it is the same command in its plainest form.

    `filters` keeps the values as typed, so that `since:2h` means two hours before each time it is asked. `options` are
    those of a subscription. `text` is what to find, which command to explain, `all`, or whose subscriptions to list.
    """

    command: str
    scope: ServiceFilter = field(default_factory=ServiceFilter)
    filters: tuple[tuple[str, str], ...] = ()
    jobs: tuple[str, ...] = ()
    text: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        words = (f"{key}:{quoted(value)}" for key, value in (*self.filters, *self.options))
        text = quoted(self.text) if self.text else ""
        return " ".join(filter(None, (self.command, str(self.scope), *map(quoted, self.jobs), *words, text)))

    @property
    def limit(self) -> int:
        return int(dict(self.filters).get("limit", PAGE))

    def query(self, now: datetime) -> JobQuery:
        """Return what is asked for, as of now."""
        now, values = steady(now), dict(self.filters)
        return JobQuery(
            states=frozenset(JobState(state) for state in values["state"].split(","))
            if "state" in values
            else frozenset(),
            since=times.instant(values["since"], now) if "since" in values else None,
            until=times.last_instant(values["until"], now) if "until" in values else None,
            name=values.get("name"),
            kind=values.get("kind"),
            media=values.get("media"),
        )

    def subscription_options(self, user: str, at: datetime) -> SubscriptionOptions:
        """Return what a subscription asks for, as this person's."""
        values = dict(self.options)
        return SubscriptionOptions(
            user=user,
            at=at,
            on=read_on(values["on"]) if "on" in values else SUBSCRIPTION_ON,
            to=To(values["to"]) if "to" in values else None,
            mention=tuple(values["mention"].split(",")) if "mention" in values else (),
        )

    def with_filter(self, key: str, value: str | None) -> "Request":
        """Return the same request with a filter changed, or (None) without it."""
        kept = tuple(pair for pair in self.filters if pair[0] != key)
        return Request(self.command, self.scope, (*kept, (key, value)) if value else kept)

    def with_scope(self, service_filter: ServiceFilter) -> "Request":
        """Return the same request over another part of the catalog."""
        return Request(self.command, service_filter, self.filters)
