"""A submitted form becomes the request of a command."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import ExpiredError
from handlers.commands.parser import parse
from handlers.slack.form_values import Mistakes, subscription
from tests.handlers.requests import CATALOG, ID, REF, UUID, typed


def form(**fields: Any) -> dict[str, Any]:
    """Return a submission as Slack sends it."""
    return {"view": {"state": {"values": {name: {name: held} for name, held in fields.items()}}}}


def jobs(text: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": text}


def option(value: str) -> dict[str, Any]:
    return {"type": "static_select", "selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value}}


def test_a_form_as_it_opens():
    filled = subscription(form(jobs=jobs(f"{REF}, {UUID}"), on=option("done"), to=option("default")), CATALOG)
    assert str(filled) == f"subscribe {REF} {UUID} on:done"


def options(*values: str) -> dict[str, Any]:
    return {"type": "multi_static_select", "selected_options": [option(value)["selected_option"] for value in values]}


def test_everything_filled_in():
    people = {"type": "multi_users_select", "selected_users": ["U0DANA", "W0LEE"]}
    groups = {"type": "plain_text_input", "value": "S0ONCALL, <!subteam^S0MEDIA>"}
    filled = subscription(
        form(jobs=jobs(ID), on=option("any"), to=option("dm"), mention=people, groups=groups), CATALOG
    )
    mention = "mention:<@U0DANA>,<@W0LEE>,<!subteam^S0ONCALL>,<!subteam^S0MEDIA>"
    assert str(filled) == f'subscribe {ID} on:any to:dm "{mention}"' or str(filled).endswith(mention)
    assert parse(str(filled), CATALOG) == filled


@pytest.mark.parametrize(
    ("fields", "where", "words"),
    [
        ({}, "jobs", "Which job?"),
        ({"jobs": jobs("lecture 7.mp4")}, "jobs", "7.mp4 is not a job"),
        ({"jobs": jobs("media-ch/video-ocr/" + ID)}, "jobs", "Unknown account media-ch"),
        ({"jobs": jobs("help")}, "jobs", "help is not a job"),
        ({"jobs": jobs("aasd****")}, "jobs", "masked id"),
        ({"jobs": jobs(f"{ID} on:failed")}, "jobs", "on:failed is not a job"),
        ({"jobs": jobs(" ".join(f"{at:032x}" for at in range(21)))}, "jobs", "21 jobs are too many"),
        ({"jobs": jobs(ID), "groups": jobs("@on-call")}, "groups", "Unknown user group @on-call"),
        ({"jobs": jobs(ID), "groups": jobs(" ".join(f"S{at:03}" for at in range(11)))}, "groups", "11 mentions"),
    ],
)
def test_an_error_is_below_its_field(fields: dict[str, Any], where: str, words: str):
    filled = subscription(form(**fields), CATALOG)
    assert isinstance(filled, Mistakes)
    assert list(filled.lines) == [where]
    assert words in filled.lines[where]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (option("failed"), "on:failed"),
        (option("done"), "on:done"),
        (options("done,stuck"), "on:done,stuck"),
        (options("failed", "started"), "on:failed,started"),
        (options("any", "done,stuck"), "on:done,stuck,any"),
        (options(), ""),
    ],
)
def test_several_events_can_be_picked_and_a_form_of_before_has_one(held: dict[str, Any], words: str):
    filled = subscription(form(jobs=jobs(ID), on=held), CATALOG)
    assert str(filled) == f"subscribe {ID} {words}".rstrip()


def test_an_event_that_does_not_exist_is_refused():
    with pytest.raises(ExpiredError):
        subscription(form(jobs=jobs(ID), on=options("failed", "dreamt")), CATALOG)


json = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "jobs", "x"]), inner),
    max_leaves=8,
)


@given(typed, typed, json)
@example("-H", "", None)
def test_no_form_is_too_odd(named: str, groups: str, odd: object):
    for fields in ({"jobs": jobs(named), "groups": jobs(groups)}, {"jobs": odd}, {"jobs": jobs(named), "mention": odd}):
        filled = subscription(form(**fields), CATALOG)
        assert isinstance(filled, Mistakes) or parse(str(filled), CATALOG).jobs == filled.jobs


def test_user_groups_are_picked_or_typed_by_handle_or_id():
    picked = {"type": "multi_static_select", "selected_options": [{"value": "S0ONCALL"}, {"value": "S0MEDIA"}]}
    for groups in (picked, jobs("@On-Call S0MEDIA"), jobs("on-call,<!subteam^S0MEDIA|@media>")):
        filled = subscription(form(jobs=jobs(ID), groups=groups), CATALOG, {"on-call": "S0ONCALL"})
        assert "mention:<!subteam^S0ONCALL>,<!subteam^S0MEDIA>" in str(filled)
