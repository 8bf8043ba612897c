"""The room in a message."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import BLOCK_ID_MAX, BUTTON_MAX, CommandPayload
from bot.views.slack import block_kit as views
from bot.views.slack.block_kit import Block, Budget
from tests.bot.views import anything, judges


def more(number: int) -> Block:
    return views.context(f"{number} more")


def test_content_that_fits_is_kept_whole():
    blocks = [views.section(str(at)) for at in range(50)]
    assert Budget().fit(blocks, more) == blocks


def test_omitted_items_are_counted():
    blocks = [views.section(str(at)) for at in range(60)]
    assert Budget().fit(blocks, more) == [*blocks[:49], more(11)]
    long = [views.section("x" * 2900) for _ in range(10)]
    assert Budget().fit(long, more) == [*long[:4], more(6)]


def test_without_any_room_nothing_is_shown():
    assert Budget(chars=10).fit([views.section("x" * 100)], more) == []


def test_a_part_is_no_larger_than_the_whole():
    part = Budget(chars=100, blocks=2).part(blocks=10, chars=1000)
    assert (part.blocks, part.chars) == (2, 100)


@settings(max_examples=30)
@given(st.text(max_size=50), st.lists(st.integers(1, 2990), max_size=80))
def test_no_message_is_too_large(text: str, sizes: list[int]):
    made = views.message(f"Jobs {text}", [views.section("x" * size) for size in sizes])
    judges.accept(made)


@settings(max_examples=30)
@given(anything.nasty)
def test_no_fallback_can_ping(text: str):
    made = views.message(f"Jobs\n{text}", [])
    judges.accept_fallback(made.text)
    assert len(made.text) <= 3000


def test_the_fallback_keeps_its_lines():
    assert views.message("Jobs \n\n <!channel>\x00", []).text == "Jobs\n&lt;!channel&gt;"


def test_lines_share_sections():
    assert [block["text"]["text"] for block in views.stacked(["a", "b"])] == ["a\nb"]
    blocks = views.stacked(["x" * 1000] * 7)
    assert [block["text"]["text"].count("\n") for block in blocks] == [1, 1, 1, 0]
    judges.accept_blocks(blocks)


def test_a_button_whose_command_is_too_long_is_left_out():
    command = CommandPayload(text="x" * 1000)
    assert views.button("Go", "run:go", command) == []
    assert views.button("Go", "run:go", command, limit=BUTTON_MAX)[0]["value"] == command.encode()
    assert views.button("Go", "run:go", CommandPayload(text="x" * BLOCK_ID_MAX), limit=BLOCK_ID_MAX) == []
    assert views.actions("row", []) == []


def test_a_select_shows_what_is_chosen_of_what_it_offers():
    offered = [(f"Label {at}", f"value-{at}") for at in range(120)]
    made = views.select("Pick", "pick", offered, "value-3")
    assert len(made["options"]) == 100
    assert made["initial_option"] in made["options"]
    assert "initial_option" not in views.select("Pick", "pick", offered, "value-110")
    judges.accept_blocks(views.actions("row", [made]))
