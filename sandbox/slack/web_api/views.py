"""views.*: open, update and push modals, and publish the Home tab."""

import json
from typing import Any, Literal, cast

from sandbox.slack.block_kit.message_rules import with_ids
from sandbox.slack.block_kit.view_rules import check_view
from sandbox.slack.delivery.payloads import api_view
from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json, View


class _Open(Arguments):
    trigger_id: str
    view: Any


class _Update(Arguments):
    view: Any
    view_id: str = ""
    external_id: str = ""
    hash: str = ""


class _Publish(Arguments):
    user_id: str
    view: Any
    hash: str = ""


def view_methods() -> Methods:
    """Return the views.* methods by name."""
    return {
        "views.open": Method(_open, _Open),
        "views.push": Method(_push, _Open),
        "views.update": Method(_update, _Update),
        "views.publish": Method(_publish, _Publish),
    }


def read_view(view: Any, kind: Literal["modal", "home"] = "modal") -> Json:
    """Check a view (an object, or JSON of one) and fill in its blocks' ids.

    Raises:
        SlackError: `invalid_arguments` or `view_too_large`.
    """
    decoded: Any = view
    if isinstance(view, str):
        try:
            decoded = json.loads(view)
        except ValueError:
            decoded = None
    if not isinstance(decoded, dict):
        raise SlackError("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    body = cast("Json", decoded)
    check_view(body, kind)
    return {**body, "blocks": with_ids(body["blocks"])}


def _open(caller: Caller, asked: _Open) -> Json:
    body = read_view(asked.view)
    user, channel = _grant(caller, asked.trigger_id)
    return _shown(caller, caller.workspace.modals.open(user, body, channel))


def _push(caller: Caller, asked: _Open) -> Json:
    body = read_view(asked.view)
    user, channel = _grant(caller, asked.trigger_id)
    return _shown(caller, caller.workspace.modals.push(user, body, channel))


def _update(caller: Caller, asked: _Update) -> Json:
    modals = caller.workspace.modals
    body = read_view(asked.view)
    return _shown(caller, modals.replace(modals.find(asked.view_id, asked.external_id), body, asked.hash))


def _publish(caller: Caller, asked: _Publish) -> Json:
    body = read_view(asked.view, "home")
    if not caller.workspace.app_home.home_tab_enabled:
        raise SlackError("not_enabled")
    if asked.user_id not in caller.workspace.users:
        raise SlackError("invalid_arguments", ["user not found [json-pointer:/user_id]"])
    return _shown(caller, caller.workspace.modals.publish(asked.user_id, body, asked.hash))


def _grant(caller: Caller, trigger_id: str) -> tuple[str, str | None]:
    """Use up a trigger_id, and return its person and the conversation on the page."""
    grants = caller.workspace.grants
    return grants.exchange(trigger_id), grants.looking_at(trigger_id)


def _shown(caller: Caller, view: View) -> Json:
    return {"view": api_view(caller.workspace, view)}
