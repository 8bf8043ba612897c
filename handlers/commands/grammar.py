"""Declarations of all commands, for the parser, the help, the manifest and the docs."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.cards import SUBSCRIPTION_ON, On, SubscriptionOptions, To, read_on
from bot.domain.catalog import ServiceFilter
from bot.domain.quoting import pair, quoted
from bot.domain.watches import COUNT_MAX, COUNT_MIN, SHARE_MAX, SHARE_MIN, WatchSpec
from bot.jobs.shared_requests import steady
from handlers.commands import times
from providers.models import Filter, JobQuery, JobState

PAGE = 10
LIMIT_MAX = 100
MENTIONS_MAX = 10


@dataclass(frozen=True, slots=True)
class FilterWord:
    """A word `key:value`: a filter of a list, or an option of a subscription or watch."""

    key: str
    example: str
    meaning: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `words` are its filters or options. A `slack_only` command is not in the terminal."""

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
    FilterWord(
        "code",
        "code:ALG.*",
        "failed with this code; `*` at its end matches anything",
        ("a code", "the start of a code and *"),
    ),
    FilterWord("limit", "limit:25", f"jobs on a page, 1 to {LIMIT_MAX} (default {PAGE})", (f"1 to {LIMIT_MAX}",)),
)

FILTER_SYNONYMS = {"on": "state", "status": "state", "type": "kind", **dict.fromkeys(("error", "reason"), "code")}
NEGATABLE = ("name", "kind", "media", "code")
"""The filters that a hyphen negates: `-name:test`. A hyphen also excludes scopes."""
NEGATION = "`-` before a scope or before `name`, `kind`, `media` or `code` excludes those jobs: `-vod-ai -name:test`."

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
"""Synonyms for the values of options."""
ALL = "all"
COURTESIES = {"please", "pls", "plz", "kindly", "thank", "thanks", "thx", "you", "bitte", "danke", "请", "谢谢"}
"""Polite words before or after a command."""
GREETINGS = {"hey", "hi", "hello", "ok", "okay", "can", "could", "would", "will", "麻烦", "你好"}
"""Polite words only before a command."""
HELP = {"help", "--help", "-help", "-h", "?"}
"""A command followed only by one of these words shows its help."""
HERE, MINE = "here", "mine"
PART_SYNONYMS = {"channel": HERE, "me": MINE, "my": MINE}

_ON = FilterWord(
    "on",
    "on:failed,started",
    "when to notify, several with commas: `failed` (lost jobs too), `done` (however a job finishes), `started`, `down` "
    "(a service can't be read), `any` (everything); `stuck` is accepted, but stuck jobs are not detected yet",
    tuple(each.value for each in On),
)
_MENTION = FilterWord(
    "mention",
    "mention:@dana",
    "who to mention: people or user groups picked from Slack's suggestions, several with commas",
    ("a person or user group",),
)
OPTIONS = (
    _ON,
    FilterWord(
        "to",
        "to:dm",
        "where to post: `here` in the card's thread and the channel, `thread` only in the thread, `dm` in a direct "
        "message to you; default: the thread, and for a failure the channel too",
        tuple(each.value for each in To),
    ),
    _MENTION,
)
WATCH_OPTIONS = (
    _ON,
    FilterWord(
        "to",
        "to:dm",
        "where to post: `here` in this channel (default), `dm` in a direct message to you",
        ("here", "dm"),
    ),
    _MENTION,
    FilterWord(
        "after",
        "after:5/10m",
        "quieter: wait for five failures within ten minutes, or with `after:20%/1h` for that share of the jobs",
        (
            f"{COUNT_MIN} to {COUNT_MAX} failures within a time (5/10m)",
            f"{SHARE_MIN}% to {SHARE_MAX}% of the jobs (20%/1h)",
        ),
    ),
)
DRY_RUN = "dry-run"
"""In a watch command: only show what the watch would have posted."""
OPTION_SYNONYMS = {
    **dict.fromkeys(("state", "when"), "on"),
    **dict.fromkeys(("in", "where"), "to"),
    **dict.fromkeys(("mentions", "ping", "call", "cc"), "mention"),
    **dict.fromkeys(("min", "threshold", "atleast"), "after"),
}

