"""Workspaces install the app without an operator: each is separate, and nothing is left after an uninstall."""

import asyncio
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from cryptography.fernet import Fernet
from redis import Redis
from structlog.testing import capture_logs

from bot.background.reconcile import reconcile_destinations
from bot.config.settings import load
from bot.domain.errors import ConfigError
from bot.slack_api import installations
from bot.store import Store
from bot.store.redis.connection import RedisLink
from bot.subscriptions import uninstall
from sandbox.demo import ONE_WORKSPACE, SEVERAL_WORKSPACES
from sandbox.slack.workspace.more_workspaces import HARBOR, HARBOR_LIVE, HARBOR_STUDIO, NORTHWIND
from tests.scenarios.person import PATIENCE_S
from tests.scenarios.visitors import Site, opened

HOME, NORTH = "T0SANDBOX", NORTHWIND.id


@pytest.fixture
async def site(tmp_path: Path, link: RedisLink, redis_process: str) -> AsyncGenerator[Site]:
    """Yield workspaces and a bot that is not running yet."""
    del link  # empties Redis before, and checks its keys afterwards
    async with opened(tmp_path, redis_process) as site:
        yield site


READING = {
    "string": ("GET",),
    "hash": ("HGETALL",),
    "set": ("SMEMBERS",),
    "list": ("LRANGE", 0, -1),
    "zset": ("ZRANGE", 0, -1),
    "stream": ("XRANGE", "-", "+"),
}


def everything_in(url: str) -> str:
    """Return all that Redis stores, names and values, including tasks in pydocket's format."""
    with Redis.from_url(url) as redis:  # pyright: ignore[reportUnknownMemberType]

        def ask(*command: object) -> Any:
            return cast("Any", redis.execute_command(*command))  # pyright: ignore[reportUnknownMemberType]

        kept = ""
        for name in ask("KEYS", "*"):
            command, *rest = READING[ask("TYPE", name).decode()]
            kept += f"{name} {ask(command, name, *rest)}\n"
        return kept


