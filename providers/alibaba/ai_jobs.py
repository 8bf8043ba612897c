"""ListAIJob: reading what it answers (provider API notes, section 5.2)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field

from providers.alibaba.client import LIST_AI_JOB, Vod
from providers.alibaba.errors import says_no
from providers.alibaba.loose import decode, looks_like_json
from providers.alibaba.states import AI_JOB
from providers.models import JobError, JobState
from providers.parsing import Instant, Record, Text, Unreadable, listing, mapping, readable, text, unwrapped
from providers.transport import Json


class AIJob(Record):
    """One entry of AIJobList."""

    id: Text = Field(None, alias="JobId")
    kind: Text = Field(None, alias="Type")
    raw_state: Text = Field(None, alias="Status")
    created_at: Instant = Field(None, alias="CreationTime")
    finished_at: Instant = Field(None, alias="CompleteTime")
    media: Text = Field(None, alias="MediaId")
    code: Text = Field(None, alias="Code")
    message: Text = Field(None, alias="Message")

    @property
    def state(self) -> JobState:
        return AI_JOB.read(self.raw_state)

    @property
    def error(self) -> JobError | None:
        """The reason of a failure; a success carries a code and message as well, which mean nothing."""
        return JobError.of(self.code, self.message) if self.state is JobState.FAILED else None


class Answer(NamedTuple):
    """Jobs by id with the vendor's own JSON, ids that do not exist, and how many entries could not be read."""

    jobs: Mapping[str, tuple[AIJob, Json]]
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
    read, malformed = readable(unwrapped(reply.get("AIJobList")) or [], _entry)
    jobs = {job.id: (job, raw) for job, raw in read if job.id}
    nameless = sum(not job.id for job, _ in read)
    return Answer(jobs, frozenset(_missing(reply.get("NonExistAIJobIds"))), malformed + nameless, request_id)


def _entry(item: Any) -> tuple[AIJob, Json]:
    return AIJob.model_validate(item), mapping(item)


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
