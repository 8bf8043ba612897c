"""Misbehaviour on demand: which faults are set, and what they do to a reply."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field

from sandbox.clouds.store import to_json

FaultKind = Literal[
    "slow",
    "hang",
    "down",
    "cut",
    "throttle",
    "error",
    "unauthorized",
    "forbidden",
    "not_found_api",
    "malformed",
    "unknown_state",
    "malformed_job",
    "wrong_total",
    "delete",
]
Page = Literal["", "first", "later"]
"""Which page of a list a request asks for; empty for a request that looks jobs up."""
LISTS = frozenset({"ListTasksDetails", "RunCheckTaskJobs", "ListDigitalHumanVideo", "ListJobInfo"})
"""The operations that list jobs."""
UNHEARD_OF = "SANDBOX_UNHEARD_OF"
"""The raw state that no vendor documents."""
_STATE_KEYS = ("state", "status", "Status", "TranscodeJobStatus")


class Target(NamedTuple):
    """What a request was about."""

    account: str
    service: str
    operation: str


class Fault(BaseModel):
    """A way to misbehave. `*` is every account or service; no operation means all of them, `list` those that list.

    `seconds` is how slow "slow" is, or after how long a throttled caller may return. `status` and `code` change what
    "error" answers. "wrong_total" adds `off_by` to the total of a list. "delete" deletes the `entries` jobs that stand
    just before a later page of a list, so that the page begins so much too late. The fault lets `after` requests pass,
    and ends after `count` more or `duration_s` seconds; with neither it stays.
    """

    model_config = ConfigDict(extra="forbid")

    account: str = "*"
    service: str = "*"
    operation: str | None = None
    fault: FaultKind
    seconds: float = Field(default=2.0, ge=0, le=600)
    status: int | None = Field(default=None, ge=400, le=599)
    code: str | None = None
    off_by: int = Field(default=100, ge=-1_000_000, le=1_000_000)
    entries: int = Field(default=1, ge=1, le=10_000)
    after: int = Field(default=0, ge=0)
    count: int | None = Field(default=None, ge=1)
    duration_s: float | None = Field(default=None, gt=0)

    def concerns(self, target: Target, page: Page = "") -> bool:
        """True for a request that this fault spoils."""
        return (
            self.account in ("*", target.account)
            and self.service in ("*", target.service)
            and (self.operation in (None, target.operation) or (self.operation == "list" and page != ""))
            and (self.fault != "delete" or page == "later")
        )

    def same_place(self, other: "Fault") -> bool:
        """True when both spoil the same requests in the same way."""
        return all(getattr(self, key) == getattr(other, key) for key in ("account", "service", "operation", "fault"))


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        """Start with a cloud that behaves."""
        self._set: list[tuple[Fault, float | None]] = []

    def add(self, fault: Fault, now: float) -> None:
        """Set a fault, in place of one of the same kind in the same place."""
        self._set = [(kept, until) for kept, until in self._set if not kept.same_place(fault)]
        self._set.append((fault.model_copy(), now + fault.duration_s if fault.duration_s else None))

    def clear_all(self, account: str | None = None, service: str | None = None, kind: str | None = None) -> None:
        """Unset all faults, or those of one account, service or kind."""

        def stays(fault: Fault) -> bool:
            wanted = ((account, fault.account), (service, fault.service), (kind, fault.fault))
            return any(given not in (None, own) for given, own in wanted)

        self._set = [(fault, until) for fault, until in self._set if stays(fault)]

    def current(self, now: float) -> list[Fault]:
        """The faults that are set and have not run out."""
        self._set = [(fault, until) for fault, until in self._set if until is None or now < until]
        return [fault for fault, _ in self._set]

    def take(self, target: Target, now: float, page: Page = "") -> list[Fault]:
        """The faults that spoil this request; those that are counted are used up by it."""
        if not self._set:
            return []
        met = [fault for fault in self.current(now) if fault.concerns(target, page)]
        taken = [fault for fault in met if fault.after == 0]
        for fault in met:
            if fault.after > 0:
                fault.after -= 1
            elif fault.count is not None:
                fault.count -= 1
        self._set = [(fault, until) for fault, until in self._set if fault.count != 0]
        return taken


def spoil(fault: Fault, body: bytes) -> bytes:
    """The body as this fault leaves it."""
    if fault.fault == "malformed":
        return b"<html><body><h1>upstream connect error</h1></body></html>"
    if fault.fault not in {"unknown_state", "malformed_job", "wrong_total"}:
        return body
    try:
        reply = json.loads(body)
    except ValueError:  # another fault spoiled it before
        return body
    if fault.fault == "wrong_total":
        return to_json(_miscounted(reply, fault.off_by))
    job, key = next(_jobs(reply), (None, ""))
    if job is not None and fault.fault == "unknown_state":
        job[key] = UNHEARD_OF
    elif job is not None:
        job.update({key: [{"sandbox": "broken"}] for key in job})
    return to_json(reply)


def _miscounted(reply: Any, off_by: int) -> Any:
    if isinstance(reply, dict) and isinstance(count := cast("dict[str, Any]", reply).get("count"), int):
        reply["count"] = max(0, count + off_by)
    return cast("Any", reply)


def _jobs(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each object of a reply that tells a state, and the key under which it does."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        yield from ((found, key) for key in _STATE_KEYS if isinstance(found.get(key), str))
        value = list(found.values())
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _jobs(item)
