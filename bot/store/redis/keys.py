"""Every key that Callboard keeps in Redis: its name, its type and its lifetime.

Names that belong to one service share the hash tag `{ACCOUNT/SERVICE}`, so that one script or transaction may touch
them together on a Redis Cluster.
"""

from dataclasses import dataclass
from datetime import timedelta

PREFIX = "callboard:"


@dataclass(frozen=True, slots=True)
class Key:
    """A family of keys. `lifetime` counts from the last write (or use, where `holds` says so).

    A key without a lifetime has an `owner`: whoever deletes it when it has served.
    """

    name: str
    type: str
    lifetime: timedelta | None
    holds: str
    owner: str = ""

    def of(self, *parts: str) -> str:
        """The key of one thing, such as an account and a service."""
        return PREFIX + self.name.format(*parts)

    @property
    def seconds(self) -> int:
        """The lifetime as Redis wants it. Raises ValueError for a key that its owner deletes."""
        if self.lifetime is None:
            raise ValueError(f"{self.name} has no lifetime: {self.owner} deletes it")
        return int(self.lifetime.total_seconds())


RECENT = Key("{{{}/{}}}:recent", "zset", timedelta(days=30), "ids of a service's jobs seen before, by when asked")
RECENT_JOBS = Key("{{{}/{}}}:recent:jobs", "hash", timedelta(days=30), "those jobs as JSON, by id")
HEALTH = Key("{{{}/{}}}:health", "hash", timedelta(days=30), "how a service answered last")
PAYLOAD = Key(
    "payload:{}", "string", timedelta(days=7), "a command too long for a button; the lifetime is since its use"
)
VIEW = Key("view:{}", "string", timedelta(hours=1), "when the newest question behind a message was asked")
BUDGET = Key(
    "budget:{}", "list", timedelta(minutes=10), "requests made in the current window; named and kept by `limits`"
)
JOBS = Key("{{{}}}:jobs", "hash", None, "a service's followed jobs as last seen, by id", "record.lua, at their end")
DUE = Key("{{{}}}:due", "zset", None, "their ids, by when to look next (ms)", "record.lua, at their end")
SUBSCRIPTIONS = Key("{{{}}}:subscriptions", "hash", None, "place to card, by job id", "record.lua, at their end")
PENDING = Key("{{{}}}:pending", "set", None, "places with entries in an outbox beside this", "ack.lua")
OUTBOX = Key("{{{}}}:outbox:{}", "stream", None, "what a place is to be told", "ack.lua, when it was told")
REPLY = Key("{{{}}}:reply:{}", "string", timedelta(minutes=1), "what a call was answered: it may be sent again")
LOST = Key("{{{}}}:lost:{}", "string", timedelta(days=30), "a job that was lost, and who followed it; by id")
WITNESS = Key("{{{}}}:witness:{}", "hash", timedelta(hours=1), "when a service found a job last in a region")
SWEEP = Key("{{{}}}:sweep", "hash", timedelta(days=30), "how the last look at a service's followed jobs went")
ROUTES = WATCHES = Key(
    "{{{}}}:watches", "hash", None, "a place's watches and mutes, or their copies beside a service", "the last unwatch"
)
RULES = RULES_VERSION = Key(
    "{{{}}}:rules", "string", None, "how often these changed", "30 days after the last, or a service that is removed"
)
DISCOVERY = Key(
    "{{{}}}:discovery", "hash", None, "how far new jobs of a service are known", "the first sweep without a watch"
)
SEEN = Key(
    "{{{}}}:seen",
    "zset",
    None,
    "ids of jobs that the walk knows (ms)",
    "30 days, or the first sweep, without a watch",
)
EVENTS = Key("{{{}}}:events", "stream", timedelta(hours=24), "what happened to the jobs of a service, 50,000 at most")
OUTCOMES = Key("{{{}}}:outcomes", "hash", timedelta(hours=24), "ended jobs that have no line there, by kind and minute")
RULES_LOG = Key("{{{}}}:rules:log", "stream", timedelta(days=30), "the versions of these that were replaced")
NUMBERS = Key(
    "{{{}}}:numbers", "hash", None, "the last number of a watch, group and mute", "bot.subscriptions.uninstall"
)
WATCHED = Key(
    "{{{}}}:watched",
    "hash",
    None,
    "how many watches each place of a workspace has",
    "bot.watches, with the last of them",
)
CONFIGURED_WATCHES = Key(
    "configured:watches", "string", None, "which watches the process configures that started last", "the next start"
)
CARDS = Key("{{{}}}:cards", "hash", None, "a place's cards as JSON, by id", "unmark.lua, when they are over")
BEGUN = Key(
    "{{{}}}:begun", "string", None, "the step for a place that is under way", "release.lua, when it was recorded"
)
GROUP_JOBS = Key(
    "{{{}}}:group:{}",
    "zset",
    timedelta(days=9),
    "a group's jobs by when they failed (ms); it closes within a day after the last, and is listed for 7 days then",
)
GROUPS = Key("{{{}}}:groups", "zset", timedelta(days=9), "ids of a place's groups, by when a job was added last (ms)")
EDITED = Key("{{{}}}:edited", "hash", timedelta(hours=1), "when the heads of a place were edited last (ms), by group")
DECISIONS = Key("{{{}}}:decisions:{}", "list", timedelta(days=30), "what was decided about a job's events in a place")
DECIDED = Key("{{{}}}:decided:{}", "zset", timedelta(days=30), "jobs of a service that have such a list, by time (ms)")
CLOSED_GROUP = Key("{{{}}}:group:{}:closed", "string", timedelta(days=7), "a closed group as JSON")
STALE = Key("{{{}}}:stale", "hash", None, "cards of a place whose message is to be edited", "unmark.lua")
SUSPENDED = Key("{{{}}}:suspended", "string", None, "why Slack takes nothing for a place", "restoring")
REFUSED = Key("{{{}}}:refused", "string", timedelta(days=1), "that a place was suspended and not posted to since")
POST_INTERVAL = Key("{{{}}}:pace", "string", timedelta(seconds=1), "a place was posted to within this time")
TURN = Key("{{{}}}:turn", "string", timedelta(hours=1), "the last step for a place: who decided before decides anew")
TOLD = Key("{{{}}}:told:{}", "string", timedelta(hours=1), "a post of a place that was recorded")
ONCE = Key("{{{}}}:once:{}", "string", timedelta(days=1), "an entry that was put into a place's own outbox")
CLOCK = Key("clock", "string", None, "the fleet time that was reached, and Redis' own then (us)", "never: it runs on")
CONFIGURED = Key(
    "configured",
    "hash",
    None,
    "when a worker last had a service (ms), by service",
    "bot.subscriptions.removed_services",
)
PLACES = Key(
    "places", "set", None, "every place that has cards, watches or entries of its own", "delivery, when it has none"
)
MINE = Key("user:{}:places", "set", timedelta(days=180), "places where somebody subscribed; since the last time")
DIGEST = Key("digest:{}", "string", timedelta(days=7), "what a digest of a version before counts")
PAUSE = Key("pause:{}:{}", "string", timedelta(minutes=10), "a method not to be called in a workspace; as Slack asks")
DIRECT = Key("direct:{}", "string", timedelta(days=30), "somebody's direct message channel")
HOME = Key("home:{}", "string", timedelta(days=2), "when somebody's Home tab was published last")
PICKED = Key("home:{}:channel", "string", timedelta(days=180), "the channel that somebody's Home tab shows; as picked")
EVENT = Key(
    "event:{}", "string", timedelta(hours=25), "an event of Slack that was taken; an hour where it only shows something"
)
INSTALLATIONS = Key(
    "installations", "hash", None, "workspaces with their tokens, encrypted", "bot.subscriptions.uninstall"
)
ABSENT = Key(
    "absent",
    "hash",
    None,
    "since when a workspace with places has had no tokens, by workspace",
    "bot.subscriptions.uninstall",
)
RENEWING = Key("renewing:{}", "string", timedelta(seconds=30), "somebody has a workspace's tokens renewed")
UNREADABLE = Key(
    "{}:unreadable", "hash", timedelta(days=30), "records that cannot be read, beside the key they were in"
)
UNREADABLES = Key("unreadable", "zset", timedelta(days=30), "those keys, by when the last record came (ms)")
FINISHED = Key(
    "finished:{}", "string", timedelta(minutes=30), "that an installation was finished; by the id in its state"
)
SEARCHED = Key(
    "searched:{}:{}", "set", timedelta(days=8), "places searched for cards that a reset lost, by epoch and workspace"
)
EPOCH = Key("epoch", "string", None, "which database this is, and when an earlier one was lost", "nothing: it stays")
TASKS = Key("tasks:{}", "*", None, "tasks that wait, run or just ended; on a cluster {callboard:tasks}:…", "pydocket")

ALL = tuple(dict.fromkeys(value for value in list(globals().values()) if isinstance(value, Key)))
