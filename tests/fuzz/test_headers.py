"""A stranger gets a plain refusal for any headers, and the log gets no traceback."""

import asyncio
import logging
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, suppress

import aiohttp
import pytest
from cryptography.fernet import Fernet
from hypothesis import example, given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.config.settings import Http
from bot.deps.metrics import Metrics
from bot.runtime.http_server import listen, probes, serving, site
from bot.slack_api.installations import App, InstalledWorkspaces
from bot.slack_api.token_encryption import TokenCipher
from bot.slack_app.http_events import slack_events
from bot.slack_app.install.oauth import install_routes
from bot.store.installations import Installations
from bot.store.redis.connection import RedisLink, connect
from providers.secrets import SecretRef
from sandbox.slack.delivery.http import sign
from sandbox.slack.workspace.credentials import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET
from tests.fuzz.judging import bounded

PATIENCE_S = 20
BODY = b"ssl_check=1&token=x"
"""Bolt's answers without any handler."""
SLACKS = "/slack/events"
PATHS = (SLACKS, "/slack/install", "/slack/oauth_redirect?state=x", "/healthz", "/readyz", "/metrics", "/", "/healthz/")
REFUSALS = {400, 401, 404, 405, 408, 413}
"""Answers to strangers, in addition to pages, probes and the redirect to Slack's consent."""

Fields = list[tuple[bytes, bytes]]


class Server:
    """The bot's URLs at a port, and a loop in which to call them."""

    def __init__(self, runner: asyncio.Runner, port: int) -> None:
        self.runner, self.port = runner, port

    async def _ask(self, method: str, path: str, fields: Fields, body: bytes) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"{method} {path} HTTP/1.1\r\n".encode())
            writer.write(b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + body)
            async with asyncio.timeout(PATIENCE_S):
                return int((await reader.readline()).split()[1])
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def ask(self, method: str, path: str, fields: Fields, body: bytes = BODY) -> int:
        """Send a request, and return the status of the answer."""
        return self.runner.run(self._ask(method, path, fields, body))


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")


@pytest.fixture
def server(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Server]:
    monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())
    stack = AsyncExitStack()

    async def opened() -> int:
        store = Installations(RedisLink(await stack.enter_async_context(connect(redis_url))))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = App(CLIENT_ID, CLIENT_SECRET, "http://127.0.0.1:1/api/", session)
        installs = install_routes(InstalledWorkspaces(store, TokenCipher([SecretRef("env:CALLBOARD_KEY")]), slack), ())
        events = slack_events(AsyncApp(authorize=_authorize, signing_secret=SIGNING_SECRET), SIGNING_SECRET)
        metrics = Metrics()
        listening = listen(Http(host="127.0.0.1", port=0))
        port: int = listening.getsockname()[1]
        app = site(*probes([], metrics), events, *installs)
        await stack.enter_async_context(serving(app, listening, metrics))
        return port

    with asyncio.Runner() as runner:
        yield Server(runner, runner.run(opened()))
        runner.run(stack.aclose())


SIGNATURE, TIMESTAMP, LENGTH, HOST = b"X-Slack-Signature", b"X-Slack-Request-Timestamp", b"Content-Length", b"Host"
OURS = (SIGNATURE, TIMESTAMP, LENGTH, HOST)
RIGHT = b"the right value"
NAMES = (
    *OURS,
    b"Cookie",
    b"Content-Type",
    b"Content-Encoding",
    b"Expect",
    b"Connection",
    b"Upgrade",
    b"Transfer-Encoding",
    b"X-Forwarded-For",
    b"X-Forwarded-Proto",
    b"X-Slack-Retry-Num",
)
KNOWN = (
    RIGHT,
    b"",
    b"0",
    b"-1",
    b"v0=",
    b"v0=" + b"0" * 64,
    b"v0=\xe9" + b"0" * 63,
    b"\xd9\xa1\xd9\xa2",
    b"9" * 5_000,
    b"1e9",
    b"nan",
    b"[::1",
    b"]",
    b"chunked",
    b"100-continue",
    b"gzip",
    b"close",
    b"websocket",
    b"slack-app-oauth-state=x",
    b"application/json; charset=\xff",
    b'multipart/form-data; boundary="',
)


def _a_value(value: bytes) -> bool:
    """Return whether a value ends where its line ends: the rest would be another header."""
    return not {0x0D, 0x0A} & set(value)


values = st.sampled_from(KNOWN) | st.binary(max_size=40).filter(_a_value)
some_fields = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=5)


def fields_of(odd: Fields, left_out: set[bytes]) -> Fields:
    """Return valid headers, without those left out, and with the odd ones."""
    now = int(time.time())
    right = {SIGNATURE: sign(BODY, now).encode(), TIMESTAMP: b"%d" % now, LENGTH: b"%d" % len(BODY), HOST: b"bot"}
    replaced = left_out | {name for name, _ in odd}
    fields = [*((name, RIGHT) for name in OURS if name not in replaced), *odd]
    return [(name, right.get(name, b"") if value == RIGHT else value) for name, value in fields]


def is_signed(odd: Fields, left_out: set[bytes]) -> bool:
    """Return whether there is one valid signature with one valid time."""
    given = [(name, value) for name, value in odd if name in {SIGNATURE, TIMESTAMP}]
    names = [name for name, _ in given]
    return len(names) == len(set(names)) and {value for _, value in given} <= {RIGHT} and left_out <= set(names)


def judge(status: int, caplog: pytest.LogCaptureFixture, *taken: int) -> None:
    assert status in {*REFUSALS, *taken}
    assert [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


@bounded(120)
@example(odd=[(SIGNATURE, b"v0=\xe9" + b"0" * 63)], left_out=set())
@example(odd=[(TIMESTAMP, b"9" * 5_000)], left_out=set())
@example(odd=[(SIGNATURE, RIGHT), (SIGNATURE, b"v0=" + b"0" * 64)], left_out=set())
@given(odd=some_fields, left_out=st.sets(st.sampled_from([SIGNATURE, TIMESTAMP]), max_size=2))
def test_an_odd_signature_is_refused(
    server: Server, caplog: pytest.LogCaptureFixture, odd: Fields, left_out: set[bytes]
):
    status = server.ask("POST", SLACKS, fields_of(odd, left_out))
    judge(status, caplog, *([200] if is_signed(odd, left_out) else []))


@bounded(80)
@example(method="GET", path="/slack/install", odd=[(HOST, b"[::1")])
@example(method="GET", path="/healthz/", odd=[(HOST, b"[")])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT"]),
    path=st.sampled_from(PATHS),
    odd=some_fields,
)
def test_an_odd_header_breaks_nothing(
    server: Server, caplog: pytest.LogCaptureFixture, method: str, path: str, odd: Fields
):
    judge(server.ask(method, path, fields_of(odd, {SIGNATURE})), caplog, 200, 302, 100)


@bounded(80)
@given(path=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60))
def test_an_odd_address_breaks_nothing(server: Server, caplog: pytest.LogCaptureFixture, path: str):
    judge(server.ask("GET", f"/{path}", [(HOST, b"bot")], b""), caplog)


def test_the_right_headers_are_accepted(server: Server):
    assert server.ask("POST", SLACKS, fields_of([], set())) == 200
