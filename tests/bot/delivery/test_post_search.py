"""A Slack whose errors do not show whether a message arrived, and whose history shows it late."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from bot.delivery import card_editor, sender
from bot.delivery.dispatcher import deliver
from bot.domain.cards import On, To
from bot.domain.outbox import Doubt
from bot.store import Store, slack_rate_limits
from providers.models import JobState
from tests.bot import received
from tests.bot import test_exactly_once as exactly_once
from tests.bot.delivery_world import World
from tests.bot.samples import DESTINATION
from tests.bot.slack import Reply, refused

LATE_S = 5.0
"""Seconds after Slack's own error until its history shows the message all the same."""
SILENT_LATE_S = 14.0
"""The same after a call without an answer."""


class Story(exactly_once.Story):
    """The stories of the exactly-once model, with a Slack whose history is late."""

    async def _open(self) -> None:
        await super()._open()
        self.slack.status_code = 500
        self.slack.answered_late_s, self.slack.silent_late_s = LATE_S, SILENT_LATE_S

    @rule(
        ids=st.lists(st.sampled_from(exactly_once.IDS), min_size=1, max_size=2, unique=True),
        here=st.sampled_from(exactly_once.HERE),
        wanted=exactly_once.terms_of,
        changes=exactly_once.changes,
    )
    def nothing_can_be_posted_while_jobs_end(
        self,
        ids: list[str],
        here: str,
        wanted: tuple[str, On, To | None],
        changes: list[tuple[str, JobState | None]],
    ) -> None:
        """Their cards are posted after the jobs have finished."""
        self.slack.trouble = ["token_revoked"] * 5
        self.subscribe(ids, here, wanted, None)
        self.slack.trouble = []
        self.jobs_change(changes, None)


