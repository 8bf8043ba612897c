"""The form to subscribe to jobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Problem, UsageError
from bot.domain.user_groups import UserGroup
from bot.views.slack import subscribe_form
from tests.bot.views import anything, judges

ID = "f18320e61e4c4dc685aa2dfc22a28dc5"


@given(st.lists(anything.sure, max_size=20), st.booleans())
def test_slack_takes_every_form(jobs: list[str], asks: bool):  # noqa: FBT001
    judges.accept_modal(subscribe_form.form(jobs, asks_where=asks, mentions_max=10))


def test_it_is_filled_in_so_that_enter_confirms():
    view = subscribe_form.form([ID, "a"], asks_where=False, mentions_max=10)
    jobs, on, to, *_ = view["blocks"]
    assert jobs["element"]["initial_value"] == f"{ID} a"
    assert jobs["element"]["focus_on_load"]
    assert "multiline" not in jobs["element"]  # there Enter would start a line
    assert [each["value"] for each in on["element"]["initial_options"]] == ["done,stuck"]
    assert to["element"]["initial_option"]["value"] == subscribe_form.DEFAULT
    assert all(block["optional"] for block in view["blocks"][3:])


def test_the_form_asks_for_an_unknown_channel():
    *_, where = subscribe_form.form([], asks_where=True, mentions_max=10)["blocks"]
    assert where["element"]["response_url_enabled"]
    assert where["element"]["default_to_current_conversation"]


@pytest.mark.parametrize("problem", Problem)
def test_every_complaint_is_plain(problem: Problem):
    text = subscribe_form.complaint(UsageError(problem, "<!channel> `x`", expected=("a", "b")))
    assert text
    assert "`" not in text.replace("`x`", "")


def test_groups_are_picked_where_they_are_known_and_few_enough_for_a_menu():
    for number, kind in [(0, "plain_text_input"), (100, "multi_static_select"), (101, "plain_text_input")]:
        groups = [UserGroup(f"S{at:05}", f"team-{at}", "A team's name that is as long as Slack lets it be" * 3)
                  for at in range(number)]  # fmt: skip
        view = subscribe_form.form([ID], groups, asks_where=False, mentions_max=10)
        judges.accept_modal(view)
        [field] = [each for each in view["blocks"] if each["block_id"] == "groups"]
        assert field["element"]["type"] == kind
