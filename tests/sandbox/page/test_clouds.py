"""The clouds' control page."""

import re

from playwright.async_api import Browser, expect

from sandbox.clouds.server import serving
from sandbox.clouds.world import World
from tests.browser import ON_THE_PAGE, looking_at

pytestmark = ON_THE_PAGE


async def test_a_job_is_added_and_ended_with_one_click_each(chromium: Browser) -> None:
    world = World(jobs_per_service=0, arrival_s=0)
    async with serving(world) as url, looking_at(chromium, f"{url}/control") as page:
        service = page.locator("section", has=page.get_by_role("heading", name="media-cn/video-ocr"))
        endings = service.get_by_role("button", name="Fail by-hand.mp4")
        await service.get_by_role("button", name="Add 20").click()
        await expect(endings).to_have_count(20)
        for left, end in ((19, "Succeed"), (18, "Fail"), (17, "Cancel")):
            await service.get_by_role("button", name=f"{end} by-hand.mp4").first.click()
            await expect(endings).to_have_count(left)
        words = [job.word(world.now()) for job in world.store("media-cn", "video-ocr").select(world.now())]
        assert {"SUCCEEDED", "FAILED", "STOPPED"} <= set(words)
        await page.get_by_role("button", name="1 day").click()
        await expect(service.get_by_text("0 running jobs")).to_be_visible()


async def test_a_storm_and_list_faults(chromium: Browser) -> None:
    world = World(jobs_per_service=0, arrival_s=0)
    async with serving(world) as url, looking_at(chromium, f"{url}/control") as page:
        await page.get_by_role("spinbutton", name="failures").fill("30")
        await page.get_by_role("checkbox", name="media-cn/digital-human").check()
        await page.get_by_role("button", name="Start the storm").click()
        await expect(page.get_by_role("status")).to_contain_text("30 jobs will fail and 8 will succeed.")
        world.advance(60)
        service = page.locator("section", has=page.get_by_role("heading", name="media-cn/digital-human"))
        await service.get_by_role("button", name="runs behind").click()
        await expect(service).to_contain_text("15 FAILED")
        await expect(service).to_contain_text("clock 300 s behind")
        await service.get_by_role("button", name="Add a job that is listed late").click()
        await expect(service).to_contain_text("1 not listed yet")
        for name in ("fail once at request number", "delete jobs before the next page", "total too low"):
            await service.get_by_role("button", name=name).click()
            await expect(service.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        set_faults = [(each.fault, each.after, each.entries, each.off_by) for each in world.faults.current(world.now())]
        assert set_faults == [("error", 1, 1, 100), ("delete", 0, 3, 100), ("wrong_total", 0, 1, -3)]
        await service.get_by_text(re.compile(r"^\d+ newest jobs$")).click()
        deletions = service.get_by_role("button", name="Delete storm-")
        before = await deletions.count()
        await deletions.first.click()
        await expect(deletions).to_have_count(before - 1)
        await page.get_by_role("button", name="Clear all faults").click()
        await expect(page.get_by_role("button", pressed=True)).to_have_count(0)
        assert world.store("media-cn", "digital-human").clock.shift_at(world.now()) == 0
