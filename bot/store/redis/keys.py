"""Every key that Callboard keeps in Redis: its name, its type and its lifetime.

Names of one service share the hash tag `{ACCOUNT/SERVICE}`. On a Redis Cluster, one script or transaction can then use
them together.
"""

from dataclasses import dataclass
from datetime import timedelta

PREFIX = "callboard:"


@dataclass(frozen=True, slots=True)
class Key:
    """A family of keys. `lifetime` counts from the last write (or from the last use, if `holds` says so).

    A key without a lifetime has an `owner`: the script or module that deletes it.
    """

    name: str
    type: str
    lifetime: timedelta | None
    holds: str
    owner: str = ""

    def of(self, *parts: str) -> str:
        """Return the key of one thing, such as an account and a service.

        Example: `HEALTH.of("vod", "ocr")` is `callboard:{vod/ocr}:health`.
        """
        return PREFIX + self.name.format(*parts)

    @property
    def seconds(self) -> int:
        """The lifetime in seconds, as Redis expects it. Raises ValueError for a key that its owner deletes."""
        if self.lifetime is None:
            raise ValueError(f"{self.name} has no lifetime: {self.owner} deletes it")
        return int(self.lifetime.total_seconds())


RECENT = Key("{{{}/{}}}:recent", "zset", timedelta(days=30), "ids of a service's jobs seen before, by request time")
RECENT_JOBS = Key("{{{}/{}}}:recent:jobs", "hash", timedelta(days=30), "those jobs as JSON, by id")
HEALTH = Key("{{{}/{}}}:health", "hash", timedelta(days=30), "the last response of a service")
PAYLOAD = Key(
    "payload:{}", "string", timedelta(days=7), "a command too long for a button; the lifetime is from its last use"
)
VIEW = Key("view:{}", "string", timedelta(hours=1), "the time of the newest command behind a message")
BUDGET = Key(
    "budget:{}", "list", timedelta(minutes=10), "requests made in the current window; named and kept by `limits`"
)
JOBS = Key("{{{}}}:jobs", "hash", None, "a service's followed jobs as last seen, by id", "record.lua, when they end")
DUE = Key("{{{}}}:due", "zset", None, "their ids, by the time of the next check (ms)", "record.lua, when they end")
SUBSCRIPTIONS = Key("{{{}}}:subscriptions", "hash", None, "destination to card, by job id", "record.lua, when they end")
PENDING = Key("{{{}}}:pending", "set", None, "destinations with entries in an outbox of this slot", "ack.lua")
OUTBOX = Key("{{{}}}:outbox:{}", "stream", None, "undelivered entries for a destination", "ack.lua, after delivery")
REPLY = Key("{{{}}}:reply:{}", "string", timedelta(minutes=1), "the reply to a script, for when redis-py resends it")
LOST = Key("{{{}}}:lost:{}", "string", timedelta(days=30), "a lost job with its subscriptions, by id")
WITNESS = Key("{{{}}}:witness:{}", "hash", timedelta(hours=1), "when a service last found a job in a region")
SWEEP = Key("{{{}}}:sweep", "hash", timedelta(days=30), "the result of a service's last sweep")
ROUTES = WATCHES = Key(
    "{{{}}}:watches",
    "hash",
    None,
    "a destination's watches and mutes, or their copies beside a service",
    "the last unwatch",
)
RULES = RULES_VERSION = Key(
    "{{{}}}:rules", "string", None, "how often these changed", "30 days after the last, or the removal of a service"
)
DISCOVERY = Key(
    "{{{}}}:discovery", "hash", None, "the progress of discovery in a service", "the first sweep without a watch"
)
SEEN = Key(
    "{{{}}}:seen",
    "zset",
    None,
    "ids of ended jobs that discovery has seen, by creation (ms)",
    "30 days, or the first sweep, without a watch",
)
EVENTS = Key("{{{}}}:events", "stream", timedelta(hours=24), "the event log of a service, 50,000 lines at most")
OUTCOMES = Key("{{{}}}:outcomes", "hash", timedelta(hours=24), "the number of other ended jobs, by kind and minute")
RULES_LOG = Key("{{{}}}:rules:log", "stream", timedelta(days=30), "the versions of these that were replaced")
NUMBERS = Key(
    "{{{}}}:numbers", "hash", None, "the last number of a watch, group and mute", "bot.subscriptions.uninstall"
)
WATCHED = Key(
    "{{{}}}:watched",
    "hash",
    None,
    "the number of watches of each destination in a workspace",
    "bot.watches, with the last of them",
)
CONFIGURED_WATCHES = Key(
    "configured:watches", "string", None, "digest of the watches that the newest process configures", "the next start"
)
CARDS = Key("{{{}}}:cards", "hash", None, "a destination's cards as JSON, by id", "unmark.lua, when they are over")
BEGUN = Key("{{{}}}:begun", "string", None, "the step in flight for a destination", "release.lua, when it is recorded")
GROUP_JOBS = Key(
    "{{{}}}:group:{}",
    "zset",
    timedelta(days=9),
    "a group's jobs by failure time (ms); a group closes within a day after the last, and is listed for 7 more days",
)
GROUPS = Key("{{{}}}:groups", "zset", timedelta(days=9), "ids of a destination's groups, by the last new job (ms)")
EDITED = Key("{{{}}}:edited", "hash", timedelta(hours=1), "last edit of each head of a destination (ms), by group")
DECISIONS = Key("{{{}}}:decisions:{}", "list", timedelta(days=30), "decisions about a job's events in a destination")
DECIDED = Key("{{{}}}:decided:{}", "zset", timedelta(days=30), "jobs of a service that have such a list, by time (ms)")
CLOSED_GROUP = Key("{{{}}}:group:{}:closed", "string", timedelta(days=7), "a closed group as JSON")
STALE = Key("{{{}}}:stale", "hash", None, "cards of a destination whose message needs an edit", "unmark.lua")
SUSPENDED = Key("{{{}}}:suspended", "string", None, "why Slack refuses posts to a destination", "the restore")
REFUSED = Key("{{{}}}:refused", "string", timedelta(days=1), "the last suspension of a destination without posts since")
POST_INTERVAL = Key("{{{}}}:pace", "string", timedelta(seconds=1), "a destination was posted to within this time")
TURN = Key("{{{}}}:turn", "string", timedelta(hours=1), "a destination's last step: it voids decisions made before it")
TOLD = Key("{{{}}}:told:{}", "string", timedelta(hours=1), "a recorded post of a destination")
ONCE = Key("{{{}}}:once:{}", "string", timedelta(days=1), "an entry that was added to a destination's own outbox")
CLOCK = Key("clock", "string", None, "the last fleet time, and Redis' own time then (us)", "no one: it stays")
CONFIGURED = Key(
    "configured",
    "hash",
    None,
    "when a worker last had a service configured (ms), by service",
    "bot.subscriptions.removed_services",
)
PLACES = Key("places", "set", None, "destinations with cards, watches or own entries", "delivery, when it has none")
MINE = Key("user:{}:places", "set", timedelta(days=180), "destinations where a person subscribed; from the last time")
DIGEST = Key("digest:{}", "string", timedelta(days=7), "the counts of a digest that an earlier version posted")
PAUSE = Key("pause:{}:{}", "string", timedelta(minutes=10), "a method that Slack rate limits in a workspace")
DIRECT = Key("direct:{}", "string", timedelta(days=30), "a person's direct message channel")
HOME = Key("home:{}", "string", timedelta(days=2), "when a person's Home tab was published last")
PICKED = Key("home:{}:channel", "string", timedelta(days=180), "the channel that a person picked in their Home tab")
EVENT = Key(
    "event:{}", "string", timedelta(hours=25), "an event of Slack that was handled; an hour if it only shows something"
)
INSTALLATIONS = Key(
    "installations", "hash", None, "workspaces with their tokens, encrypted", "bot.subscriptions.uninstall"
)
ABSENT = Key(
    "absent",
    "hash",
    None,
    "since when a workspace with destinations has had no tokens, by workspace",
    "bot.subscriptions.uninstall",
)
RENEWING = Key("renewing:{}", "string", timedelta(seconds=30), "a process is renewing a workspace's tokens")
UNREADABLE = Key("{}:unreadable", "hash", timedelta(days=30), "unreadable records, beside the key they were in")
UNREADABLES = Key("unreadable", "zset", timedelta(days=30), "those keys, by the time of the last record (ms)")
FINISHED = Key("finished:{}", "string", timedelta(minutes=30), "a finished installation, by the id in its state")
SEARCHED = Key(
    "searched:{}:{}", "set", timedelta(days=8), "destinations searched for lost cards, by epoch and workspace"
)
EPOCH = Key("epoch", "string", None, "the id of this database, and when an earlier one was lost", "no one: it stays")
TASKS = Key("tasks:{}", "*", None, "waiting, running and ended tasks; on a cluster {callboard:tasks}:…", "pydocket")

ALL = tuple(dict.fromkeys(value for value in list(globals().values()) if isinstance(value, Key)))
