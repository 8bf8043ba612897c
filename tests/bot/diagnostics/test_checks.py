"""`callboard check` over real sockets: the sandbox's workspace and clouds, and a real Redis."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from cryptography.fernet import Fernet

from bot.config.settings import load
from bot.diagnostics import checks as module
from bot.diagnostics.checks import check
from bot.domain.findings import Finding, Report, Status
from bot.domain.slack_scopes import BOT_SCOPES, HANDY_SCOPES, WISHED_SCOPES
from bot.slack_api.token_encryption import Installation, TokenCipher
from bot.store.epochs import Epochs
from bot.store.installations import Installations
from bot.store.redis.connection import RedisLink
from providers.secrets import SecretRef
from sandbox.clouds.faults import Fault
from sandbox.clouds.server import PORT
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, MANIFEST, ONE_WORKSPACE, SEVERAL_WORKSPACES, environment
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.credentials import BOT_TOKEN, CLIENT_ID
from sandbox.slack.workspace.faults import Fault as SlackFault
from sandbox.slack.workspace.manifest import read_manifest
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace

SERVICES = (
    "media-cn/video-ocr",
    "media-cn/image-moderation",
    "media-cn/digital-human",
    "vod-sg/vod-ai",
    "vod-sg/vod-jobs",
)


@dataclass
class Site:
    """The settings and servers that a test checks."""

    world: World
    workspace: Workspace
    file: Path

    def configured(self, found: str, replaced: str) -> None:
        text = self.file.read_text()
        assert found in text
        self.file.write_text(text.replace(found, replaced))

    def broken(self, fault: Fault) -> None:
        self.world.faults.add(fault, self.world.now())

    async def findings(self) -> dict[str, Finding]:
        report = await check(load(self.file))
        assert "hunter2" not in str(report)
        return {finding.subject: finding for finding in report.findings}


@pytest.fixture
async def site(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Site]:
    world, workspace = World(), seeded(MANIFEST)
    async with serving_clouds(world) as clouds, serving_slack(workspace) as slack:
        for name, value in {**environment(slack), "REDIS_URL": redis_url}.items():
            monkeypatch.setenv(name, value)
        file = tmp_path / "callboard.toml"
        file.write_text(CONFIGURATION.read_text().replace(f"http://127.0.0.1:{PORT}", clouds))
        yield Site(world, workspace, file)


async def test_everything_works(site: Site):
    report = await check(load(site.file))
    assert report.ok
    assert [finding for finding in report.findings if finding.status is not Status.OK] == []
    assert [finding.subject for finding in report.findings] == [
        "configuration",
        "slack.bot_token",
        "slack scopes",
        "clock",
        "slack.app_token",
        "redis",
        *SERVICES,
    ]


async def test_wrong_secrets(site: Site, monkeypatch: pytest.MonkeyPatch):
    for name in ("MEDIA_CN_SK", "VOD_SG_SK", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.setenv(name, "hunter2")
    found = await site.findings()
    assert found["slack.bot_token"].text == found["slack.app_token"].text == "Slack doesn't recognize this token"
    assert found["media-cn/video-ocr"].mend == "env:MEDIA_CN_SK doesn't belong to env:MEDIA_CN_AK: copy both again"
    assert found["vod-sg/vod-ai"].mend == "env:VOD_SG_SK doesn't belong to env:VOD_SG_AK: copy both again"


async def test_missing_secrets(site: Site, monkeypatch: pytest.MonkeyPatch):
    for name in ("MEDIA_CN_AK", "VOD_SG_SK", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name)
    found = await site.findings()
    assert found["slack.bot_token"].mend == "set SLACK_BOT_TOKEN"
    assert found["media-cn/digital-human"].mend == "set MEDIA_CN_AK"
    assert found["vod-sg/vod-jobs"].mend == "set VOD_SG_SK"
    assert found["slack.app_token"].status is Status.OK


async def test_a_token_of_the_wrong_kind(site: Site):
    site.configured("env:SLACK_APP_TOKEN", "env:SLACK_BOT_TOKEN")
    finding = (await site.findings())["slack.app_token"]
    assert finding.status is Status.FAIL
    assert "xapp-" in (finding.mend or "")


async def test_http_mode_needs_its_signing_secret(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.configured('mode = "socket"', 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"')
    assert (await site.findings())["slack.signing_secret"].status is Status.OK
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    found = await site.findings()
    assert found["slack.signing_secret"].mend == "set SLACK_SIGNING_SECRET"
    assert "slack.app_token" not in found


async def test_probes_that_strangers_reach_are_warned_of(site: Site):
    assert "http" not in await site.findings()
    site.configured('mode = "socket"', 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"')
    found = (await site.findings())["http"]
    assert (found.status, "/metrics" in found.text) == (Status.WARN, True)
    assert "http.admin_port" in (found.mend or "")
    site.configured("port = 0 ", "port = 0\nadmin_port = 0 ")
    assert (await site.findings())["http"].status is Status.OK


class TestSeveralWorkspaces:
    @pytest.fixture(autouse=True)
    def _several(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        site.configured(ONE_WORKSPACE, SEVERAL_WORKSPACES)
        monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())

    async def keep(self, link: RedisLink, token: str) -> None:
        installation = Installation(workspace="T0SANDBOX", bot_token=token, installed_at=datetime.now(UTC))
        await Installations(link).put("T0SANDBOX", TokenCipher([SecretRef("env:CALLBOARD_KEY")]).encrypt(installation))

    async def test_no_workspace_has_installed_it(self, site: Site):
        found = await site.findings()
        assert found["slack.encryption_keys"].status is found["slack.client_secret"].status is Status.OK
        assert found["workspaces"].mend == "open /slack/install of the running bot in a browser"

    async def test_each_that_installed_it_is_asked(self, site: Site, link: RedisLink):
        await self.keep(link, BOT_TOKEN)
        found = await site.findings()
        assert found["workspace T0SANDBOX"].text == "is callboard in Callboard workspace"
        assert found["slack scopes"].status is Status.OK
        await self.keep(link, "xoxb-hunter2")
        assert (await site.findings())["workspace T0SANDBOX"].status is Status.FAIL

    async def test_a_secret_of_another_app(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        assert (await site.findings())["slack.client_secret"].text == "belongs to slack.client_id"
        monkeypatch.setenv("SLACK_CLIENT_SECRET", "hunter2")
        found = (await site.findings())["slack.client_secret"]
        assert (found.status, found.text) == (Status.FAIL, "this secret doesn't belong to slack.client_id")

    async def test_a_missing_secret(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("SLACK_CLIENT_SECRET")
        assert (await site.findings())["slack.client_secret"].mend == "set SLACK_CLIENT_SECRET"

    async def test_an_app_that_slack_does_not_know(self, site: Site):
        site.configured(CLIENT_ID, "1.2")
        found = (await site.findings())["slack.client_secret"]
        assert (found.status, found.text) == (Status.FAIL, "no Slack app has this slack.client_id")

    async def test_slack_out_of_reach(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api/")
        assert "can't reach " in (await site.findings())["slack.client_secret"].text

    async def test_an_old_key_that_is_still_needed(self, site: Site, link: RedisLink, monkeypatch: pytest.MonkeyPatch):
        await self.keep(link, BOT_TOKEN)
        monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
        site.configured('["env:CALLBOARD_KEY"]', '["env:NEW_KEY", "env:CALLBOARD_KEY"]')
        found = (await site.findings())["workspace T0SANDBOX"]
        assert (found.status, found.text) == (
            Status.WARN,
            "its tokens are encrypted with an old key of slack.encryption_keys",
        )

    async def test_a_lost_key(self, site: Site, link: RedisLink, monkeypatch: pytest.MonkeyPatch):
        await self.keep(link, BOT_TOKEN)
        monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())
        found = await site.findings()
        assert found["workspace T0SANDBOX"].text == "none of slack.encryption_keys decrypts its tokens"

    async def test_what_is_no_key(self, site: Site, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("CALLBOARD_KEY", "hunter2")
        found = await site.findings()
        assert found["slack.encryption_keys"].text.startswith("env:CALLBOARD_KEY is not 32 random bytes in base64")


async def test_slack_out_of_reach(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:1/api/")
    found = await site.findings()
    assert found["slack.bot_token"].text.startswith("can't reach http://127.0.0.1:1/api/")
    assert found["vod-sg/vod-ai"].status is Status.OK


@pytest.mark.parametrize(
    "fault",
    [
        SlackFault(method="auth.test", status=502),
        SlackFault(method="auth.test", error="ratelimited"),
        SlackFault(method="auth.test", error="new_error"),
    ],
)
async def test_slack_in_trouble(site: Site, fault: SlackFault):
    site.workspace.faults.order(fault)
    finding = (await site.findings())["slack.bot_token"]
    assert finding.status is Status.FAIL
    assert finding.mend


async def test_the_terminal_alone(site: Site):
    text = site.file.read_text()
    site.file.write_text(text[text.index("[[accounts]]") :])
    found = await site.findings()
    assert found["configuration"].status is Status.WARN
    assert not [subject for subject in found if subject.startswith("slack")]


async def test_redis_out_of_reach(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/redis.sock")
    found = await site.findings()
    assert found["redis"].status is Status.FAIL
    assert "redis.url" in (found["redis"].mend or "")
    assert all(found[service].status is Status.OK for service in SERVICES)


async def test_an_embedded_redis(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    finding = (await site.findings())["redis"]
    assert finding.status is Status.OK
    assert "embedded" in finding.text


async def test_an_embedded_redis_without_a_folder(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REDIS_URL")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    finding = (await site.findings())["redis"]
    assert finding.status is Status.FAIL
    assert "set redis.dir" in finding.text


async def test_redis_by_a_wrong_url(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "http://:hunter2@host")
    assert (await site.findings())["redis"].status is Status.FAIL


@pytest.mark.parametrize(
    ("fault", "status", "mend"),
    [
        (Fault(fault="forbidden"), Status.FAIL, "allow the user"),
        (Fault(fault="throttle", seconds=60), Status.WARN, "requests_per_second"),
        (Fault(fault="malformed"), Status.FAIL, "something other than"),
        (Fault(fault="down"), Status.FAIL, "check this machine's network, proxy and DNS"),
    ],
)
async def test_one_failing_service_hides_no_other(
    site: Site, fault: Fault, status: Status, mend: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "CALL_S", 1.5)
    broken, *others = SERVICES
    account, service = broken.split("/")
    site.broken(fault.model_copy(update={"account": account, "service": service}))
    found = await site.findings()
    assert found[broken].status is status
    assert mend in (found[broken].mend or "")
    assert all(found[other].status is Status.OK for other in others)


async def test_a_service_that_hangs(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CALL_S", 3.0)
    site.broken(Fault(account="vod-sg", service="vod-ai", fault="hang"))
    found = await site.findings()
    assert found["vod-sg/vod-ai"].status is Status.FAIL
    assert "network" in (found["vod-sg/vod-ai"].mend or "")
    assert found["vod-sg/vod-jobs"].status is Status.OK


@pytest.mark.parametrize("fault", ["hang", "down"])
async def test_a_service_out_of_reach_in_a_region_that_may_lack_it(
    site: Site, fault: Literal["hang", "down"], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "CALL_S", 3.0)
    site.configured('region = "ap-southeast-1"', 'region = "us-west-1"')
    for service in ("vod-ai", "vod-jobs"):
        site.broken(Fault(account="vod-sg", service=service, fault=fault))
    found = await site.findings()
    told = "vod-ai is documented only for ap-southeast-1, cn-beijing and cn-shanghai, and vod-sg is in us-west-1"
    assert told in (found["vod-sg/vod-ai"].mend or "")
    assert "documented" not in (found["vod-sg/vod-jobs"].mend or "")


def test_the_manifest_asks_for_the_scopes_that_the_bot_needs_or_wishes_for():
    assert read_manifest(MANIFEST).scopes == (*BOT_SCOPES, *WISHED_SCOPES, *HANDY_SCOPES)


def test_a_warning_is_no_failure():
    warning = Finding(Status.WARN, "redis", "keeps nothing")
    assert Report((warning,)).ok
    assert not Report((warning, Finding(Status.FAIL, "slack", "no"))).ok


ACCESS = """
[[access]]
accounts = ["media-cn"]
channels = ["C0ONCALL"]
groups = ["S0TRANSCODE", "S0GONE"]
"""


async def test_access_rules(site: Site):
    site.file.write_text(site.file.read_text() + ACCESS)
    found = await site.findings()
    assert found["access"].text == "no one can see vod-sg in Slack: no [[access]] table names it"
    assert found["access"].status is Status.WARN
    assert found["user group S0TRANSCODE"].text == "1 member"
    assert found["user group S0GONE"].status is Status.FAIL
    assert "usergroups:read" in found["slack scopes"].text


async def test_a_reset_of_the_database_is_a_warning_until_it_is_acknowledged(site: Site, link: RedisLink):
    async def found(*, acknowledge_reset: bool = False) -> list[tuple[Status, bool]]:
        report = await check(load(site.file), acknowledge_reset=acknowledge_reset)
        return [(each.status, each.mend is not None) for each in report.findings if "was reset on" in each.text]

    epochs = Epochs(link)
    await epochs.check(datetime.now(UTC))
    assert await found() == []
    await link.execute("FLUSHALL")
    await epochs.check(datetime.now(UTC))
    assert await found() == [(Status.WARN, True)]
    assert await found(acknowledge_reset=True) == [(Status.OK, False)]
    assert await found() == [(Status.OK, False)]
