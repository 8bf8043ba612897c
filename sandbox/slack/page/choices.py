"""Check clicks, picks and typed values against the app's blocks: pages cannot forge them."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sandbox.slack.block_kit.blocks import interactive
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json

_INITIAL = {
    "plain_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "external_select": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
}
"""Elements with a value: the key of the value in payloads, and the key of the initial value."""
_ECHOED = ("text", "placeholder", "style", "confirm", "initial_option")


def action_taken(blocks: Sequence[Json], block_id: str, action_id: str, given: Json, action_ts: str) -> Json:
    """Return one entry of a payload's `actions`. Raises `no_such_element` or `no_such_option` for a forged one."""
    element = _find(blocks, block_id, action_id)
    return {
        "type": element["type"],
        "action_id": action_id,
        "block_id": block_id,
        **{key: element[key] for key in _ECHOED if key in element},
        **_selection(element, given),
        "action_ts": action_ts,
    }


def state_values(blocks: Sequence[Json], given: Json, channel: str | None = None) -> Json:
    """Return the values of every element: the given one, or the initial one. Raises `no_such_option`.

    `channel` is the conversation on the page, for elements that default to it.
    """
    values: dict[str, Json] = {}
    for block, element in _elements(blocks):
        if element["type"] in _INITIAL:
            block_id, action_id = block["block_id"], element["action_id"]
            entry = given.get(block_id, {}).get(action_id) or _initial(element, channel)
            chosen = {"type": element["type"], **_selection(element, entry)}
            values.setdefault(block_id, {})[action_id] = chosen
    return values


def picked_places(blocks: Sequence[Json], values: Json) -> list[Json]:
    """Return the picked conversations that ask for a response_url, as a submission lists them."""
    asking = [(block["block_id"], each["action_id"]) for block, each in _elements(blocks) if _wants_response_url(each)]
    picked = ((place, values.get(place[0], {}).get(place[1], {})) for place in asking)
    return [
        {"block_id": block_id, "action_id": action_id, "channel_id": channel}
        for (block_id, action_id), value in picked
        if (channel := value.get("selected_conversation") or value.get("selected_channel"))
    ]


def _wants_response_url(element: Json) -> bool:
    return bool(element.get("response_url_enabled"))


def _elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        for _, element in interactive(block):
            yield block, element


def _find(blocks: Sequence[Json], block_id: str, action_id: str) -> Json:
    for block, element in _elements(blocks):
        if block["block_id"] == block_id and element["action_id"] == action_id:
            return element
    raise SlackError("no_such_element")


def _initial(element: Json, channel: str | None) -> Json:
    key, initial = _INITIAL[element["type"]]
    if initial in element:
        return {key: element[initial]}
    return {key: channel} if channel and element.get("default_to_current_conversation") else {}


def _selection(element: Json, given: Json) -> Json:
    kind = element["type"]
    if kind == "button":
        return {"value": element["value"]} if "value" in element else {}
    key, _ = _INITIAL.get(kind, ("selected_option", ""))
    chosen: Any = given.get(key, given.get("value"))
    if key == "selected_option":
        return {key: None if chosen is None else _offered(element, chosen)}
    if key == "selected_options":
        return {key: [_offered(element, each) for each in cast("list[Any]", chosen or [])]}
    if key == "selected_users":
        return {key: list(chosen or [])}
    return {key: chosen or None}


def _offered(element: Json, chosen: Any) -> Json:
    """Return the option as the app sent it. The page names it by the option or by its value."""
    value = cast("Json", chosen).get("value") if isinstance(chosen, dict) else chosen
    groups: list[Json] = element.get("option_groups", [])
    options: list[Json] = element.get("options", []) or [option for group in groups for option in group["options"]]
    for option in options:
        if option["value"] == value:
            return option
    raise SlackError("no_such_option")
