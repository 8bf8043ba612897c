"""Access to Redis, whose password appears nowhere else."""

import asyncio
import io
import traceback
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from bot.config.settings import Settings
from bot.diagnostics.checks import check
from bot.domain.findings import Status
from bot.runtime import bootstrap, logs
from bot.runtime.bootstrap import open_deps
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.open_servers import open_to_strangers
from bot.task_queue.worker import open_docket, supervise
from providers.accounts import HuaweiAccount
from tests.bot.store.redis.test_client import certificate as certificate  # noqa: PLC0414  # a fixture
from tests.ports import FreePort
from tests.redis_fleets import Process, processes, redis_cluster, sentinel, with_tls

pytestmark = pytest.mark.xdist_group("topology")

PATIENCE_S = 20


@pytest.fixture(scope="module")
def server() -> Generator[Process]:
    with processes(1) as (server,):
        server.ask("PING")
        yield server


async def found(url: str) -> list[str]:
    async with connect(url) as redis:
        return await open_to_strangers(url, RedisLink(redis))


@pytest.mark.parametrize(
    ("default", "ours", "user", "opened"),
    [
        ("on nopass +@all", None, "", True),
        ("on resetpass >hunter2 +@all", None, ":hunter2@", False),
        ("on nopass +@all", "on >hunter2 +@all", "callboard:hunter2@", True),
        ("off nopass +@all", "on >hunter2 +@all", "callboard:hunter2@", False),
        ("off nopass +@all", "on nopass +@all", "callboard:anything@", True),
        ("on nopass -@all +ping", "on >hunter2 +@all", "callboard:hunter2@", False),
    ],
)
async def test_a_server_that_lets_strangers_in_is_found(
    server: Process, default: str, ours: str | None, user: str, *, opened: bool
):
    url = f"redis://admin:admin@127.0.0.1:{server.port}"
    async with connect(url.replace("admin:admin@", "")) as first:
        await first.execute_command("ACL", "SETUSER", "admin", "on", ">admin", "~*", "&*", "+@all")
    async with connect(url) as admin:
        try:
            await admin.execute_command("ACL", "SETUSER", "callboard", "reset", "~*", "&*", *(ours or "off").split())
            await admin.execute_command("ACL", "SETUSER", "default", "reset", "~*", "&*", *default.split())
            where = [f"127.0.0.1:{server.port}"] if opened else []
            assert await found(url.replace("admin:admin@", user)) == where
        finally:
            await admin.execute_command("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all")


async def test_a_socket_is_guarded_by_the_file_system(redis_url: str):
    assert await found(redis_url) == []


async def test_a_user_without_a_password_is_found_by_the_option_too(server: Process):
    server.ask("ACL", "SETUSER", "guest", "reset", "on", "nopass", "~*", "+@all")
    server.ask("ACL", "SETUSER", "admin", "reset", "on", ">admin", "~*", "&*", "+@all")
    where = f"127.0.0.1:{server.port}"
    async with connect(f"redis://admin:admin@{where}") as admin:
        await admin.execute_command("ACL", "SETUSER", "default", "off")
        try:
            assert await found(f"redis://{where}?username=guest&password=any") == [where]
        finally:
            await admin.execute_command("ACL", "SETUSER", "default", "on")


@pytest.mark.parametrize("mutual", [True, False])
async def test_a_certificate_counts_as_a_password(redis_url: str, certificate: tuple[Path, Path], *, mutual: bool):
    async with with_tls(urlsplit(redis_url).path, *certificate, mutual=mutual) as port:
        mine = f"ssl_certfile={certificate[0]}&ssl_keyfile={certificate[1]}"
        opened = await found(f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate[0]}&{mine}")
        assert opened == ([] if mutual else [f"127.0.0.1:{port}"])


@pytest.mark.heavy("starts a cluster of its own")
async def test_each_server_of_a_cluster_is_looked_at():
    with redis_cluster() as (url, nodes):
        for node in nodes:
            node.ask("ACL", "SETUSER", "callboard", "on", ">hunter2", "~*", "&*", "+@all")
        nodes[0].ask("ACL", "SETUSER", "default", "off")
        nodes[2].ask("ACL", "SETUSER", "default", "off")
        assert await found(url.replace("//", "//callboard:hunter2@")) == [f"127.0.0.1:{nodes[1].port}"]


async def test_sentinels_and_their_master_are_looked_at(server: Process, tmp_path: Path, free_port: FreePort):
    watching = sentinel(tmp_path, free_port(), server.port)
    try:
        watching.ask("PING")
        where = [f"127.0.0.1:{server.port}", f"127.0.0.1:{watching.port}"]
        assert await found(f"redis+sentinel://{where[1]}/ours/0") == where
    finally:
        watching.dies()


