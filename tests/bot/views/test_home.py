"""The Home tab within Slack's limits, whatever there is to show."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import JobList, ServiceHealth
from bot.cards import Shown
from bot.views import home as view
from sandbox.slack.view_rules import check_view
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.anything import NOON, job
from tests.bot.views.subscribed import RUNNING

NOTHING = JobList(services=5, checked_at=NOON)
ANSWERS = ServiceHealth(account="media-cn", service="video-ocr", region="cn-north-4", lists=True, latency_s=0.08)


def accept(tab: dict[str, object]) -> str:
    check_view(tab, "home")
    judges.accept_blocks(tab["blocks"])  # pyright: ignore[reportArgumentType]
    return str(tab)


def apart(shown: list[Shown]) -> list[Shown]:
    """No card stands there twice."""
    return [
        each.model_copy(update={"card": each.card.model_copy(update={"id": f"card{at}"})})
        for at, each in enumerate(shown)
    ]


@settings(max_examples=40)
@given(
    st.none() | st.lists(subscribed.shown(), max_size=3),
    st.integers(1, 20),
    anything.lists.map(lambda found: found.model_copy(update={"jobs": found.jobs[:10]})),
    anything.many(anything.health),
)
def test_slack_takes_every_tab(mine: list[Shown] | None, times: int, jobs: JobList, health: tuple[ServiceHealth, ...]):
    accept(view.home(None if mine is None else apart(mine * times), jobs, jobs, health, NOON))
    accept(view.loading())


def test_everything_has_its_part():
    mine = [subscribed.seen(subscribed.card(RUNNING))]
    failed = NOTHING.model_copy(update={"jobs": (job(id="b" * 32, name="broken"),), "more": True})
    tab = view.home(
        mine, NOTHING, failed, [ANSWERS, ANSWERS.model_copy(update={"service": "vod", "asked": False})], NOON
    )
    text = accept(tab)
    for words in ("*My subscriptions*", "*lecture 7*", "*Running now*", "No jobs match.", "*broken*", "in 80 ms",
                  "was not asked yet", "`/jobs list` has all"):  # fmt: skip
        assert words in text
    assert {"Refresh", "Find jobs", "Unsubscribe", "Details"} <= set(judges.commands(tab["blocks"]))


def test_without_redis_it_says_so():
    assert view.MEMORY_LOST in accept(view.home(None, NOTHING, NOTHING, [], NOON))


def test_who_follows_nothing_is_told_how_to():
    assert "/jobs subscribe JOB" in accept(view.home([], NOTHING, NOTHING, [], NOON))
