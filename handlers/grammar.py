"""The commands of Callboard, declared once: the parser, the help, the manifest's hint and the docs come from here."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.catalog import Scope
from handlers import times
from handlers.words import quoted
from providers.models import JobQuery, JobState

PAGE = 10
LIMIT_MAX = 100
JOBS_MAX = 20


@dataclass(frozen=True, slots=True)
class FilterWord:
    """A word `key:value` that narrows a list."""

    key: str
    example: str
    meaning: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A first word. `filters` says that SCOPE and FILTERs may follow."""

    name: str
    arguments: str
    summary: str
    details: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    filters: bool = False

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

COMMANDS = (
    Command(
        "list",
        "[SCOPE] [FILTER…]",
        f"jobs, newest first, {PAGE} a page",
        ("SCOPE is ACCOUNT, SERVICE or ACCOUNT/SERVICE. Order and case do not matter.",),
        ("list", "list video-ocr state:running", "list since:2h name:lecture"),
        filters=True,
    ),
    Command(
        "failed",
        "[SCOPE] [FILTER…]",
        "the same with state:failed since:24h",
        ("It is `/jobs list` with these two filters, unless you type others.",),
        examples=("failed", "failed digital-human since:3d"),
        filters=True,
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
    Command("accounts", "", "accounts and services: reachable, latency, last error, quota left"),
    Command("help", "[COMMAND]", "this, or more about one command", examples=("help list",)),
)

SLASH_COMMAND = "/jobs"
DESCRIPTION = "List, show and find cloud jobs"
"""What the manifest says of /jobs."""
COMMAND = {command.name: command for command in COMMANDS}
FILTER = {word.key: word for word in FILTERS}
FAILED = (("state", "failed"), ("since", "24h"))
"""What `/jobs failed` adds to `/jobs list`, where the person does not say otherwise."""
USAGE_HINT = f"[{'|'.join(COMMAND)}] …"
"""The manifest's `usage_hint` for /jobs."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command understood. Written out with `str`, it is the same command in its plainest form.

    `filters` keeps the values as typed, so that `since:2h` means two hours before each time it is asked.
    """

    command: str
    scope: Scope = field(default_factory=Scope)
    filters: tuple[tuple[str, str], ...] = ()
    jobs: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        filters = (f"{key}:{quoted(value)}" for key, value in self.filters)
        text = quoted(self.text) if self.text else ""
        return " ".join(filter(None, (self.command, str(self.scope), *filters, *self.jobs, text)))

    @property
    def limit(self) -> int:
        return int(dict(self.filters).get("limit", PAGE))

    def query(self, now: datetime) -> JobQuery:
        """Return what is asked for, as of now."""
        values = dict(self.filters)
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

    def with_filter(self, key: str, value: str | None) -> "Request":
        """Return the same request with a filter changed, or (None) without it."""
        kept = tuple(pair for pair in self.filters if pair[0] != key)
        return Request(self.command, self.scope, (*kept, (key, value)) if value else kept)

    def with_scope(self, scope: Scope) -> "Request":
        """Return the same request over another part of the catalog."""
        return Request(self.command, scope, self.filters)
