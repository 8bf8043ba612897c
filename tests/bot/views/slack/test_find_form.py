"""The form that finds jobs."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.answers import JobList
from bot.domain.button_payloads import CommandPayload
from bot.views.slack.find_form import AGES, TITLE, FormValues, Found, form
from handlers.commands import times
from providers.models import JobState
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON, job

names = st.lists(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True), max_size=120, unique=True)
fills = st.builds(
    FormValues,
    accounts=names,
    services=names,
    text=anything.nasty,
    account=st.sampled_from(["", "media-cn", "elsewhere"]),
    service=st.sampled_from(["", "vod-sg", "elsewhere"]),
    kind=anything.nasty,
    states=st.lists(st.sampled_from([each.value for each in JobState]), unique=True),
    since=st.sampled_from(["", *dict(AGES).values()]),
)
answers = anything.lists.filter(lambda found: len(found.jobs) <= 10)
FILLED = FormValues(("media-cn", "vod-sg"), ("video-ocr", "digital-human"), account="media-cn", states=("failed",))


def list_of(**more: object) -> JobList:
    return JobList.model_validate({"services": 5, "checked_at": NOON, **more})


@given(fills, st.none() | answers, st.booleans())
def test_slack_takes_every_form(filled: FormValues, answer: JobList | None, asking: bool):  # noqa: FBT001
    judges.accept_modal(form(filled, Found(answer, asking)))


def test_it_shows_the_values_that_are_filled_in():
    view = form(FILLED, Found(asking=True))
    assert view["title"]["text"] == TITLE
    fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert list(fields) == ["text", "account", "service:media-cn", "state", "since", "kind"]
    assert fields["account"]["initial_option"]["value"] == "media-cn"
    assert [each["value"] for each in fields["service:media-cn"]["options"]] == ["any", "video-ocr", "digital-human"]
    assert [each["value"] for each in fields["state"]["initial_options"]] == ["failed"]
    assert "Asking every service …" in str(view)


def test_results_appear_below_with_their_buttons():
    jobs = tuple(job(id=f"{at:032x}") for at in range(10))
    found = form(FILLED, Found(list_of(jobs=jobs, offset=10, total=42, more=True)))
    text = str(found)
    assert "11–20 of 42" in text
    assert len([each for each in judges.buttons(found["blocks"]) if each["text"]["text"] == "Details"]) == 10
    asks = judges.commands(found["blocks"])
    assert CommandPayload.model_validate_json(asks["◀ Previous"]).offset == 0
    assert CommandPayload.model_validate_json(asks["Next ▶"]).offset == 20


def test_nothing_found_says_so():
    assert "No jobs match." in str(form(FILLED, Found(list_of())))


def test_every_age_is_a_filter():
    for value in dict(AGES).values():
        assert times.instant(value, NOON) < NOON
