"""Matches true events with rules by trying each rule. It shares no code with the bot.

A rule is the text after `/jobs watch`. An event is a transition of a job in the clouds' records (`GET
/control/transitions`), with a word of `on:`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

WORDS = {"pending": "submitted", "running": "started", "succeeded": "succeeded", "failed": "failed",
         "cancelled": "cancelled"}  # fmt: skip
COVERED = {"any": set(WORDS.values()), "done": {"succeeded", "failed", "cancelled"}, "failed": {"failed"},
           "started": {"started"}, "stuck": set[str](), "down": set[str]()}  # fmt: skip
OUTCOMES = ("", "threshold", "muted", "not wanted", "filtered", "not then")
"""The outcomes of an event by one rule, the loudest first: of several rules the loudest counts."""
SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, eq=False)
class Event:
    """An event of a job, and its time in seconds on the true clock."""

    job: Any
    kind: str
    at: float

    @property
    def cause(self) -> tuple[str, ...]:
        """Return what failures of one group share; every code of the clouds has one message."""
        return tuple(str(self.job[name]) for name in ("account", "service", "kind", "code"))


def events(jobs: list[Any]) -> Iterator[Event]:
    """Yield the first transition of each job into each state."""
    for job in jobs:
        first = {WORDS[each["state"]]: each["at"] for each in reversed(job["transitions"]) if each["state"] in WORDS}
        yield from (Event(job, kind, at) for kind, at in first.items())


@dataclass(frozen=True)
class Rule:
    """A watch, `typed`, from `since` to `until` on the true clock; `muted` codes, each with its start.

    A subscription is one with an `id:`; with `batch` its failures have a separate message.
    """

    typed: str
    since: float
    until: float = float("inf")
    muted: tuple[tuple[str, float], ...] = ()
    batch: bool = False

    def judge(self, event: Event) -> str:
        """Return the reason why this rule alone drops an event, empty if it matches; thresholds are ignored."""
        if not self.since <= event.at < self.until:
            return "not then"
        words = self.typed.split()
        if any(self._leaves_out(word, event.job) for word in words):
            return "filtered"
        on = next((word.removeprefix("on:") for word in words if word.startswith("on:")), "failed")
        if event.kind not in set().union(*(COVERED[word] for word in on.split(","))):
            return "not wanted"
        muted = event.kind == "failed" and any(event.job["code"] == code and at <= event.at for code, at in self.muted)
        return "muted" if muted else ""

    @staticmethod
    def _leaves_out(word: str, job: Any) -> bool:
        negated, name, value = re.fullmatch(r"(-?)(?:(id|name|kind|media|code):)?(.*)", word.lower()).groups()  # type: ignore[union-attr]
        own = str(job.get(name) or "").lower()
        if re.match(r"-?(on|after|to|mention):", word):
            return False
        if name is None:
            fits = value in {job["account"], job["service"], f"{job['account']}/{job['service']}"}
        elif name == "code":
            fits = bool(own) and own.startswith(value[:-1]) if value.endswith("*") else own == value
        else:
            fits = own == value if name == "media" else value in own
        return fits == bool(negated)

    def reached(self, failures: list[Event]) -> set[tuple[str, ...]]:
        """Return the causes with enough failures close together: `after:5/10m`, without it one."""
        given = re.search(r"after:(\d+)/(\d+)([smh])", self.typed)
        least, window = (int(given[1]), int(given[2]) * SECONDS[given[3]]) if given else (1, 0)
        times = [(each.cause, each.at) for each in failures]
        return {c for c, t in times if sum(cause == c and t <= at <= t + window for cause, at in times) >= least}


def judge(rules: list[Rule], happened: list[Event]) -> dict[tuple[str, str], str]:
    """Return each event's outcome under a conversation's rules, by kind and job id.

    An empty outcome means that the event must be shown. A failure below a threshold is shown where its cause has a
    message for another reason.
    """
    found: dict[tuple[str, str], str] = {}
    judged = [(rule, [(each, rule.judge(each)) for each in happened]) for rule in rules]
    failing = [(rule, [each for each, why in all_ if not why and each.kind == "failed"]) for rule, all_ in judged]
    known = {cause for rule, failures in failing if not rule.batch for cause in rule.reached(failures)}
    for rule, all_ in judged:
        for each, why in all_:
            waits = not why and each.kind == "failed" and not rule.batch and each.cause not in known
            best = found.get((each.kind, each.job["id"]), OUTCOMES[-1])
            found[each.kind, each.job["id"]] = min(best, "threshold" if waits else why, key=OUTCOMES.index)
    return found
