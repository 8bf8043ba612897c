"""The clouds' control page."""

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
        await expect(service.get_by_text("The newest 0 jobs under way")).to_be_visible()
