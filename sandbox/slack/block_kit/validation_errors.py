"""Translate pydantic's errors into Slack's: a sentence and a JSON pointer."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# Where Slack accepts one of several objects, it first says that none fits, then why.
_ANNOUNCED_UNIONS = frozenset({"plain_text", "mrkdwn", "modal", "home"})
_KINDS = {
    "string_type": "must provide a string",
    "bool_type": "must provide a boolean",
    "int_type": "must provide an integer",
    "list_type": "must provide an array",
    "dict_type": "must provide an object",
    "model_type": "must provide an object",
    "model_attributes_type": "must provide an object",
    "literal_error": "must be a valid enum value",
    "string_pattern_mismatch": "must match the expected pattern",
}


def problems(model: type[BaseModel], document: dict[str, Any]) -> list[str]:
    """Return every problem in Slack's words; empty if the document fits the model."""
    nulls = [_say("must provide an object", pointer) for pointer in _nulls(document, ())]
    try:
        model.model_validate(document)
    except ValidationError as error:
        said = (words for detail in error.errors() for words in _translate(detail, document))
        return list(dict.fromkeys([*said, *nulls]))
    return nulls


def _nulls(node: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of nulls. Slack refuses null everywhere; pydantic treats it as a missing key."""
    if node is None:
        yield path
    elif isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            yield from _nulls(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(cast("list[object]", node)):
            yield from _nulls(value, (*path, str(index)))


def _translate(detail: ErrorDetails, document: dict[str, Any]) -> Iterator[str]:
    path, unions = _path(detail["loc"], document)
    for union in unions:
        yield _say("failed to match all allowed schemas", union)
    context = detail.get("ctx", {})
    if context.get("either"):
        yield _say("failed to match all allowed schemas", path)
    match detail["type"]:
        case "missing":
            yield _say(f"missing required field: {path[-1]}", path[:-1])
        case "extra_forbidden":
            yield _say(f"invalid additional property: {path[-1]}", path[:-1])
        case "union_tag_invalid":
            yield _say(f"unsupported type: {context['tag']}", (*path, "type"))
        case "union_tag_not_found":
            yield _say("missing required field: type", path)
        case "slack":
            yield _say(context["words"], (*path, context["at"]) if context["at"] else path)
        case kind:
            yield _say(_limit(kind, context) or _KINDS.get(kind, detail["msg"]), path)


def _limit(kind: str, context: dict[str, Any]) -> str | None:
    most, least = context.get("max_length", 0), context.get("min_length", 0)
    return {
        "string_too_long": f"must be less than {most + 1} characters",
        "string_too_short": f"must be more than {least - 1} characters",
        "too_long": f"no more than {most} items allowed",  # vendor
        "too_short": f"no fewer than {least} items allowed",
        "greater_than_equal": f"must be greater than or equal to {context.get('ge')}",
        "less_than_equal": f"must be less than or equal to {context.get('le')}",
    }.get(kind)


def _path(location: Sequence[str | int], document: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the JSON path without pydantic's union members, and the paths of those unions."""
    path: tuple[str, ...] = ()
    unions: list[tuple[str, ...]] = []
    node: Any = document
    for step in location:
        if isinstance(node, dict):
            found = cast("dict[str, Any]", node)
            if step not in found and step == found.get("type"):
                unions += [path] if step in _ANNOUNCED_UNIONS else []
                continue
            node = found.get(str(step))
        elif isinstance(node, list) and isinstance(step, int):
            node = cast("list[Any]", node)[step]
        path = (*path, str(step))
    return path, unions


def _say(words: str, path: tuple[str, ...]) -> str:
    return f"{words} [json-pointer:/{'/'.join(path)}]"
