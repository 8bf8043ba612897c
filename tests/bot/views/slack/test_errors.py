"""Errors as messages: Slack accepts each, and its button helps."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import CommandPayload
from bot.domain.errors import Problem, UsageError
from bot.views.slack import errors
from tests.bot.views import anything, judges

account_names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,38}", fullmatch=True)
complaints = st.builds(
    UsageError,
    st.sampled_from(Problem),
    anything.nasty,
    expected=st.lists(account_names, max_size=3).map(lambda names: tuple(names * 40)),
    suggestion=anything.maybe,
)


@settings(max_examples=60)
@given(complaints)
def test_slack_takes_every_complaint(error: UsageError):
    made = errors.usage(error)
    judges.accept(made)
    assert made.blocks[0]["text"]["text"].startswith("🤔 ")


def test_a_correction_can_be_run():
    made = errors.usage(UsageError(Problem.UNKNOWN_WORD, "lst", expected=("list", "show"), suggestion="list media-cn"))
    assert made.blocks[0]["text"]["text"] == (
        "🤔 Unknown word `lst`. Try list or show.\nDid you mean `/jobs list media-cn`?"
    )
    assert made.text == "Unknown word lst. Try list or show.\nDid you mean /jobs list media-cn?"
    assert judges.commands(made.blocks) == {"Yes, run it": CommandPayload(text="list media-cn").encode()}


def test_a_correction_too_long_for_a_button_is_only_text():
    made = errors.usage(UsageError(Problem.UNKNOWN_WORD, "lst", suggestion="list name:" + "x" * 2000))
    judges.accept(made)
    assert judges.commands(made.blocks) == {}


def test_the_way_back_from_an_expired_button():
    made = errors.expired()
    judges.accept(made)
    assert made.text == ("This button has expired. Type the command again, for example /jobs list.")
    assert judges.commands(made.blocks) == {"List jobs": CommandPayload(text="list").encode()}


def test_errors_that_the_user_did_not_cause():
    lost = errors.memory_lost()
    judges.accept(lost)
    assert "`/jobs show`" in judges.words(lost), "it names what works without Redis"
    made = errors.our_fault("abc123")
    judges.accept(made)
    assert "Reference: `abc123`" in judges.words(made)
    assert "Reference: abc123" in made.text