COMMANDS = (
    Command(
        "list",
        "[SCOPE] [FILTER…]",
        f"jobs, newest first, {PAGE} a page",
        ("SCOPE is ACCOUNT, SERVICE or ACCOUNT/SERVICE. Order and case don't matter.", NEGATION),
        ("list", "list video-ocr state:running", "list since:2h name:lecture"),
        words=FILTERS,
    ),
    Command(
        "failed",
        "[SCOPE] [FILTER…]",
        "the same with state:failed since:24h",
        ("This is `/jobs list` with these two filters. Filters that you type replace them.",),
        examples=("failed", "failed digital-human since:3d"),
        words=FILTERS,
    ),
    Command(
        "show",
        "JOB [JOB…]",
        "details; JOB is an id, a ref or a console link",
        ("A ref is ACCOUNT/SERVICE/ID. An id without account and service is looked up in every service.",),
        ("show f18320e61e4c4dc685aa2dfc22a28dc5",),
    ),
    Command(
        "find",
        "TEXT",
        "search every service by id, part of an id, or name",
        examples=("find lecture-2026", "find f18320e6"),
    ),
    Command(
        "watch",
        "[SCOPE] [FILTER…] [on:…] [to:here|dm] [mention:@someone] [after:5/10m] [dry-run]",
        "get notified of failures, now and later; `-name:test` and `after:5/10m` make it quieter",
        (
            "Without arguments, it opens a form.",
            "Filters: `name`, `kind`, `media`, `code`; `-` before a filter or a scope excludes jobs.",
            f"Failures with the same cause share one message. `{DRY_RUN}` only shows what it would have posted.",
        ),
        ("watch media-cn", "watch video-ocr -name:test after:5/10m"),
        words=WATCH_OPTIONS,
        slack_only=True,
    ),
    Command(
        "unwatch",
        f"ID…|{ALL}",
        "stop watches here",
        ("`/jobs subscriptions` lists their ids.",),
        ("unwatch w7", f"unwatch {ALL}"),
        slack_only=True,
    ),
    Command(
        "subscribe",
        "JOB… [on:…] [to:here|thread|dm] [mention:@someone]",
        "follow jobs: a live card here, and a notification when they finish",
        (
            "Jobs named together share one card. A subscription ends with its job.",
            "Jobs that others follow here already have a card: you share it.",
            "Subscribing again changes your own settings.",
            "Default: `on:done,stuck`.",
        ),
        ("subscribe f18320e61e4c4dc685aa2dfc22a28dc5", "subscribe f18320e61e4c4dc685aa2dfc22a28dc5 on:failed to:dm"),
        words=OPTIONS,
        slack_only=True,
    ),
    Command(
        "unsubscribe",
        f"JOB…|{ALL}",
        "stop following jobs in this channel",
        (f"`{ALL}` stops every subscription in this channel. *Undo* brings them back.",),
        ("unsubscribe f18320e61e4c4dc685aa2dfc22a28dc5", f"unsubscribe {ALL}"),
        slack_only=True,
    ),
    Command(
        "subscriptions",
        f"[{HERE}|{MINE}]",
        f"watches and followed jobs in this channel, or ({MINE}) yours everywhere",
        examples=("subscriptions", f"subscriptions {MINE}"),
        slack_only=True,
    ),
    Command(
        "why",
        "JOB|GROUP|WATCH",
        "what happened, and why something was posted here or not",
        ("GROUP and WATCH are ids such as g12 and w7.",),
        ("why f18320e61e4c4dc685aa2dfc22a28dc5", "why w7"),
    ),
    Command("accounts", "", "accounts and services: reachable, latency, last error, quota left"),
    Command("help", "[COMMAND]", "this, or more about one command", examples=("help list",)),
)

