"""Slack's limits: slack_sdk's output within them is accepted, one character or item more is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.slack.block_kit.blocks import MARKDOWN_MAX, message_problems

Json = dict[str, Any]
Build = Callable[[int], Json]
EMPTY: Json = {}
NOTHING: list[Json] = []


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("x"), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("x"), **more}


def option(value: str = "v", text: str = "x") -> Json:
    return {"text": plain(text), "value": value}


def options(count: int) -> list[Json]:
    return [option(str(index)) for index in range(count)]


def select(**more: Any) -> Json:
    return {"type": "static_select", "options": options(1), **more}


def confirm(**more: Any) -> Json:
    texts = {"title": plain("x"), "text": mrkdwn("x"), "confirm": plain("x"), "deny": plain("x")}
    return section(accessory=button(confirm={**texts, **more}))


def field_of(element: Json) -> Json:
    return {"type": "input", "label": plain("x"), "element": element}


LIMITS: dict[str, tuple[int, Build]] = {
    "section text": (3000, lambda n: section(text=mrkdwn("x" * n))),
    "section field": (2000, lambda n: section(fields=[mrkdwn("x" * n)])),
    "section fields": (10, lambda n: section(fields=[mrkdwn("x")] * n)),
    "block_id": (255, lambda n: section(block_id="x" * n)),
    "header": (150, lambda n: {"type": "header", "text": plain("x" * n)}),
    "context elements": (10, lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}),
    "context text": (3000, lambda n: {"type": "context", "elements": [mrkdwn("x" * n)]}),
    "actions": (25, lambda n: {"type": "actions", "elements": [button(action_id=str(at)) for at in range(n)]}),
    "action_id": (255, lambda n: section(accessory=button(action_id="x" * n))),
    "button text": (75, lambda n: section(accessory=button(text=plain("x" * n)))),
    "button value": (2000, lambda n: section(accessory=button(value="x" * n))),
    "button url": (3000, lambda n: section(accessory=button(url="x" * n))),
    "confirm title": (100, lambda n: confirm(title=plain("x" * n))),
    "confirm text": (300, lambda n: confirm(text=mrkdwn("x" * n))),
    "confirm yes": (30, lambda n: confirm(confirm=plain("x" * n))),
    "confirm no": (30, lambda n: confirm(deny=plain("x" * n))),
    "select options": (100, lambda n: section(accessory=select(options=options(n)))),
    "option text": (75, lambda n: section(accessory=select(options=[option(text="x" * n)]))),
    "option value": (150, lambda n: section(accessory=select(options=[option("x" * n)]))),
    "select placeholder": (150, lambda n: section(accessory=select(placeholder=plain("x" * n)))),
    "overflow options": (5, lambda n: section(accessory={"type": "overflow", "options": options(n)})),
    "checkboxes": (10, lambda n: section(accessory={"type": "checkboxes", "options": options(n)})),
    "radio buttons": (10, lambda n: section(accessory={"type": "radio_buttons", "options": options(n)})),
    "image url": (3000, lambda n: {"type": "image", "alt_text": "x", "image_url": "x" * n}),
    "image alt text": (2000, lambda n: {"type": "image", "alt_text": "x" * n, "image_url": "x"}),
    "image title": (2000, lambda n: {"type": "image", "alt_text": "x", "image_url": "x", "title": plain("x" * n)}),
    "input label": (2000, lambda n: {**field_of({"type": "plain_text_input"}), "label": plain("x" * n)}),
    "input hint": (2000, lambda n: {**field_of({"type": "plain_text_input"}), "hint": plain("x" * n)}),
    "input value": (3000, lambda n: field_of({"type": "plain_text_input", "initial_value": "x" * n})),
    "markdown": (MARKDOWN_MAX, lambda n: {"type": "markdown", "text": "x" * n}),
}
# The SDK checks no limit for these, or none inside an element, so only the sandbox does.
UNJUDGED = {
    "checkboxes",
    "context text",
    "input value",
    "option text",
    "option value",
    "radio buttons",
    "section field",
}


def as_the_sdk_sends(block: Json) -> Json:
    parsed: Any = Block.parse(block)
    return parsed.to_dict()


@pytest.mark.parametrize("name", LIMITS)
@given(data=st.data())
@settings(max_examples=10)
def test_everything_within_a_limit_is_accepted_here_and_by_the_sdk(name: str, data: st.DataObject) -> None:
    limit, build = LIMITS[name]
    block = build(data.draw(st.sampled_from((1, limit)) | st.integers(1, limit)))
    assert message_problems([as_the_sdk_sends(block)]) == []
    assert message_problems([block]) == []


@pytest.mark.parametrize("name", LIMITS)
def test_one_more_than_a_limit_is_refused_with_the_limit_and_the_place(name: str) -> None:
    limit, build = LIMITS[name]
    found = message_problems([build(limit + 1)])
    words = (f"must be less than {limit + 1} characters", f"no more than {limit} items allowed")
    assert any(problem.startswith(words) for problem in found)
    assert all("[json-pointer:/blocks/0/" in problem for problem in found)


@pytest.mark.parametrize("name", sorted(set(LIMITS) - UNJUDGED))
def test_the_sdk_knows_the_same_limits(name: str) -> None:
    """The SDK is independent, so a lower limit in it would reveal an error here."""
    limit, build = LIMITS[name]
    with pytest.raises(SlackObjectFormationError):
        as_the_sdk_sends(build(limit + 1))


def test_a_message_has_at_most_fifty_blocks() -> None:
    divider = {"type": "divider"}
    assert message_problems([divider] * 50) == []
    assert message_problems([divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_markdown_is_counted_over_the_whole_message() -> None:
    half = {"type": "markdown", "text": "x" * (MARKDOWN_MAX // 2)}
    assert message_problems([half, half]) == []
    assert message_problems([half, half, {"type": "markdown", "text": "x"}])


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        pytest.param([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]", id="key"),
        pytest.param([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]", id="type"),
        pytest.param(
            [{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]", id="no text"
        ),
        pytest.param([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]", id="missing"),
        pytest.param([EMPTY], "missing required field: type [json-pointer:/blocks/0]", id="no type"),
        pytest.param(["text"], "must provide an object [json-pointer:/blocks/0]", id="no object"),
        pytest.param(
            [section(text=mrkdwn(""))], "must be more than 0 characters [json-pointer:/blocks/0/text/text]", id="empty"
        ),
        pytest.param([section(accessory=None)], "must provide an object [json-pointer:/blocks/0/accessory]", id="null"),
        pytest.param(
            [section(text=mrkdwn("x" * 3001))],
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            id="either kind of text",
        ),
        pytest.param(
            [{"type": "header", "text": mrkdwn("x")}],
            "must be a valid enum value [json-pointer:/blocks/0/text/type]",
            id="mrkdwn in a header",
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(style="loud")]}],
            "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
            id="style",
        ),
        pytest.param(
            [{"type": "actions", "elements": NOTHING}],
            "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]",
            id="no elements",
        ),
        pytest.param(
            [{"type": "actions", "elements": [button(action_id="a"), button(action_id="a")]}],
            '`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]',
            id="action_id twice",
        ),
        pytest.param(
            [section(block_id="b"), section(block_id="b")],
            '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]',
            id="block_id twice",
        ),
        pytest.param(
            [section(accessory=select(initial_option=option("elsewhere")))],
            "must match one of the provided options [json-pointer:/blocks/0/accessory/initial_option]",
            id="initial option",
        ),
        pytest.param(
            [section(accessory={"type": "static_select"})],
            "must define exactly one of `options` or `option_groups` [json-pointer:/blocks/0/accessory]",
            id="no options",
        ),
        pytest.param(
            [section(accessory={"type": "plain_text_input"})],
            "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
            id="input outside an input block",
        ),
    ],
)
def test_what_slack_refuses_is_refused_in_its_words(blocks: list[Any], problem: str) -> None:
    assert problem in message_problems(blocks)


def test_the_same_action_id_in_two_blocks_is_fine() -> None:
    assert message_problems([section(accessory=button(action_id="a"))] * 2) == []


@pytest.mark.parametrize(
    "block",
    [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
        section(accessory={"type": "users_select", "placeholder": plain("Who?")}),
        section(accessory={"type": "conversations_select", "default_to_current_conversation": True}),
        section(accessory={"type": "datepicker", "initial_date": "2026-11-20"}),
        section(accessory={"type": "static_select", "option_groups": [{"label": plain("x"), "options": options(2)}]}),
        section(accessory={"type": "image", "alt_text": "x", "image_url": "https://x.test/y.png"}),
        field_of({"type": "multi_static_select", "options": options(2), "max_selected_items": 2}),
    ],
)
def test_the_other_elements_are_accepted(block: Json) -> None:
    assert message_problems([block]) == []
