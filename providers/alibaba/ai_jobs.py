"""ListAIJob: reading what it answers (provider API notes, section 5.2)."""

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
    """One entry of AIJobList, and the vendor's own JSON of it; the id is empty where the entry has none."""

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
        """Read an entry; raises Unreadable for anything but an object. Every field may be missing or odd."""
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
            # A success has a code and a message as well, which mean nothing.
            error=JobError.of(text(raw.get("Code")), text(raw.get("Message"))) if state is JobState.FAILED else None,
            raw=raw,
        )


class Answer(NamedTuple):
    """Jobs by id, ids that do not exist, and how many entries could not be read."""

    jobs: Mapping[str, AIJob]
    missing: frozenset[str]
    malformed: int
    request_id: str | None


async def list_ai_jobs(vod: Vod, ids: Sequence[str]) -> Answer:
    """Ask about at most ten ids; raises ProviderError."""
    reply = await vod.call(LIST_AI_JOB, JobIds=",".join(ids))
    try:
        return read_answer(reply.json, reply.request_id)
    except Unreadable as error:
        raise vod.transport.malformed(str(error), reply) from None


def read_answer(reply: Json, request_id: str | None = None) -> Answer:
    """Read a reply; jobs are told by their id, for no order is promised.

    Either of the two lists may be null or missing (provider API notes, section 5.2). Raises Unreadable for a reply that
    has neither or is empty beside a code, or whose jobs are no list: it says nothing about any id.
    """
    empty = not reply.get("AIJobList") and reply.get("NonExistAIJobIds") is None
    if empty and ("AIJobList" not in reply or says_no(reply)):
        raise Unreadable("a list without AIJobList")
    read, malformed = readable(unwrapped(reply.get("AIJobList")) or [], AIJob.of)
    jobs = {job.id: job for job in read if job.id}
    nameless = sum(not job.id for job in read)
    return Answer(jobs, frozenset(_missing(reply.get("NonExistAIJobIds"))), malformed + nameless, request_id)


def _missing(value: Any) -> Iterator[str]:
    """Accept an element that is an array in a string as well: the vendor's example."""
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
