"""Cuts the connection to Redis at one command: a proxy between the bot's client and the real server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

SETUP = (b"HELLO", b"CLIENT", b"AUTH", b"SELECT")
"""Commands that a client sends on each new connection. They are not counted."""
_LINES, _TEXTS, _LISTS, _PAIRS = b"+-:_#,(", b"$!=", b"*~>", b"%"


READS = frozenset({
    "EXISTS", "GET", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "LRANGE", "MGET", "PTTL", "SMEMBERS", "XLEN",
    "XRANGE", "ZCARD", "ZRANGE", "ZREVRANGE",
})  # fmt: skip
"""Commands that change nothing. A crash at one leaves the same as a crash at the change before."""
SLACK = "a call of Slack"


@dataclass
class Cut:
    """Where a connection is cut: before command `at` (from 1) reaches Redis, or `after` Redis has run it.

    If the process `dies`, Redis cannot be reached any longer. Otherwise the client connects again.
    """

    at: int
    after: bool = False
    dies: bool = True


@dataclass
class Proxy:
    """Passes commands to Redis, one after the other, and counts them."""

    upstream: str
    cut: Cut | None = None
    log: list[str] = field(default_factory=list[str])
    """The names of the commands so far, and SLACK for each call of Slack in between."""
    dead: bool = False
    """Whether the process that used it died. Until it is set again, nothing connects."""

    def begin(self, cut: Cut | None) -> None:
        """Count from here on, up to a cut."""
        self.cut, self.log, self.dead = cut, [], False

    async def slack_is_called(self) -> None:
        """Record a call of Slack."""
        self.log.append(SLACK)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the client, until it or the server ends it, or it is cut."""
        server: asyncio.StreamWriter | None = None
        try:
            if not self.dead:
                replies, server = await asyncio.open_unix_connection(self.upstream)
                await self._pass_on(reader, writer, replies, server)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for each in filter(None, (writer, server)):
                each.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        replies: asyncio.StreamReader,
        server: asyncio.StreamWriter,
    ) -> None:
        while True:
            command = await _value(reader)
            cut = self._count(command)
            if cut and not cut.after:
                return
            server.write(command)
            reply = await _value(replies)
            if cut or self.dead:
                return
            writer.write(reply)

    def _count(self, command: bytes) -> Cut | None:
        """Count a command. Return the cut that is due at it."""
        name = command.split(b"\r\n", 3)[2].upper()
        if name in SETUP:
            return None
        self.log.append(name.decode())
        if self.cut is None or len(self.log) - self.log.count(SLACK) != self.cut.at:
            return None
        self.dead = self.cut.dies
        return self.cut


async def _value(reader: asyncio.StreamReader) -> bytes:
    """Read one whole value of Redis's protocol."""
    line = await reader.readuntil(b"\r\n")
    kind = line[:1]
    if kind in _LINES:
        return line
    number = int(line[1:])
    if kind in _TEXTS:
        return line if number < 0 else line + await reader.readexactly(number + 2)
    if kind not in _LISTS + _PAIRS:
        raise ValueError(f"what is {line!r}?")
    parts = [await _value(reader) for _ in range(number * (2 if kind in _PAIRS else 1))]
    return b"".join([line, *parts])


@asynccontextmanager
async def proxied(url: str, folder: Path) -> AsyncGenerator[tuple[Proxy, str]]:
    """Serve a proxy before the server at a `unix://` URL. Yields it with its own URL."""
    proxy, socket = Proxy(url.removeprefix("unix://")), folder / "proxy.sock"
    server = await asyncio.start_unix_server(proxy.serve, socket, limit=2**24)
    async with server:
        yield proxy, f"unix://{socket}"


def cuts(log: list[str]) -> list[Cut]:
    """Return the distinct cuts: at each change in Redis, a process dies or its client connects and sends it again.

    Death after a change leaves the same as death before the next one, unless Slack is called in between.
    """
    found: list[Cut] = []
    number, notable = 0, [name for name in log if name not in READS]
    for name in log:
        number += name != SLACK
        if name in READS:
            continue
        notable.pop(0)
        if name != SLACK:
            found += [Cut(number), Cut(number, after=True, dies=False)]
            found += [Cut(number, after=True)] if notable[:1] == [SLACK] else []
    return found
