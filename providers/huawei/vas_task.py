"""Reads a VAS task (the notes' `taskDetail`, section 5.1); every VAS service has the same."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from providers.huawei.client import Origin
from providers.json_fields import identity, instant, listing, mapping, text
from providers.models import Job, JobError, JobState
from providers.redact import redact, scrub
from providers.states import States

LEAKS = frozenset({"url", "headers", "vcn", "webhook", "username", "password"})
"""Fields that never leave this module (section 10): URLs may carry credentials."""

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "ABNORMAL": "running abnormally; may recover",
        "DELETING": "being deleted; will disappear from the list",
        "STOPPED": "stopped; can be restarted",
        "FREEZING": "being frozen because of an overdue payment",
        "FROZEN": "frozen; resumes if the account is topped up in time",
    }
)

INPUTS_SHOWN = 3

_NAME = re.compile(r"[0-9A-Za-z_\u4e00-\u9fff-]{1,100}")
_ID_PART = re.compile(r"[0-9a-z]{1,32}")


def read_job(item: Any, origin: Origin, states: States, request_id: str | None, *, with_raw: bool = False) -> Job:
    """Read a task; raises Unreadable without an id. Every other field may be missing, as in the vendor's example."""
    task = mapping(item)
    raw_state = text(task.get("state"))
    state = states.read(raw_state)
    updated_at = instant(task.get("updated_at"))
    return Job(
        account=origin.account,
        service=origin.service,
        region=origin.region,
        id=identity(task.get("id")),
        name=text(task.get("name")),
        state=state,
        raw_state=raw_state,
        created_at=instant(task.get("created_at")),
        # `updated_at` is the last change of the state, so an ended job finished then.
        finished_at=updated_at if state.ended else None,
        updated_at=updated_at,
        input=_input(mapping(task.get("input"))),
        output=_output(mapping(task.get("output"))),
        error=_error(task) if state is JobState.FAILED else None,
        request_id=request_id,
        attributes=_attributes(task),
        notes=_notes(raw_state),
        raw=redact(task, LEAKS) if with_raw else None,
    )


def name_can_be_sent(name: str) -> bool:
    """Return whether `name_like` accepts this text: 1 to 100 Chinese characters, letters, digits, `_` and `-`."""
    return _NAME.fullmatch(name) is not None


def part_of_id_can_be_sent(part: str) -> bool:
    """Return whether `id_like` accepts this text: 1 to 32 lower-case letters and digits."""
    return _ID_PART.fullmatch(part) is not None


def beginning_of_id(job_id: str) -> str:
    """Return the beginning of an id that `id_like` accepts: the whole id if it has VAS's format."""
    beginning = _ID_PART.match(job_id)
    return beginning[0] if beginning else ""


def _input(value: dict[str, Any]) -> str | None:
    """Return the names of the OBS objects; for any other type only the type, because the rest may hold credentials."""
    kind = text(value.get("type"))
    if kind is None or kind.casefold() != "obs":
        return kind
    places = [place for item in listing(value.get("data")) if (place := _position(mapping(item)))]
    more = len(places) - INPUTS_SHOWN
    shown = ", ".join(places[:INPUTS_SHOWN]) or kind
    return f"{shown} and {more} more" if more > 0 else shown


def _output(value: dict[str, Any]) -> str | None:
    return ", ".join((name == "obs" and _position(mapping(to))) or name for name, to in value.items() if to) or None


def _position(value: dict[str, Any]) -> str | None:
    bucket = text(value.get("bucket"))
    return f"obs://{bucket}/{(text(value.get('path')) or '').lstrip('/')}" if bucket else None


def _error(task: dict[str, Any]) -> JobError | None:
    error = mapping(task.get("error"))
    return JobError.of(text(error.get("code")), text(error.get("message")))


def _attributes(task: dict[str, Any]) -> dict[str, str]:
    named = (("Service version", "service_version"), ("Status", "status"), ("Creator", "creator"))
    return {label: scrub(value) for label, name in named if (value := text(task.get(name)))}


def _notes(raw_state: str | None) -> tuple[str, ...]:
    note = NOTES.get(raw_state.upper()) if raw_state else None
    return (note,) if note else ()
