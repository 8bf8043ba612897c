"""Slack's own checks of a form before submission: missing, too short, too long."""

from collections.abc import Sequence
from typing import Any

from sandbox.slack.workspace.model import Json

REQUIRED = "Please complete this required field."


def mistakes(blocks: Sequence[Json], values: Json) -> dict[str, str]:
    """Return the problems of the input blocks' values, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input":
            value = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            if words := _mistake(block, value):
                found[block["block_id"]] = words
    return found


def _mistake(block: Json, value: Json) -> str | None:
    element = block["element"]
    given: Any = next((each for key, each in value.items() if key != "type"), None)
    if not given:
        return None if block.get("optional") else REQUIRED
    if isinstance(given, str) and element["type"] == "plain_text_input":
        return _length(given, element)
    if "max_selected_items" in element and len(given) > element["max_selected_items"]:
        return f"Please select at most {element['max_selected_items']}."
    return None


def _length(text: str, element: Json) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", len(text))
    if len(text) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(text) > most else None
