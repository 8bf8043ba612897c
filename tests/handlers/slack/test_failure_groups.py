"""The buttons of heads: list every job, mute a code in two clicks, answer old clicks."""

from typing import Any

import pytest

from bot.domain.button_payloads import SELECTS, SHOW_ALL, SNOOZE, UNSNOOZE, CommandPayload, GroupPayload
from bot.domain.failure_groups import FailureGroup, GroupKind, ShownGroup
from bot.store import Store
from bot.views.slack.failure_groups import head
from tests.bot.group_jobs import add
from tests.bot.memory import NOW, InMemory
from tests.bot.views import grouped, judges
from tests.desk import Desk
from tests.scenarios.person import Answer

HERE = "T0SANDBOX/C0ONCALL"


def group(count: int, **values: Any) -> FailureGroup:
    """Return a group of the desk's account."""
    return grouped.group(count, place=HERE, account="acme", service="video", **values)


def job(number: int) -> Any:
    return grouped.job(number, NOW).model_copy(update={"ref": f"acme/video/{number:06x}1e4c4dc685aa2dfc22a28dc5"})


async def clicked(desk: Desk, answer: Answer, label: str) -> Answer:
    """Press a button of an answer, which another page may replace."""
    [button] = [each for _, each in answer.elements if each.get("text", {}).get("text") == label]
    action = desk.acted(action_id=button["action_id"], value=button["value"])
    return await desk.answers(action)


async def show_all(desk: Desk, group_id: str = "g12") -> Answer:
    return await desk.action(action_id=SHOW_ALL, value=GroupPayload(group=group_id).encode())


async def test_every_job_of_a_group_is_on_a_page(desk: Desk, store: Store):
    await store.groups.keep(group(45))
    await add(store, HERE, "g12", [job(number) for number in range(45)])
    page, seen = await show_all(desk), set[str]()
    assert page.json["ephemeral"]
    while True:
        seen |= {text for text in page.text.replace("`", "\n").split("\n") if text.endswith("28dc5")}
        assert page.says("❌ *45 failed*: `ALG.002`, video")
        if "Next ▶" not in page.buttons():
            break
        page = await clicked(desk, page, "Next ▶")
    assert seen == {job(number).id for number in range(45)}
    assert page.says("41–45 of 45")
    assert "21–40 of 45" in (await clicked(desk, page, "◀ Previous")).text


async def test_a_storm_is_listed_by_group_the_worst_first(desk: Desk, store: Store):
    small, large = group(2, id="g3", code="A.1"), group(25, id="g4", code="A.2")
    await store.groups.keep(group(27, group=GroupKind.STORM, groups=("g3", "g4", "g5"), code=None, newest=()))
    for each in (small, large):
        await store.groups.keep(each)
        await add(store, HERE, each.id, [job(number + 100 * each.count) for number in range(each.count)])
    page = await show_all(desk)
    assert page.says("*❌ 25 failed: A.2, video*")
    assert not page.says("A.1")
    assert page.buttons().count("Mute this code") == 1
    page = await clicked(desk, page, "Next ▶")
    assert page.text.index("A.2") < page.text.index("A.1")
    assert page.says("21–27 of 27")


@pytest.mark.parametrize("value", ["", "{}", '{"v":1,"group":"c1"}', GroupPayload(group="g99").encode()])
async def test_a_group_that_is_no_longer_kept(desk: Desk, value: str):
    assert "button has expired" in (await desk.action(action_id=SHOW_ALL, value=value)).text
    assert "button has expired" in (await desk.action(action_id=f"{SHOW_ALL}:next", value=value)).text


async def test_from_a_head_to_a_mute_and_back(desk: Desk, store: Store, provider: InMemory):
    message = head(ShownGroup(group(14)), lambda _: None)
    mute = next(each for each in judges.buttons(message.blocks) if each["text"]["text"] == "Mute this code")
    answer = await desk.action(action_id=mute["action_id"], value=mute["value"])
    assert answer.says("`ALG.002` of *acme/video* is muted here until")
    [muted] = (await store.watches.read([HERE]))[0].rules.mutes
    assert (muted.code, muted.group, muted.by) == ("ALG.002", "g12", "T0SANDBOX/U0DANA")
    assert (await clicked(desk, answer, "For ever")).says("is muted here forever")
    [muted] = (await store.watches.read([HERE]))[0].rules.mutes
    assert (muted.until, muted.group) == (None, "g12")
    assert (await clicked(desk, answer, "Unmute")).says("is no longer muted here")
    assert (await store.watches.read([HERE]))[0].rules.mutes == ()


async def test_a_closed_head_has_nothing_to_snooze(desk: Desk, store: Store):
    await store.groups.keep(group(14, closed_at=NOW))
    picked = {"selected_option": {"value": "1h"}, "type": "static_select"}
    block_id = SELECTS + CommandPayload(card="g12").encode()
    answer = await desk.action(action_id=SNOOZE, block_id=block_id, **picked)
    assert answer.says("This message is closed; nothing to snooze.")


async def test_a_head_is_snoozed_and_woken(desk: Desk, store: Store):
    await store.groups.keep(group(14))
    picked = {"selected_option": {"value": "1h"}, "type": "static_select"}
    block_id = SELECTS + CommandPayload(card="g12").encode()
    answer = await desk.action(action_id=SNOOZE, block_id=block_id, **picked)
    assert answer.says("😴 ❌ *14 failed*: `ALG.002`, video: snoozed until")
    answer = await desk.action(action_id=UNSNOOZE, value=CommandPayload(card="g12").encode())
    assert answer.says("no longer snoozed")
