"""Larger deployments of Redis, on loopback: a cluster of three, Sentinels before a master and a replica, and TLS."""

import asyncio
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.fixtures_redis import redis_server
from tests.ports import free_ports

PATIENCE_S = 20
SLOTS = 16384
BUS = 10_000
"""The offset of a cluster server's second port."""


@dataclass
class Process:
    """A redis-server on a port, which may die and start again."""

    folder: Path
    port: int
    options: Sequence[str] = ()
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self.running = subprocess.Popen([redis_server(), *self.options, *where], stdout=subprocess.DEVNULL)

    def dies(self) -> None:
        if self.running:
            self.running.kill()
            self.running.wait()

    def ask(self, *words: Any) -> Any:
        with Redis(
            port=self.port, decode_responses=True, socket_timeout=2, retry=Retry(ConstantBackoff(0.02), 200)
        ) as client:
            return cast("Any", client.execute_command(*words))  # pyright: ignore[reportUnknownMemberType]


def wait(true: Any) -> None:
    """Poll until a condition is true; servers send no events."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with suppress(RedisError, OSError):
            if true():
                return
        assert time.monotonic() < end, "the servers did not come together"
        time.sleep(0.02)


@contextmanager
def processes(number: int, *options: str) -> Generator[list[Process]]:
    with tempfile.TemporaryDirectory(prefix="callboard-test-") as folder, free_ports() as free_port:
        made = [Process(Path(folder) / str(index), free_port(and_above=BUS), options) for index in range(number)]
        try:
            for process in made:
                process.folder.mkdir()
                process.start()
            yield made
        finally:
            for process in made:
                process.dies()


@contextmanager
def redis_cluster() -> Generator[tuple[str, list[Process]]]:
    """A cluster of three servers, each with a third of the slots: URL and servers."""
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--appendonly", "yes")
    with processes(3, *options) as nodes:
        for number, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.ask("CLUSTER", "ADDSLOTS", *range(number * SLOTS // 3, (number + 1) * SLOTS // 3))
        for node in nodes[1:]:
            nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port)
        wait(lambda: all(_agrees(node) for node in nodes))
        yield f"redis+cluster://127.0.0.1:{nodes[0].port}", nodes


def _agrees(node: Process) -> bool:
    told: str = node.ask("CLUSTER", "INFO")
    return {"cluster_state:ok", "cluster_known_nodes:3"} <= {*told.split()} and len(node.ask("CLUSTER", "SLOTS")) == 3


@contextmanager
def redis_sentinels() -> Generator[tuple[str, Process, Process]]:
    """The URL of a master behind two Sentinels, the master, and its replica."""
    with processes(2) as (master, replica), tempfile.TemporaryDirectory(prefix="callboard-test-") as folder:
        replica.ask("REPLICAOF", "127.0.0.1", master.port)
        wait(lambda: replica.ask("INFO", "replication")["master_link_status"] == "up")
        with ExitStack() as stack:
            free_port = stack.enter_context(free_ports())
            ports = [free_port(), free_port()]
            for port in ports:
                stack.callback(sentinel(Path(folder), port, master.port).dies)
            wait(lambda: all(_sees(Process(Path(folder), port)) for port in ports))
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            yield f"redis+sentinel://{hosts}/ours/0", master, replica


def sentinel(folder: Path, port: int, master: int) -> Process:
    """Start a Sentinel that watches a master under the name `ours`."""
    file = folder / f"sentinel-{port}.conf"
    file.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor ours 127.0.0.1 {master} 1\n"
        "sentinel down-after-milliseconds ours 500\nsentinel failover-timeout ours 2000\n"
    )
    process = Process(folder, port)
    process.running = subprocess.Popen([redis_server(), str(file), "--sentinel"], stdout=subprocess.DEVNULL)
    return process


def _sees(asked: Process) -> bool:
    told = asked.ask("INFO", "sentinel")["master0"]
    return told["status"] == "ok" and told["slaves"] == 1 and told["sentinels"] == 2


@asynccontextmanager
async def with_tls(unix_socket: str, certificate: Path, key: Path, *, mutual: bool = False) -> AsyncGenerator[int]:
    """Yield the port of a TLS proxy: the wheel's server is built without TLS.

    A `mutual` one accepts only clients with the same certificate.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    if mutual:
        context.load_verify_locations(certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(unix_socket)
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(_pass_on(source, target))
            running.add(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except OSError:
        pass
    finally:
        target.close()
