"""An embedded Redis server for a single machine: a child process with its data on disk.

The process that holds the lock of the data folder runs the server. Other processes with that folder use the same
socket, and one of them takes over when the server stops. The server inherits the lock. While an orphan of a killed
process is still writing, no second server can open the data.
"""

import asyncio
import ctypes
import fcntl
import os
import re
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import structlog

from bot.domain.errors import EmbeddedRedisError, StoreUnavailable
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.redis_server import find_server

START_S = 10.0
"""A server that loads its data for longer than this many seconds counts as broken."""
STOP_S = 10.0
STARTUP_POLL_S = 0.05
RESTART_S = 1.0
LOG_LINES = 5
"""Lines at the end of the server's log that are searched for the reason why it did not start."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Servers log this for data in an unknown format. Redis reports Valkey's format as a bad file.
_OTHER_FORMAT = re.compile(r"RDB format version|Bad file format reading the append only file \S*\.base\.rdb")
_FORMAT = re.compile(rb"REDIS\d{4}|VALKEY\d{3}")

_log = structlog.stdlib.get_logger(__name__)


@asynccontextmanager
async def embedded_redis(data: Path) -> AsyncGenerator[str]:
    """Keep a server running on a data folder, and yield its URL once it answers.

    On exit, the process that started the server stops it. Raises EmbeddedRedisError if there is no usable
    `redis-server`, or if the folder cannot be used.
    """
    binary, version = await find_server()
    _usable(data, version)
    socket = _socket(data)
    url = f"unix://{socket}"
    answered = asyncio.Event()
    keeper = asyncio.create_task(_keep(binary, data, socket, answered), name="embedded-redis")
    try:
        await _answers(url, keeper, data)
        answered.set()
        yield url
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


def _usable(data: Path, version: tuple[int, int]) -> None:
    """Create the data folder, private to the user. Refuse data that this server would ignore."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedRedisError(f"the folder {data} cannot be created ({error.strerror}); set redis.dir") from None
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise EmbeddedRedisError(f"the folder {data} cannot be written; set redis.dir")
    if version < (7, 0) and (data / "appendonlydir").exists():
        raise EmbeddedRedisError(_unreadable(data, f"Redis {version[0]}.{version[1]}"))


def _socket(data: Path) -> Path:
    """Return the path of the socket for a data folder.

    The path is short, because a socket's path has at most 104 bytes. It is the same for every process of a user, so
    that all of them find the server of the process that runs it.
    """
    name = blake2b(os.fsencode(data.resolve()), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"callboard-{os.getuid()}-{name}" / "redis.sock"


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedRedisError(f"the folder {folder} cannot be created ({error.strerror}); set TMPDIR") from None
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise EmbeddedRedisError(f"{folder} belongs to another user; remove it, or name a server with REDIS_URL")


def _remove(socket: Path) -> None:
    """Remove the socket and its folder: a server that fails during its start leaves them."""
    with suppress(OSError):
        socket.unlink(missing_ok=True)
        socket.parent.rmdir()


async def _answers(url: str, keeper: asyncio.Task[None], data: Path) -> None:
    """Return when the server answers, even if another process runs it."""
    redis = connect(url)
    try:
        async with asyncio.timeout(START_S):
            while not await _pings(RedisLink(redis)):
                if keeper.done():
                    await keeper
                await asyncio.sleep(STARTUP_POLL_S)
    except TimeoutError:
        raise EmbeddedRedisError(
            f"the embedded Redis on {data} does not answer after {START_S:g} s: it is broken (see {_log_file(data)}), "
            "or another process that does not share our temporary folder runs it (set redis.dir)"
        ) from None
    finally:
        await redis.aclose()


async def _pings(link: RedisLink) -> bool:
    try:
        await link.ping()
    except StoreUnavailable:
        return False
    return True


async def _keep(binary: Path, data: Path, socket: Path, answered: asyncio.Event) -> None:
    """Run the server while no other process does, and restart it. Raises EmbeddedRedisError if it never starts."""
    with _lock_file(data) as lock:
        while not _locked(lock):  # noqa: ASYNC110  # a file lock sends no signal when it becomes free
            await asyncio.sleep(STARTUP_POLL_S)
        try:
            while (status := await _run(binary, data, socket, lock)) <= 0 or answered.is_set():
                _log.warning("embedded Redis stopped, restarting it", status=status, output=_last_words(data))
                await asyncio.sleep(RESTART_S)
        finally:
            _remove(socket)
    if _format(data) and _OTHER_FORMAT.search(_log_tail(data)):
        raise EmbeddedRedisError(_unreadable(data, str(binary)))
    raise EmbeddedRedisError(f"the embedded Redis did not start: {_last_words(data)}")


async def _run(binary: Path, data: Path, socket: Path, lock: int) -> int:
    """Run the server until it exits; return its exit status, negative after a signal."""
    _make_private(socket.parent)
    process = await asyncio.create_subprocess_exec(
        binary,
        *_options(data, socket),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={},  # the server needs none of our secrets
        pass_fds=(lock,),
        start_new_session=True,  # Ctrl-C must reach only us: we stop the server after its last use
        preexec_fn=_die_with_parent() if sys.platform == "linux" else None,
    )
    try:
        return await process.wait()
    finally:
        await _stop(process)


def _options(data: Path, socket: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "always",  # acknowledged writes are on disk: no notification is lost or posted twice
        "save": "",
        "logfile": str(_log_file(data)),
        "loglevel": "warning",
        "daemonize": "no",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Let the server write its data and exit; kill it after `STOP_S`."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@contextmanager
def _lock_file(data: Path) -> Generator[int]:
    descriptor = os.open(data / "callboard.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _die_with_parent() -> Callable[[], None]:
    """Return a call for the child before it becomes the server: Linux then stops it if we are killed."""
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def _log_file(data: Path) -> Path:
    return data / "redis-server.log"


def _last_words(data: Path) -> str:
    lines = _log_tail(data).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _log_tail(data: Path) -> str:
    try:
        return "\n".join(_log_file(data).read_text(errors="replace").splitlines()[-LOG_LINES:])
    except OSError:
        return ""


def _unreadable(data: Path, server: str) -> str:
    written = _format(data)
    return (
        f"a newer server wrote the data in {data}{f' (format {written})' if written else ''}, and {server} cannot read "
        "it: put the newer server first on PATH, name it with REDIS_URL, or set redis.dir to an empty folder"
    )


def _format(data: Path) -> str | None:
    """Return the format in the first bytes of the data, for example `REDIS0010`; None if there is none."""
    for base in data.glob("appendonlydir/*.base.rdb"):
        with base.open("rb") as file:
            if named := _FORMAT.match(file.read(9)):
                return named[0].decode()
    return None
