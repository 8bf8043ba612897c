"""Heads as delivery draws them: the mute of their code, the link to the previous head, and their jobs."""

from datetime import timedelta

from bot.delivery.group_rendering import draw_group, draw_thread_line
from bot.domain.cards import CardJob
from bot.domain.changes import EndReason
from bot.domain.failure_groups import GroupKind, PreviousHead
from bot.domain.watches import FailureCode
from bot.store import Store
from bot.watches.mute import mute
from tests.bot.group_jobs import add
from tests.bot.memory import NOW
from tests.bot.samples import card, job
from tests.bot.slack import Said
from tests.bot.views import grouped, judges
from tests.bot.watching import DANA, HERE, WatchingWorld

GROUP = grouped.group(14, place=HERE, account="acme", service="video")


async def test_a_head_shows_its_mute(store: Store):
    world = WatchingWorld(store)
    assert "muted" not in judges.words(await draw_group(world.deps, GROUP))
    await mute(world.deps, FailureCode("acme", "video", None, "ALG.002"), HERE, DANA)
    assert "🔇 `ALG.002` is muted here until" in judges.words(await draw_group(world.deps, GROUP))
    world.now += timedelta(days=8)
    assert "muted" not in judges.words(await draw_group(world.deps, GROUP))


async def test_a_head_leads_to_the_one_before_while_that_is_there(store: Store):
    world = WatchingWorld(store)
    world.slack.said.append(Said(HERE, "1.1", "before"))
    before = PreviousHead(channel=HERE, ts="1.1", count=3, closed_at=NOW)
    text = judges.words(await draw_group(world.deps, GROUP.model_copy(update={"previous": before})))
    assert "Before: 3 failed until" in text
    assert "|open that message>" in text
    gone = before.model_copy(update={"ts": "1.2"})
    text = judges.words(await draw_group(world.deps, GROUP.model_copy(update={"previous": gone})))
    assert "Before: 3 failed until" in text
    assert "open that message" not in text


async def test_a_storm_has_what_the_step_says_and_what_is_kept(store: Store):
    kept, new = (GROUP.model_copy(update={"id": each, "code": each}) for each in ("g3", "g4"))
    await store.groups.keep(kept)
    storm = GROUP.model_copy(update={"group": GroupKind.STORM, "groups": ("g3", "g4", "g5")})
    text = judges.words(await draw_group(WatchingWorld(store).deps, storm, groups={"g4": new}, posted=False))
    assert ("`g3`" in text, "`g4`" in text) == (True, True)


async def test_a_batch_is_drawn_off_its_card_and_a_service_off_its_record(store: Store):
    deps = WatchingWorld(store).deps
    batch = GROUP.model_copy(update={"group": GroupKind.BATCH, "card": "c1"})
    failed = card("c1", job("a", "failed"), job("b"))
    failed = failed.having("acme/video/a", CardJob(fate=EndReason.ENDED, job=job("a", "failed"), at=NOW))
    assert (await draw_group(deps, batch, card=failed)).text.startswith("❌ 1 of 2 jobs failed: ❌ 1 ×")
    down = GROUP.model_copy(update={"group": GroupKind.DOWN, "kind": "late", "code": None})
    assert (await draw_group(deps, down)).text == "⚠️ Can't see video: not responding"


async def test_a_line_names_the_newest_of_what_is_new(store: Store):
    world = WatchingWorld(store)
    await add(store, HERE, GROUP.id, [grouped.job(number) for number in range(14)])
    line = await draw_thread_line(world.deps, GROUP)
    assert line.text == "❌ 13 more failed: ALG.002, 14 in all"
    assert "*lecture 13*" in judges.words(line)
    assert "+3" in judges.words(line)
    later = await draw_thread_line(world.deps, GROUP.model_copy(update={"line_count": 12}))
    assert later.text == "❌ 2 more failed: ALG.002, 14 in all"
