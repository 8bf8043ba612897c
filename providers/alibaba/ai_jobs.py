"""Reads the replies of ListAIJob (provider API notes, section 5.2)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self, cast

from providers.alibaba.client import LIST_AI_JOB, Vod
from providers.alibaba.embedded_json import decode, looks_like_json
from providers.alibaba.errors import says_no
from providers.alibaba.states import AI_JOB
from providers.http.transport import Json
from providers.json_fields import Unreadable, instant, listing, readable, text, unwrapped
from providers.models import JobError, JobState


class AIJob(NamedTuple):
    """One entry of AIJobList, with the vendor's JSON; the id is empty where the entry has none."""

    id: str
    kind: str | None
    state: JobState
    raw_state: str | None
    created_at: datetime | None
    finished_at: datetime | None
    media: str | None
    error: JobError | None
    raw: Json

    @classmethod
    def of(cls, item: Any) -> Self:
        """Read an entry in which any field may be missing or malformed; raises Unreadable unless it is an object."""
        if not isinstance(item, dict):
            raise Unreadable("an entry of AIJobList is not an object")
        raw = cast("Json", item)
        raw_state = text(raw.get("Status"))
        state = AI_JOB.read(raw_state)
        return cls(
            id=text(raw.get("JobId")) or "",
            kind=text(raw.get("Type")),
            state=state,
            raw_state=raw_state,
            created_at=instant(raw.get("CreationTime")),
            finished_at=instant(raw.get("CompleteTime")),
            media=text(raw.get("MediaId")),
            # A success has a code and a message too, which mean nothing.
            error=JobError.of(text(raw.get("Code")), text(raw.get("Message"))) if state is JobState.FAILED else None,
            raw=raw,
        )


class Answer(NamedTuple):
    """Jobs by id, ids that do not exist, and the number of unreadable entries."""

    jobs: Mapping[str, AIJob]
    missing: frozenset[str]
    malformed: int
    request_id: str | None


async def list_ai_jobs(vod: Vod, ids: Sequence[str]) -> Answer:
    """Look up at most ten ids; raises ProviderError."""
    reply = await vod.call(LIST_AI_JOB, JobIds=",".join(ids))
    try:
        return read_answer(reply.json, reply.request_id)
    except Unreadable as error:
        raise vod.transport.malformed(str(error), reply) from None


def read_answer(reply: Json, request_id: str | None = None) -> Answer:
    """Read a reply. Jobs are matched by id, because no order is promised.

    Either list may be null or missing (provider API notes, section 5.2). Raises Unreadable for a reply that has neither
    list, is empty beside a code, or whose jobs are not a list: it says nothing about any id.
    """
    empty = not reply.get("AIJobList") and reply.get("NonExistAIJobIds") is None
    if empty and ("AIJobList" not in reply or says_no(reply)):
        raise Unreadable("a list without AIJobList")
    read, malformed = readable(unwrapped(reply.get("AIJobList")) or [], AIJob.of)
    jobs = {job.id: job for job in read if job.id}
    nameless = sum(not job.id for job in read)
    return Answer(jobs, frozenset(_missing(reply.get("NonExistAIJobIds"))), malformed + nameless, request_id)


def _missing(value: Any) -> Iterator[str]:
    """Yield the missing ids. An element may also be an array in a string, as in the vendor's example."""
    try:
        items = unwrapped(value) or []
    except Unreadable:
        return
    for item in items:
        if isinstance(item, str) and looks_like_json(item):
            try:
                yield from filter(None, map(text, listing(decode(item))))
            except ValueError:
                continue
        elif one := text(item):
            yield one