SLASH_COMMAND = "/jobs"
DESCRIPTION = "List, show, find and follow cloud jobs"
"""The description of /jobs in the manifest."""
COMMAND = {command.name: command for command in COMMANDS}
OF_JOBS = {command.name for command in COMMANDS if command.arguments.startswith("JOB")}
"""The commands that take jobs."""
COMMAND_SYNONYMS = {
    **dict.fromkeys(("sub", "follow", "notify", "track"), "subscribe"),
    **dict.fromkeys(("unsub", "unfollow"), "unsubscribe"),
    **dict.fromkeys(("subs", "subscribed", "watches", "watching", "following"), "subscriptions"),
    **dict.fromkeys(("guard", "monitor", "alert", "alerts"), "watch"),
    **dict.fromkeys(("explain", "reason"), "why"),
}
"""First words that are not commands, and the command that they probably mean."""
MUTE = "mute"
"""The request for ways to get fewer messages here. It is not a command."""
MUTE_WORDS = {MUTE, "unmute", "quiet", "quieter", "silence"}
TERMINAL = tuple(command.name for command in COMMANDS if not command.slack_only)
"""The commands that the terminal has."""
FILTER = {word.key: word for word in FILTERS}
OPTION = {word.key: word for word in OPTIONS}
WATCH_OPTION = {word.key: word for word in WATCH_OPTIONS}
FAILED = (("state", "failed"), ("since", "24h"))
"""The default filters that `/jobs failed` adds to `/jobs list`."""
USAGE_HINT = f"[{'|'.join(COMMAND)}] …"
"""The manifest's `usage_hint` for /jobs."""


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed command. `str` returns the same command in its plainest form: `list video-ocr state:failed`.

    `filters` keeps the values as typed, so that `since:2h` counts from each run. `without` are filters that exclude
    jobs. `options` are those of a subscription. `text` is what to find, which command to explain, `all`, or whose
    subscriptions to list. `ids` are those of watches and groups. `watch` is the specification of a watch, and None
    opens the form. `instead_of` is the typed command, if it is another one.
    """

    command: str
    scope: ServiceFilter = field(default_factory=ServiceFilter)
    filters: tuple[tuple[str, str], ...] = ()
    jobs: tuple[str, ...] = ()
    text: str = ""
    options: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    ids: tuple[str, ...] = ()
    watch: WatchSpec | None = None
    dry_run: bool = False
    instead_of: str = field(default="", compare=False)

    def __str__(self) -> str:
        words = [
            self.command,
            str(self.scope),
            *(f"-{name}" for name in self.scope.without),
            *map(quoted, self.jobs),
            *self.ids,
            *(pair(key, value) for key, value in self.filters),
            *(f"-{pair(key, value)}" for key, value in self.without),
            *(pair(key, value) for key, value in self.options),
            self.watch.words() if self.watch else "",
            DRY_RUN if self.dry_run else "",
            quoted(self.text) if self.text else "",
        ]
        return " ".join(filter(None, words))

    @property
    def limit(self) -> int:
        return int(dict(self.filters).get("limit", PAGE))

    def query(self, now: datetime) -> JobQuery:
        """Return the query for the jobs of a list, as of now."""
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
            code=values.get("code"),
            without=tuple((Filter(key), value) for key, value in self.without),
        )

    def subscription_options(self, user: str, at: datetime) -> SubscriptionOptions:
        """Return the options of a subscription by this person."""
        values = dict(self.options)
        return SubscriptionOptions(
            user=user,
            at=at,
            on=read_on(values["on"]) if "on" in values else SUBSCRIPTION_ON,
            to=To(values["to"]) if "to" in values else None,
            mention=tuple(values["mention"].split(",")) if "mention" in values else (),
        )

    def with_filter(self, key: str, value: str | None) -> "Request":
        """Return the same request with another value of a filter; None removes the filter."""
        kept = tuple(pair for pair in self.filters if pair[0] != key)
        return replace(self, filters=(*kept, (key, value)) if value else kept)

    def with_scope(self, service_filter: ServiceFilter) -> "Request":
        """Return the same request for another scope. Excluded scopes stay excluded, except the picked one."""
        picked = {service_filter.account, service_filter.service, str(service_filter)}
        left_out = tuple(name for name in self.scope.without if name not in picked)
        return replace(self, scope=replace(service_filter, without=left_out))
