"""Reads a MetaStudio video production job (the notes' section 5.4)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from providers.huawei.client import Origin
from providers.json_fields import identity, instant, mapping, number, text
from providers.models import SHOWN_ALONE, Job, JobError, JobState
from providers.redact import redact
from providers.states import States

LEAKS = frozenset({"cover_url", "preview_video_url"})
"""Signed links (section 10)."""

PHOTO = "PHOTO_DIGITAL_HUMAN_VIDEO"
DETAILS: Mapping[str, str] = MappingProxyType(
    {"2D_DIGITAL_HUMAN_VIDEO": "2d-digital-human-videos", PHOTO: "photo-digital-human-videos"}
)
"""The documented kinds, as the API's filter spells them, and the path of one job of that kind."""

_OTHER_SPELLING = "DIGITAL_HUMAN_PHOTO_VIDEO"


def normal_kind(kind: str | None) -> str | None:
    """Return a documented kind as the API's filter spells it, and any other text unchanged."""
    upper = kind.upper() if kind else None
    if upper == _OTHER_SPELLING:
        return PHOTO
    return upper if upper in DETAILS else kind


def read_job(
    item: Any,
    origin: Origin,
    states: States,
    request_id: str | None,
    *,
    kind: str | None = None,
    with_raw: bool = False,
) -> Job:
    """Read a video job; raises Unreadable without an id. `kind` is the requested one, used if the job has none."""
    video = mapping(item)
    raw_state = text(video.get("state"))
    state = states.read(raw_state)
    asset = mapping(video.get("output_asset_config"))
    kind = normal_kind(text(video.get("job_type"))) or kind
    error = error_of(video) if state is JobState.FAILED else None
    explained = error is not None or state is not JobState.FAILED or kind not in DETAILS
    return Job(
        account=origin.account,
        service=origin.service,
        region=origin.region,
        id=identity(video.get("job_id")),
        name=text(asset.get("asset_name")),
        kind=kind,
        state=state,
        raw_state=raw_state,
        created_at=instant(video.get("create_time")),
        started_at=instant(video.get("start_time")),
        finished_at=instant(video.get("end_time")),
        updated_at=instant(video.get("lastupdate_time")),
        output=text(asset.get("asset_id")),
        error=error,
        unexplained=None if explained else SHOWN_ALONE,
        request_id=request_id,
        attributes={} if (length := number(video.get("duration"))) is None else {"Video length": f"{length:g} s"},
        raw=redact(video, LEAKS) if with_raw else None,
    )


def error_of(video: Mapping[str, Any]) -> JobError | None:
    """Return why a video failed, where its JSON gives a reason."""
    info = mapping(video.get("error_info"))
    return JobError.of(text(info.get("error_code")), text(info.get("error_msg")))
