"""Slack's limits for modals and the Home tab."""

import json
from typing import Annotated, Literal

from pydantic import Field

from sandbox.slack.block_kit.blocks import ViewBlock, repeated_ids
from sandbox.slack.block_kit.composition import ID_MAX, PlainText, Strict, at_most
from sandbox.slack.block_kit.validation_errors import problems
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json

VIEW_BYTES_MAX = 250_000
_Label = Annotated[PlainText, at_most(24)]


class _View(Strict):
    blocks: Annotated[list[ViewBlock], Field(max_length=100)]
    private_metadata: Annotated[str, Field(max_length=3000)] = ""
    callback_id: Annotated[str, Field(max_length=ID_MAX)] = ""
    external_id: Annotated[str, Field(max_length=ID_MAX)] = ""


class _Modal(_View):
    type: Literal["modal"]
    title: _Label
    submit: _Label | None = None
    close: _Label | None = None
    clear_on_close: bool = False
    notify_on_close: bool = False
    submit_disabled: bool = False


class _Home(_View):
    type: Literal["home"]


class _Modals(Strict):
    view: Annotated[_Modal | _Home, Field(discriminator="type")]


def check_view(view: Json, kind: Literal["modal", "home"]) -> None:
    """Refuse invalid views: `invalid_arguments` with every problem, or `view_too_large` above 250 kB."""
    if len(json.dumps(view)) > VIEW_BYTES_MAX:
        raise SlackError("view_too_large")
    found = problems(_Modals, {"view": view}) or view_problems(view, kind)
    if found:
        raise SlackError("invalid_arguments", found)


def view_problems(view: Json, kind: Literal["modal", "home"]) -> list[str]:
    """Return the problems of a view whose parts are valid."""
    if view["type"] != kind:
        return [f"unsupported type: {view['type']} [json-pointer:/view/type]"]
    inputs = [at for at, block in enumerate(view["blocks"]) if block["type"] == "input"]
    unsubmitted = inputs if kind == "modal" and "submit" not in view else []
    lonely = [
        f"must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/{at}/input]"
        for at in unsubmitted
    ]
    return [*lonely, *repeated_ids(view["blocks"], "/view/blocks")]