def settings(monkeypatch: pytest.MonkeyPatch, url: str) -> Settings:
    for name, value in {"REDIS_URL": url, "AK": "key", "SK": "secret"}.items():
        monkeypatch.setenv(name, value)
    account = {"cloud": "huawei", "name": "media", "region": "cn-north-4", "project_id": "p", "services": ["video-ocr"]}
    keys = {"access_key_id": "env:AK", "secret_access_key": "env:SK"}
    return Settings(accounts=(HuaweiAccount.model_validate(account | keys),))


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(403))) as client:
        yield client


async def test_check_warns_of_a_server_without_a_password(
    server: Process, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    report = await check(settings(monkeypatch, f"redis://127.0.0.1:{server.port}"), http)
    (warning,) = [finding for finding in report.findings if finding.subject == "redis authentication"]
    assert warning.status is Status.WARN
    assert f"127.0.0.1:{server.port}" in warning.text
    assert warning.mend


async def test_check_says_what_a_user_may_not_do(
    server: Process, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    server.ask("ACL", "SETUSER", "few", "on", ">hunter2", "~*", "-@all", "+ping")
    report = await check(settings(monkeypatch, f"redis://few:hunter2@127.0.0.1:{server.port}"), http)
    (failed,) = [finding for finding in report.findings if finding.subject == "redis"]
    assert failed.status is Status.FAIL
    assert "hunter2" not in str(report)


WRONG = [
    "redis://callboard:hunter2@{server}/0",
    "redis://{server}?username=callboard&password=hunter2",
    "redis+cluster://callboard:hunter2@{server}",
    "redis+sentinel://callboard:hunter2@{server}/ours?sentinel_password=hunter2",
    "redis://:hunter2@{closed}",
    pytest.param("rediss://:hunter2@{server}", marks=pytest.mark.heavy("waits for a server that does not speak TLS")),
    "rediss://:hunter2@{closed}",
    "unix://:hunter2@/nonexistent/redis.sock",
    "redis+cluster://:hunter2@{closed}",
    "rediss+cluster://:hunter2@{closed}",
    pytest.param(
        "redis+sentinel://:hunter2@{closed},{server}/ours?sentinel_password=hunter2",
        marks=pytest.mark.heavy("waits for Sentinels that are gone"),
    ),
    "redis://:hunter2@nowhere:port",
    "redis://:hunter2@[nowhere",
    "redis://:hunter2",
    "redis://:a@hunter2/b@{server}",
    "redis://:a@hunter2#b@{server}",
    "redis://:a@hunter2?b@{server}",
    "redis+sentinel://:hunter2@{closed}",
    "redis+sentinel://:hunter2@{closed}/ours/hunter2",
    "redis+sentinel://:hunter2@:1/ours",
    "redis+cluster://:a@hunter2/1@{server}",
    "unix://:a/hunter2@/nonexistent",
]
"""URLs with a wrong password, without a server, or with invalid syntax."""


@pytest.mark.parametrize("template", WRONG)
async def test_a_password_is_never_repeated(
    template: str, server: Process, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, free_port: FreePort
):
    server.ask("ACL", "SETUSER", "callboard", "reset", "on", ">another", "~*", "&*", "+@all")
    url = template.format(server=f"127.0.0.1:{server.port}", closed=f"127.0.0.1:{free_port()}")
    monkeypatch.setattr(bootstrap, "STARTUP_TIMEOUT_S", 0.1)
    monkeypatch.setattr(bootstrap, "RETRY_INTERVAL_S", 0.05)
    written = io.StringIO()
    logs.configure(written)
    report = await check(settings(monkeypatch, url), http)
    assert [each.status for each in report.findings if each.subject == "redis"] == [Status.FAIL]
    written.write(str(report))
    with pytest.raises(Exception) as refused:  # noqa: PT011  # of several kinds
        async with open_deps(settings(monkeypatch, url), redis_needed=True):
            pass
    written.write("".join(traceback.format_exception(refused.value)))
    try:
        connect(url)
    except ValueError:
        pass  # no worker starts with it
    else:
        await work(url, written)
    assert "hunter2" not in written.getvalue()


async def work(url: str, written: io.StringIO) -> None:
    """Start a worker, and wait until it logs something or is refused."""
    before = len(written.getvalue())
    try:
        async with asyncio.timeout(PATIENCE_S), open_docket(url) as docket, supervise(docket, [], grace_s=0.1):
            while len(written.getvalue()) == before:  # noqa: ASYNC110  # what is waited for happens in pydocket
                await asyncio.sleep(0.01)
    except Exception as error:  # noqa: BLE001  # of several libraries
        written.write("".join(traceback.format_exception(error)))