@pytest.mark.parametrize("searches_a_minute", [100_000, 1])
def test_every_change_is_posted_exactly_once_by_a_late_history(
    redis_process: str, monkeypatch: pytest.MonkeyPatch, searches_a_minute: int
):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    monkeypatch.setattr(sender, "draw", received.draw)
    monkeypatch.setattr(card_editor, "draw_card", received.draw_card)
    monkeypatch.setattr(card_editor, "draw_group", received.draw_group)
    for budget, number in [("EDITS", 100_000), ("POSTS", 100_000), ("SEARCHES", searches_a_minute)]:
        monkeypatch.setattr(slack_rate_limits, f"{budget}_A_MINUTE", number)
    story = type("LateStory", (Story,), {"url": redis_process})
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    bounds = settings(
        max_examples=max(1, exactly_once.STORIES // 4), stateful_step_count=20, suppress_health_check=health
    )
    run_state_machine_as_test(story, settings=bounds)


@pytest.fixture
async def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    """A destination with a card, whose job has just finished."""
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    world = World(store)
    world.slack.status_code = 500
    await world.follow()
    await world.becomes(state=JobState.SUCCEEDED)
    return world


async def searched(world: World) -> list[int]:
    """Deliver until nothing waits. Return the seconds from now at which the conversation was searched."""
    start, before = world.unix(), len(world.slack.searches)
    while (wait := await deliver(world.deps, DESTINATION)) is not None:
        world.now += timedelta(seconds=wait)
    return list(dict.fromkeys(round(at - start) for at in world.slack.searches[before:]))


def replies(world: World) -> int:
    return sum(bool(said.thread_ts) and said.there for said in world.slack.said)


@pytest.mark.parametrize(("late_s", "searches"), [(0, [1]), (2.5, [1, 3]), (5, [1, 3, 6])])
async def test_a_post_that_slack_stored_with_an_error_is_found_soon_after_the_history_shows_it(
    world: World, late_s: float, searches: list[int]
):
    world.slack.trouble, world.slack.answered_late_s = ["internal_error!"], late_s
    assert await searched(world) == searches
    assert replies(world) == 1


async def test_one_that_slack_refused_with_its_own_error_is_sent_again_after_the_third_search(world: World):
    world.slack.trouble = ["internal_error"]
    assert await searched(world) == [1, 3, 6]
    assert replies(world) == 1


async def test_an_undocumented_error_of_the_server_is_a_doubt_too(world: World):
    world.slack.trouble, world.slack.answered_late_s = ["a_code_that_nobody_knows!"], 5
    assert await searched(world) == [1, 3, 6]
    assert replies(world) == 1


@pytest.mark.parametrize("trouble", ["!", "lost"])
@pytest.mark.parametrize(("late_s", "searches"), [(0, [3]), (14, [3, 15])])
async def test_one_without_an_answer_is_searched_for_at_three_seconds_and_at_fifteen(
    world: World, trouble: str, late_s: float, searches: list[int]
):
    world.slack.trouble, world.slack.silent_late_s = [trouble], late_s
    assert await searched(world) == searches
    assert replies(world) == 1


async def test_a_process_that_dies_with_its_doubt_leaves_a_mark_that_is_searched_for_as_without_an_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    world.slack.trouble, world.slack.answered_late_s = ["internal_error!"], 14
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.outbox.Outbox.renew", dies)
        with pytest.raises(ConnectionAbortedError):
            await deliver(world.deps, DESTINATION)
    assert await searched(world) == [3, 15]
    assert replies(world) == 1


async def dies(*_: object) -> None:
    raise ConnectionAbortedError


async def test_a_doubt_waits_for_its_moment_and_keeps_no_worker(world: World):
    world.slack.trouble = ["internal_error!"]
    assert await deliver(world.deps, DESTINATION) == pytest.approx(1, abs=0.1)
    in_flight = (await world.snapshot()).in_flight
    assert in_flight
    assert in_flight.doubt is Doubt.ANSWERED
    assert await deliver(world.deps, DESTINATION) == pytest.approx(1, abs=0.1), "the next worker knows it too"
    assert world.slack.searches == []


async def test_without_budget_for_searches_the_last_one_is_made_at_fifteen_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(slack_rate_limits, "SEARCHES_A_MINUTE", 1)
    assert await world.store.slack.may_search("")
    world.slack.trouble = ["internal_error!"]
    assert await searched(world) == [15]
    assert replies(world) == 1


async def test_an_app_whose_searches_slack_limits_makes_no_early_ones(world: World, monkeypatch: pytest.MonkeyPatch):
    world.slack.trouble, world.slack.answered_late_s = ["internal_error!"], 5
    await deliver(world.deps, DESTINATION)
    world.now += timedelta(seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(world.slack, "api_call", limits)
        assert await deliver(world.deps, DESTINATION) == 1
    assert await searched(world) == [14]
    assert replies(world) == 1


async def limits(*_: object, **__: object) -> Reply:
    raise refused("ratelimited", 429, **{"Retry-After": "1"})


async def test_where_the_history_may_not_be_read_fifteen_seconds_are_waited(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    async def refuses(*_: object, **__: object) -> Reply:
        raise refused("missing_scope")

    monkeypatch.setattr(world.slack, "api_call", refuses)
    world.slack.trouble = ["internal_error"]
    start = world.unix()
    await searched(world)
    assert replies(world) == 1
    assert float(world.slack.said[-1].ts) - start >= sender.IN_FLIGHT_TIMEOUT_S


async def test_a_reply_that_is_sent_again_without_its_thread_is_searched_for_from_then_on(world: World):
    """Its first call was refused late. The second one does not count as lost because of that."""
    card = world.slack.said[0]
    card.gone = True

    async def slowly() -> None:
        world.now += timedelta(seconds=sender.IN_FLIGHT_TIMEOUT_S + 1)

    world.slack.trouble, world.slack.silent_late_s, world.slack.slowly = ["slow", "lost"], 14, slowly
    await searched(world)
    assert [said.there for said in world.slack.said] == [False, True]