async def until_nothing_of(store: Store, workspace: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while any(place.startswith(f"{workspace}/") for place in await store.outbox.destinations()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_workspace_installs_it_and_asks(site: Site) -> None:
    async with site.running():
        page = await site.installs(NORTH)
        assert page.status == 200
        assert "Callboard is installed in Northwind" in page.text
        assert "1–10 of" in (await site.person(NORTH).types("/jobs list video-ocr", "C0ONCALL")).text


async def test_a_workspace_without_the_app_is_notified(site: Site) -> None:
    async with site.running():
        await site.installs(NORTH)
        answer = await site.person(HOME).types("/jobs list")
        assert answer.says("Callboard is no longer installed in this workspace")


async def test_a_job_followed_in_two_workspaces_is_posted_in_each(site: Site, quick: None) -> None:
    """Northwind's #incidents has the id of the first workspace's #on-call, Nora has Dana's id."""
    del quick
    async with site.running() as bot:
        for team in (HOME, NORTH):
            await site.installs(team)
        dana, nora = site.person(HOME), site.person(NORTH)
        mine, hers, both = site.job(), site.job(), site.job()
        await dana.types(f"/jobs subscribe {mine.id} {both.id} on:done to:here")
        await nora.types(f"/jobs subscribe {hers.id} {both.id} on:done to:here", "C0ONCALL")
        assert await bot.store.outbox.destinations() == {f"{HOME}/C0ONCALL", f"{NORTH}/C0ONCALL"}
        assert hers.id not in (await dana.types("/jobs subscriptions mine")).text
        assert mine.id not in (await nora.types("/jobs subscriptions here")).text
        await dana.types(f"/jobs unsubscribe {both.id}")
        for job in (mine, hers, both):
            site.clouds.end(job.id, "succeeded")
        await dana.hears("✅", broadcast=True)
        await nora.hears("Both jobs have finished")
        assert hers.id not in str([each.json for each in await dana.sees()])
        assert mine.id not in str([each.json for each in await nora.sees()])


async def test_an_organisation_installs_it_for_all_of_its_workspaces(site: Site, quick: None) -> None:
    del quick
    async with site.running():
        page = await site.installs(HARBOR_LIVE.id, organization=True)
        assert "Callboard is installed in Harbor Group" in page.text
        site.world.workspaces[HARBOR_STUDIO.id].channels["C0STUDIO"].bot_member = True
        for team, channel in ((HARBOR_LIVE.id, "C0LIVEOPS"), (HARBOR_STUDIO.id, "C0STUDIO")):
            somebody, job = site.person(team), site.job()
            await somebody.types(f"/jobs subscribe {job.id} to:here", channel)
            site.clouds.end(job.id, "failed")
            await somebody.hears("❌", channel, broadcast=True)


async def test_an_organisation_uses_every_surface(site: Site) -> None:
    """Payloads from it name the organization, the workspace, or both. Those of a form name neither."""
    async with site.running():
        await site.installs(HARBOR_LIVE.id, organization=True)
        for team, channel in ((HARBOR_LIVE.id, "C0LIVEOPS"), (HARBOR_STUDIO.id, "C0STUDIO")):
            somebody = site.person(team)
            site.world.workspaces[team].channels[channel].bot_member = True
            tab = await somebody.looks_at_home(until="Running now")
            await somebody.picks_channel(tab, channel)
            await somebody.home(until="No one else follows jobs in")
            found = await somebody.opened(lambda who=somebody: who.picks_shortcut("find_jobs"), until="video-ocr")
            await somebody.sends(found)
            await somebody.opened(lambda: asyncio.sleep(0), until="video-ocr")
            bot = site.world.workspaces[team].app.user_id
            await somebody.says(f"<@{bot}> help", channel)
            await somebody.hears("/jobs list", channel, ephemeral=False)
            job = site.job()
            details = await somebody.types(f"/jobs show {job.id}", channel)
            assert "{" in await somebody.opens("Raw", details, channel, until=f'"{job.id}"')


async def test_the_link_may_name_the_workspace(site: Site) -> None:
    async with site.running():
        assert httpx.URL(await site.begin("?team=T0NORTH")).params["team"] == "T0NORTH"


async def test_the_link_asks_for_all_that_the_manifest_declares(site: Site) -> None:
    async with site.running():
        assert httpx.URL(await site.begin()).params["scope"].split(",") == list(site.world.manifest.scopes)


class TestTokens:
    async def test_they_are_renewed_in_time(self, site: Site, quick: None) -> None:
        del quick
        async with site.running() as bot:
            await site.hook(NORTH, "rotation", enabled=True, expires_in=600)
            await site.installs(NORTH)
            nora, job = site.person(NORTH), site.job()
            await nora.types(f"/jobs subscribe {job.id} to:here")
            await site.hook(NORTH, "rotation", enabled=True, expires_in=43200)
            assert isinstance(bot.workspaces, installations.InstalledWorkspaces)
            await asyncio.gather(*(bot.workspaces.renew() for _ in range(3)))
            tokens = (await site.pages[HOME].get("/test/installations")).json()[-1]["tokens"]
            assert len(tokens) == 2  # the first, which lives on to its end, and one more
            await site.hook(NORTH, "clock", advance_s=700)
            site.clouds.end(job.id, "succeeded")
            await nora.hears("✅", broadcast=True)
            assert (await nora.clicks("Details", await nora.types("/jobs list video-ocr"))).says("*Ref*")

    async def test_those_that_end_soon_are_renewed_before_the_bot_begins(self, site: Site) -> None:
        await site.hook(NORTH, "rotation", enabled=True, expires_in=600)
        async with site.running():
            await site.installs(NORTH)
        await site.hook(NORTH, "rotation", enabled=True, expires_in=43200)
        async with site.running() as bot:
            await site.hook(NORTH, "clock", advance_s=700)
            assert bot.workspaces
            await (await bot.workspaces.get(NORTH)).client.auth_test()

    async def test_redis_has_none_that_it_could_give_away(
        self, site: Site, redis_process: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await site.hook(NORTH, "rotation", enabled=True, expires_in=43200)
        async with site.running() as bot:
            await site.installs(NORTH)
            assert bot.workspaces
            token = (await bot.workspaces.get(NORTH)).client.token
        assert token
        kept = everything_in(redis_process)
        assert "callboard:installations" in kept
        assert "xoxb" not in kept
        assert "xoxe" not in kept
        assert token not in kept
        monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())
        async with site.running() as bot:
            answer = await site.person(NORTH).types("/jobs list")
            assert answer.says("no longer installed in this workspace")

    async def test_check_reports_when_a_new_key_has_taken_over(
        self, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with site.running():
            await site.installs(NORTH)
        file = tmp_path / "callboard.toml"
        monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
        file.write_text(file.read_text().replace('["env:CALLBOARD_KEY', '["env:NEW_KEY", "env:CALLBOARD_KEY'))
        site.settings = load(file)
        with capture_logs() as first:
            async with site.running():
                pass
        with capture_logs() as second:
            async with site.running():
                pass
        told = "tokens of a workspace reencrypted with the first of slack.encryption_keys"
        assert [line["workspace"] for line in first if line["event"] == told] == [NORTH]
        assert told not in [line["event"] for line in second]

    async def test_a_new_key_takes_over(self, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async with site.running():
            await site.installs(NORTH)
        file = tmp_path / "callboard.toml"
        monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
        for keys in ('["env:NEW_KEY", "env:CALLBOARD_KEY"]', '["env:NEW_KEY"]'):
            file.write_text(re.sub(r"encryption_keys = .*", f"encryption_keys = {keys}", file.read_text()))
            site.settings = load(file)
            async with site.running():
                assert "1–10 of" in (await site.person(NORTH).types("/jobs list video-ocr")).text

    async def test_what_is_no_key_is_refused_at_the_start(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CALLBOARD_KEY", "correct horse battery staple")
        with pytest.raises(ConfigError, match=r"slack\.encryption_keys: env:CALLBOARD_KEY is not 32 random bytes"):
            async with site.running():
                pass


class TestLeaving:
    async def test_nothing_is_left_of_a_workspace_that_removes_the_app(
        self, site: Site, link: RedisLink, quick: None
    ) -> None:
        del quick
        async with site.running() as bot:
            for team in (HOME, NORTH):
                await site.installs(team)
            job, other = site.job(), site.job()
            nora, dana = site.person(NORTH), site.person(HOME)
            await nora.types(f"/jobs subscribe {job.id} to:here")
            await nora.types(f"/jobs subscribe {other.id} to:dm")
            await dana.types(f"/jobs subscribe {other.id} to:here")
            await site.hook(NORTH, "installed", installed=False)
            await until_nothing_of(bot.store, NORTH)
            site.clouds.end(other.id, "succeeded")
            await dana.hears("✅", broadcast=True)
        left = [key for key in await link.execute("KEYS", "*") if NORTH in key and await link.execute("TTL", key) < 0]
        assert left == []
        assert NORTH not in await link.execute("HKEYS", "callboard:installations")

    async def test_subscriptions_wait_for_a_revoked_token(self, site: Site, quick: None) -> None:
        del quick
        async with site.running() as bot:
            await site.installs(NORTH)
            nora, job = site.person(NORTH), site.job()
            await nora.types(f"/jobs subscribe {job.id} to:here")
            await site.hook(NORTH, "installed", installed=False, revoked=True)
            async with asyncio.timeout(PATIENCE_S):
                while await bot.store.installations.all():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            site.clouds.end(job.id, "succeeded")
            assert "Callboard is installed" in (await site.installs(NORTH)).text
            await nora.hears("✅", broadcast=True)

    async def test_a_workspace_that_left_unheard_is_forgotten_after_a_while(
        self, site: Site, link: RedisLink, quick: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del quick
        async with site.running() as bot:
            await site.installs(NORTH)
            await site.person(NORTH).types(f"/jobs subscribe {site.job().id} to:here")
            assert bot.workspaces
            for _ in range(2):
                await bot.workspaces.uninstall(NORTH, datetime.now(UTC) + timedelta(seconds=1))
                await reconcile_destinations(bot)
                assert await link.execute("HKEYS", "callboard:absent") == [NORTH]
                assert any(place.startswith(NORTH) for place in await bot.store.outbox.destinations())
                await site.installs(NORTH)
                await reconcile_destinations(bot)
                assert await link.execute("HKEYS", "callboard:absent") == []
            await bot.workspaces.uninstall(NORTH, datetime.now(UTC) + timedelta(seconds=1))
            monkeypatch.setattr(uninstall, "ABSENT", timedelta())
            await reconcile_destinations(bot)
            await until_nothing_of(bot.store, NORTH)
            await reconcile_destinations(bot)
            assert await link.execute("HKEYS", "callboard:absent") == []

    async def test_what_slack_tells_late_does_not_undo_a_new_installation(self, site: Site) -> None:
        async with site.running() as bot:
            await site.installs(NORTH)
            assert bot.workspaces
            assert not await bot.workspaces.uninstall(NORTH, datetime.now(UTC) - timedelta(seconds=60))
            assert (await bot.workspaces.get(NORTH)).id == NORTH


class TestRefusals:
    async def test_a_canceled_installation(self, site: Site) -> None:
        async with site.running():
            page = await site.back(await site.decide(NORTH, await site.begin(), allow=False))
            assert page.status == 200
            assert "The installation was canceled in Slack" in page.text
            assert '<a href="install">Start again</a>' in page.text

    async def test_another_browser(self, site: Site) -> None:
        async with site.running():
            query = await site.decide(NORTH, await site.begin())
            site.cookies = ""
            page = await site.back(query)
            assert page.status == 400
            assert "started in another browser" in page.text

    async def test_a_link_that_was_used(self, site: Site) -> None:
        async with site.running():
            query = await site.decide(NORTH, await site.begin())
            assert (await site.back(query)).status == 200
            page = await site.back(query)
            assert page.status == 401
            assert "it is already finished" in page.text

    async def test_a_secret_that_slack_does_not_know(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SLACK_CLIENT_SECRET", "somebody-elses")
        async with site.running():
            page = await site.installs(NORTH)
            assert page.status == 401
            assert "slack.client_id and slack.client_secret don&#x27;t match" in page.text

    async def test_a_stranger(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "callboard.toml"
        file.write_text(
            file.read_text().replace(
                SEVERAL_WORKSPACES, f'{SEVERAL_WORKSPACES}\nworkspaces = ["{HOME}", "{HARBOR.id}"]'
            )
        )
        site.settings = load(file)
        async with site.running() as bot:
            page = await site.installs(NORTH)
            assert page.status == 403
            assert "Not for this workspace" in page.text
            assert await bot.store.installations.all() == {}
            tokens = (await site.pages[HOME].get("/test/installations")).json()[-1]["tokens"]
            assert {each["error"] for each in tokens if each["kind"] == "bot"} == {"token_revoked"}
            assert (await site.installs(HARBOR_STUDIO.id, organization=True)).status == 200

    async def test_without_a_client_id_there_is_nothing_to_install(self, site: Site, tmp_path: Path) -> None:
        file = tmp_path / "callboard.toml"
        file.write_text(file.read_text().replace(SEVERAL_WORKSPACES, ONE_WORKSPACE))
        site.settings = load(file)
        async with site.running():
            assert (await site.bot.get("/slack/install")).status_code == 404


async def test_strangers_who_only_begin_leave_nothing(site: Site, link: RedisLink) -> None:
    """Any stranger can start thousands of installations. The browser's own data identifies each."""
    async with site.running() as bot:
        before = set(await link.execute("KEYS", "*"))
        for _ in range(50):
            await site.begin()
            site.cookies = "slack-app-oauth-state=a-guess"
            assert (await site.back("state=a-guess&code=1")).status == 401
        assert len(set(await link.execute("KEYS", "*")) - before) < 40  # those of the tasks that run beside
        assert (await site.installs(NORTH)).status == 200
        assert await bot.store.installations.get(NORTH)
