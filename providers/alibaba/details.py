"""Reads the replies of GetJobDetail and ListJobInfo (provider API notes, sections 5.5 and 11)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, cast

from pydantic import AliasChoices, BeforeValidator, Field

from providers.alibaba.client import VOD_JOBS, console_url
from providers.alibaba.embedded_json import clean
from providers.alibaba.errors import says_no
from providers.alibaba.states import DETAIL, over
from providers.http.deadline import raw_wanted
from providers.http.transport import Json
from providers.json_fields import Instant, Record, Text, Unreadable, mapping, readable, text, unwrapped
from providers.mirrors import AI_TYPE
from providers.models import Job

OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "transcode": "TranscodeJobDetail",
        "ai": "AIJobDetail",
        "snapshot": "SnapshotJobDetail",
        "workflow": "WorkflowTaskDetail",
    }
)
"""The object that GetJobDetail fills for each job type, in the order in which types of an unknown id are tried."""

_ANSWERED = ("RequestId", "JobType", *OBJECTS.values())
"""Every reply of GetJobDetail has one of these."""

LISTED = ("transcode", "snapshot", "ai")
"""The job types that ListJobInfo lists."""


def _name(value: Any) -> str | None:
    return text(mapping(value).get("Name"))


class Detail(Record):
    """A job of any type. The types use different names for the same fields, and none gives a failure reason."""

    id: Text = Field(None, validation_alias=AliasChoices("JobId", "TaskId"))
    media: Text = Field(None, validation_alias=AliasChoices("VideoId", "MediaId"))
    raw_state: Text = Field(None, alias="Status")
    created_at: Instant = Field(None, alias="CreateTime")
    finished_at: Instant = Field(None, validation_alias=AliasChoices("CompleteTime", "FinishTime"))
    trigger: Text = Field(None, alias="Trigger")
    definition: Text = Field(None, alias="Definition")
    template: Text = Field(None, alias="TemplateId")
    ai_type: Text = Field(None, alias="JobType")
    workflow: Annotated[str | None, BeforeValidator(_name)] = Field(None, alias="Workflow")

    @property
    def attributes(self) -> dict[str, str]:
        """Return the other readable fields, by label."""
        values = {
            AI_TYPE: self.ai_type,
            "Workflow": self.workflow,
            "Definition": self.definition,
            "Template": self.template,
            "Trigger": self.trigger,
        }
        return {label: value for label, value in values.items() if value}


def detail(reply: Json, kind: str, job_id: str, *, account: str, region: str, request_id: str | None) -> Job | None:
    """Return the job of a GetJobDetail reply, or None if it has none.

    The object must be the one of the requested type: the vendor's example fills three objects, two of them with other
    jobs. If the object has an id, it must be the requested one. Raises Unreadable for an object with values but neither
    an id nor a state; an object without values is no job.
    """
    shown = reply.get(OBJECTS[kind])
    if shown is None:
        if not _is_answer(reply):
            raise Unreadable("a reply that is not GetJobDetail's")
        return None
    if not isinstance(shown, dict):
        raise Unreadable(f"{OBJECTS[kind]} is not an object")
    found = Detail.model_validate(shown)
    if found.id not in {None, job_id}:
        return None
    if found.id is None and found.raw_state is None:
        if any(value is not None for value in cast("Json", shown).values()):
            raise Unreadable(f"{OBJECTS[kind]} has neither an id nor a state")
        return None
    return _job(found, kind, job_id, account, region).model_copy(
        update={
            "request_id": request_id,
            "raw": _raw(reply, OBJECTS[kind], cast("Json", shown)) if raw_wanted() else None,
            "attributes": found.attributes,
        }
    )


def _raw(reply: Json, name: str, shown: Json) -> Json:
    return {**clean({key: reply[key] for key in ("RequestId", "JobType") if key in reply}), name: clean(shown)}


def _is_answer(reply: Json) -> bool:
    """Return whether a reply without the requested object is a success of GetJobDetail: then no such job exists."""
    return not says_no(reply) and not reply.keys().isdisjoint(_ANSWERED)


def listed(reply: Json, kind: str, media: str, *, account: str, region: str) -> tuple[list[Job], int]:
    """Return a media's jobs of one type from ListJobInfo, and the number of unreadable entries.

    Raises Unreadable for a reply without a list: it does not say that there are no jobs.
    """
    entries = unwrapped(reply.get("JobInfoList"))
    if entries is None or (not entries and says_no(reply)):
        raise Unreadable("a list without JobInfoList")
    read, malformed = readable(entries, Detail.model_validate)
    jobs = [
        _job(found.model_copy(update={"media": media}), kind, found.id, account, region) for found in read if found.id
    ]
    return jobs, malformed + len(read) - len(jobs)


def _job(found: Detail, kind: str, job_id: str, account: str, region: str) -> Job:
    state = DETAIL[kind].read(found.raw_state)
    return Job(
        account=account,
        service=VOD_JOBS,
        id=job_id,
        kind=kind,
        state=state,
        raw_state=found.raw_state,
        created_at=found.created_at,
        finished_at=found.finished_at if over(state) else None,
        media=found.media,
        console_url=console_url(found.media),
        region=region,
    )
