"""The Home tab within Slack's limits, with any content."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import JobList, ServiceHealth
from bot.domain.cards import Shown
from bot.views.slack import home as view
from bot.views.slack.home import ChannelSubscriptions, Tab
from sandbox.slack.block_kit.view_rules import check_view
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.anything import NOON, job
from tests.bot.views.subscribed import RUNNING

NOTHING = JobList(services=5, checked_at=NOON)
ANSWERS = ServiceHealth(account="media-cn", service="video-ocr", region="cn-north-4", lists=True, latency_s=0.08)


def accept(tab: dict[str, object]) -> str:
    check_view(tab, "home")
    judges.accept_blocks(tab["blocks"])  # pyright: ignore[reportArgumentType]
    return str(tab)


def apart(shown: list[Shown], kind: str = "card") -> list[Shown]:
    """Return the cards with different ids, since a tab shows no card twice."""
    return [
        each.model_copy(update={"card": each.card.model_copy(update={"id": f"{kind}{at}"})})
        for at, each in enumerate(shown)
    ]


@settings(max_examples=40)
@given(
    st.none() | st.lists(subscribed.shown(), max_size=3),
    st.integers(1, 20),
    st.builds(
        ChannelSubscriptions,
        channel=st.sampled_from(["", "C0ONCALL"]),
        there=st.sampled_from([True, False, None]),
        cards=st.lists(subscribed.shown(), max_size=10).map(lambda found: apart(found, "other")),
    ),
    anything.lists.map(lambda found: found.model_copy(update={"jobs": found.jobs[:10]})),
    anything.many(anything.health),
)
def test_slack_takes_every_tab(
    mine: list[Shown] | None,
    times: int,
    channel_subscriptions: ChannelSubscriptions,
    jobs: JobList,
    health: tuple[ServiceHealth, ...],
):
    accept(
        view.home(Tab(None if mine is None else apart(mine * times), channel_subscriptions, jobs, jobs, health), NOON)
    )
    accept(view.loading())


def test_everything_has_its_part():
    mine = [subscribed.seen(subscribed.card(RUNNING))]
    failed = NOTHING.model_copy(update={"jobs": (job(id="b" * 32, name="broken"),), "more": True})
    health = [ANSWERS, ANSWERS.model_copy(update={"service": "vod", "asked": False})]
    tab = view.home(Tab(mine, ChannelSubscriptions(), NOTHING, failed, health), NOON)
    text = accept(tab)
    for words in ("*My watches and subscriptions*", "*lecture 7*", "*Running now*", "No jobs match.", "*broken*",
                  "OK · 80 ms", "not checked yet", "`/jobs list` shows all"):  # fmt: skip
        assert words in text
    assert {"Refresh", "Find jobs", "Unsubscribe", "Details"} <= set(judges.commands(tab["blocks"]))


def test_without_redis_it_says_so():
    assert view.MEMORY_LOST in accept(view.home(Tab(None, ChannelSubscriptions(), NOTHING, NOTHING, []), NOON))


def test_a_person_without_subscriptions_reads_how_to_subscribe():
    assert "/jobs subscribe JOB" in accept(view.home(Tab([], ChannelSubscriptions(), NOTHING, NOTHING, []), NOON))


def test_subscriptions_of_others_are_cut_to_the_room_of_the_tab():
    mine = apart([subscribed.seen(subscribed.card(RUNNING))] * 20)
    others = apart([subscribed.seen(subscribed.card(RUNNING, options=subscribed.asked(user="U0LEE")))] * 20, "other")
    many = NOTHING.model_copy(update={"jobs": tuple(job(id=f"{at:032x}") for at in range(10)), "more": True})
    health = [ANSWERS.model_copy(update={"account": f"a{at}"}) for at in range(40)]
    tab = view.home(Tab(mine, ChannelSubscriptions("C0ONCALL", there=True, cards=others), many, many, health), NOON)
    text = accept(tab)
    for words in ("by <@U0LEE>", "… and 12 more cards: `/jobs subscriptions` in <#C0ONCALL>", "more account"):
        assert words in text
    assert "Accounts and services" in text
