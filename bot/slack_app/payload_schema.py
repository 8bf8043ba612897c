"""Validates incoming Slack payloads once. Bolt and the handlers rely on the field types.

Any field may be missing, because each kind of payload has its own. A field of another type than in Slack's reference
makes the whole payload invalid: it is dropped, and Slack shows the person that the app did not respond.
"""

from collections.abc import Sequence
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json

from bot.domain.slack_ids import ID, TS

Id = Annotated[str, Field(pattern=f"^{ID}$")]
Ts = Annotated[str, Field(pattern=f"^{TS}$")]
Url = Annotated[str, Field(pattern=r"^https?://\S{1,2000}$")]

_log = structlog.stdlib.get_logger(__name__)


def drop_empty_fields(payload: object) -> object:
    """Return a payload without its empty fields. Null and the empty text count as missing."""
    if not isinstance(payload, dict):
        return payload
    fields = cast("dict[str, Any]", payload)
    return {name: value for name, value in fields.items() if value is not None and value != ""}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, payload: object) -> object:
        return drop_empty_fields(payload)


class _Named(_Part):
    id: Id
    enterprise_id: Id | None = None


class _Channel(_Part):
    id: Id


class _User(_Part):
    id: Id


class _Action(_Part):
    action_id: str
    block_id: str = ""


class _State(_Part):
    values: dict[str, dict[str, dict[str, Any]]] = {}


class _View(_Part):
    id: Id
    type: str = ""
    callback_id: str = ""
    private_metadata: str | None = None
    app_installed_team_id: Id | None = None
    state: _State | None = None


_NOWHERE = _View.model_construct(id="")


class _Message(_Part):
    ts: Ts | None = None
    thread_ts: Ts | None = None


class _Container(_Part):
    channel_id: Id | None = None
    message_ts: Ts | None = None
    thread_ts: Ts | None = None


class _Answer(_Part):
    response_url: Url
    channel_id: Id


class _Authorization(_Part):
    enterprise_id: Id | None = None
    team_id: Id | None = None
    user_id: Id | None = None
    is_enterprise_install: bool | None = None


class _Event(_Message):
    type: str = ""
    subtype: str | None = None
    user: Id | _Named | None = None
    channel: Id | _Named | None = None


class _Payload(_Part):
    type: str = ""
    command: str = ""
    text: str = ""
    callback_id: str = ""
    action_id: str = ""
    block_id: str = ""
    trigger_id: str | None = None
    response_url: Url | None = None
    user: _User | None = None
    user_id: Id | None = None
    channel: _Channel | None = None
    channel_id: Id | None = None
    team: Id | _Named | None = None
    team_id: Id | None = None
    enterprise: Id | _Named | None = None
    enterprise_id: Id | None = None
    is_enterprise_install: bool | str | None = None
    actions: list[_Action] = []
    view: _View = _NOWHERE
    message: _Message | None = None
    container: _Container = _Container()
    response_urls: list[_Answer] = []
    authorizations: list[_Authorization] | None = None
    event: _Event = _Event()
    event_id: str | None = None

    @property
    def view_type(self) -> str:
        return self.view.type

    @property
    def needed(self) -> Sequence[str]:
        """The required fields of this kind of payload."""
        return _TYPED if self.command else _NEEDED.get(self.type, ())


_TYPED = ("user_id", "channel_id", "response_url")
_NEEDED = {
    "block_actions": ("user", "actions"),
    "shortcut": ("user",),
    "message_action": ("user",),
    "view_submission": ("user", "view_type"),
    "event_callback": ("event_id",),
}


def checked(payload: object) -> dict[str, Any] | None:
    """Return a valid payload without its empty fields; log an invalid one and return None."""
    read = drop_empty_fields(payload)
    if odd := invalid_fields(read):
        _log.warning("invalid Slack payload dropped", fields=odd)
        return None
    return cast("dict[str, Any]", read)


def invalid_fields(payload: object) -> str:
    """Return the invalid and the missing fields of a payload; empty if it is valid.

    Example: `user_id, actions.0.action_id`.
    """
    try:
        read = _Payload.model_validate(payload)
    except ValidationError as error:
        return ", ".join(dict.fromkeys(".".join(map(str, each["loc"])) or "all of it" for each in error.errors()))
    return ", ".join(name for name in read.needed if not getattr(read, name))


def payload_of(body: bytes) -> object:
    """Return the payload in the body of a request: JSON, a form, or JSON in the form's field `payload`.

    Bolt's `parse_body` looks for that field in every body with the word "payload", so that it fails at
    `/jobs find payload.mp4` (slack_bolt 1.30).

    Examples: `{"type": "event_callback"}`, `command=%2Fjobs&text=list`, `payload=%7B%22type%22…`.

    Raises ValueError for an unreadable body.
    """
    if body.startswith(b"{"):
        return from_json(body, allow_inf_nan=False)
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return from_json(fields["payload"], allow_inf_nan=False) if "payload" in fields else fields
