"""Share: the answer in the channel, with a name on it."""

from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Stage

FINANCE = "C0FINANCE"  # the bot is not a member


async def test_share_posts_for_everybody_with_the_name(stage: Stage) -> None:
    listed = await stage.dana.types("/jobs list video-ocr")
    shared = await stage.dana.clicks("Share", listed)
    assert not shared.json["ephemeral"]
    assert "shared by <@U0DANA>" in shared.text
    assert [each.ts for each in await stage.lee.sees()] == [shared.ts]


async def test_share_works_where_the_bot_is_not_a_member(stage: Stage) -> None:
    details = await stage.dana.types("/jobs show f18320e61e4c4dc685aa2dfc22a28dc5", FINANCE)
    shared = await stage.dana.clicks("Share", details, FINANCE)
    assert not shared.json["ephemeral"]
    assert "Shared by <@U0DANA>" in shared.text


async def test_what_slack_did_not_confirm_is_not_shared_twice(stage: Stage) -> None:
    listed = await stage.dana.types("/jobs list video-ocr")
    stage.dana.workspace.faults.order(Fault(method="chat.postMessage", drop=True, after=True))
    await stage.dana.starts("Share", listed)
    await stage.dana.hears("may or may not have been posted")
    [shared] = await stage.lee.sees()
    assert "shared by <@U0DANA>" in shared.text


async def test_a_shared_list_can_be_refreshed_by_anybody_and_keeps_its_name(stage: Stage) -> None:
    shared = await stage.dana.clicks("Share", await stage.dana.types("/jobs list video-ocr limit:3"))
    stage.world.advance(120)
    [seen] = await stage.lee.sees()
    refreshed = await stage.lee.turns("Refresh", seen)
    assert refreshed.ts == shared.ts
    assert "shared by <@U0DANA>" in refreshed.text


async def test_open_for_me_answers_the_one_who_clicked(stage: Stage) -> None:
    await stage.dana.clicks("Share", await stage.dana.types("/jobs list video-ocr"))
    [seen] = await stage.lee.sees()
    mine = await stage.lee.clicks("Open for me", seen)
    assert mine.json["ephemeral"]
    assert "Next ▶" in mine.buttons()
