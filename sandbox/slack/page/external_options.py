"""Menus with options from the app: request them, check them, and remember the offered ones."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from sandbox.slack.block_kit.blocks import interactive
from sandbox.slack.block_kit.composition import OPTIONS_MAX, Option, OptionGroup, Strict
from sandbox.slack.block_kit.validation_errors import problems
from sandbox.slack.delivery.delivery import Delivery
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Json

KEPT = 1000
_Place = tuple[str, str, str]


class _Answer(Strict):
    options: Annotated[list[Option], Field(max_length=OPTIONS_MAX, default_factory=list[Option])]
    option_groups: Annotated[list[OptionGroup], Field(max_length=100, default_factory=list[OptionGroup])]


class Suggestions:
    """The last options of each menu. `surface` is the id of its view or message."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._offered: dict[_Place, list[Json]] = {}

    async def request(self, surface: str, payload: Json) -> Json:
        """Return the app's options or option_groups for a block_suggestion.

        Raises:
            UndeliveredError: The app did not accept the request.
            SlackError: The answer is invalid.
        """
        answer = await self._delivery.deliver("interactive", payload) or {}
        if found := problems(_Answer, answer):
            raise SlackError("invalid_options", found)
        groups: list[Json] = answer.get("option_groups", [])
        options = [*answer.get("options", []), *(option for group in groups for option in group["options"])]
        self._offered.pop(place := (surface, payload["block_id"], payload["action_id"]), None)
        self._offered[place] = options
        if len(self._offered) > KEPT:
            del self._offered[next(iter(self._offered))]
        return answer

    def with_options(self, surface: str, blocks: Sequence[Json]) -> list[Json]:
        """Return the blocks with each menu's last suggestions as its options."""
        return [self._with_options(surface, block) for block in blocks]

    def _with_options(self, surface: str, block: Json) -> Json:
        filled = dict(block)
        for path, element in interactive(block):
            if element["type"] == "external_select" and path in filled:
                filled[path] = {**element, "options": self._options(surface, block["block_id"], element)}
            elif element["type"] == "external_select":
                at = int(path.removeprefix("elements/"))
                elements = list(filled["elements"])
                elements[at] = {**element, "options": self._options(surface, block["block_id"], element)}
                filled["elements"] = elements
        return filled

    def _options(self, surface: str, block_id: str, element: Json) -> list[Json]:
        initial = [element["initial_option"]] if "initial_option" in element else []
        return [*initial, *self._offered.get((surface, block_id, element["action_id"]), [])]
