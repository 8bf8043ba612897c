"""Faults on demand: the set of active faults, and their effect on a reply."""

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
"""The page of a list that a request asks for; empty for a look-up."""
LISTS = frozenset({"ListTasksDetails", "RunCheckTaskJobs", "ListDigitalHumanVideo", "ListJobInfo"})
"""The operations that list jobs."""
UNHEARD_OF = "SANDBOX_UNHEARD_OF"
"""The raw state that no vendor documents."""
_STATE_KEYS = ("state", "status", "Status", "TranscodeJobStatus")


class Target(NamedTuple):
    """The account, service and operation of a request."""

    account: str
    service: str
    operation: str


class Fault(BaseModel):
    """A fault. `*` is every account or service; an empty operation means all, `list` those that list.

    `seconds` is the delay of "slow", or the wait that "throttled" asks of the caller. `status` and `code` change what
    "error" answers. "wrong_total" adds `off_by` to the total of a list. "delete" deletes the `entries` jobs just
    before a later page of a list, so that the page starts that many entries too late. The fault skips `after` requests,
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
        """Return True for a request that this fault affects."""
        return (
            self.account in ("*", target.account)
            and self.service in ("*", target.service)
            and (self.operation in (None, target.operation) or (self.operation == "list" and page != ""))
            and (self.fault != "delete" or page == "later")
        )

    def same_place(self, other: "Fault") -> bool:
        """Return True if both affect the same requests in the same way."""
        return all(getattr(self, key) == getattr(other, key) for key in ("account", "service", "operation", "fault"))


class Faults:
    """The active faults."""

    def __init__(self) -> None:
        """Start without faults."""
        self._set: list[tuple[Fault, float | None]] = []

    def add(self, fault: Fault, now: float) -> None:
        """Set a fault. It replaces one of the same kind for the same requests."""
        self._set = [(kept, until) for kept, until in self._set if not kept.same_place(fault)]
        self._set.append((fault.model_copy(), now + fault.duration_s if fault.duration_s else None))

    def clear_all(self, account: str | None = None, service: str | None = None, kind: str | None = None) -> None:
        """Clear all faults, or those of one account, service or kind."""

        def stays(fault: Fault) -> bool:
            wanted = ((account, fault.account), (service, fault.service), (kind, fault.fault))
            return any(given not in (None, own) for given, own in wanted)

        self._set = [(fault, until) for fault, until in self._set if stays(fault)]

    def current(self, now: float) -> list[Fault]:
        """Return the faults that have not expired."""
        self._set = [(fault, until) for fault, until in self._set if until is None or now < until]
        return [fault for fault, _ in self._set]

    def take(self, target: Target, now: float, page: Page = "") -> list[Fault]:
        """Return the faults that affect this request, and count it against those with a limit."""
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
    """Return the body with this fault applied."""
    if fault.fault == "malformed":
        return b"<html><body><h1>upstream connect error</h1></body></html>"
    if fault.fault not in {"unknown_state", "malformed_job", "wrong_total"}:
        return body
    try:
        reply = json.loads(body)
    except ValueError:  # an earlier fault already broke it
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
    """Yield each object that has a state, and the key of the state."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        yield from ((found, key) for key in _STATE_KEYS if isinstance(found.get(key), str))
        value = list(found.values())
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _jobs(item)
