"""While one person sends the worst texts, other commands are acknowledged at once."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.apps import Answers, run_callboard, take_answers
from bench.clouds import clouds
from bench.processes import process
from bench.workspace import Switchboard
from bot.domain.button_payloads import LOOK_UP
from bot.domain.extraction import READ_MAX
from bot.store.redis.embedded import embedded_redis
from tests.hostile import hostile

Json = dict[str, Any]
ACKNOWLEDGED_MS = 100
PATIENCE_S = 30
ROUNDS = 4
"""Another process may take the machine for a moment: one undisturbed round counts."""
WORST = ("<http://", "<https://a|1b>", " -", " _ ", "a1 ", "http://a ", "a.b=", "%41\\n ", '{"id":"', "\u200b")
LEE, TEAM, CHANNEL = {"id": "U0LEE"}, {"id": "T0SANDBOX"}, {"id": "C0ONCALL"}


class Sent:
    """A stranger's texts, and the answers to them."""

    def __init__(self) -> None:
        self.routes = [Route(path, self._take, methods=["POST"]) for path in ("/answers", "/api/chat.postMessage")]
        self._number = 0
        self._answers = asyncio.Queue[bytes]()

    async def _take(self, request: Request) -> Response:
        self._answers.put_nowait(await request.body())
        return JSONResponse({"ok": True, "channel": CHANNEL["id"], "ts": "1.3"})

    async def send_all(self, board: Switchboard, url: str) -> None:
        """Send each text as a command, a mention and a message, and wait for the answers."""
        for atom in WORST:
            text = hostile(atom, READ_MAX, "!")
            command = {"command": "/jobs", "text": text, "user_id": LEE["id"], "channel_id": CHANNEL["id"]}
            message = {"type": "message", "ts": "1.2", "text": text}
            shortcut = {"type": "message_action", "callback_id": LOOK_UP, "user": LEE, "channel": CHANNEL}
            await self._send(board, "slash_commands", {**command, "team_id": TEAM["id"], "response_url": url})
            await self._send(board, "interactive", {**shortcut, "team": TEAM, "message": message, "response_url": url})
            await self._send(board, "events_api", self._mention(f"<@U0CALLBOARD> subscribe {text}"))

    def _mention(self, text: str) -> Json:
        self._number += 1
        event = {"type": "app_mention", "user": LEE["id"], "channel": CHANNEL["id"], "ts": "1.2", "text": text}
        return {
            "type": "event_callback", "event_id": f"Ev{self._number}", "team_id": TEAM["id"], "event": event,
        }  # fmt: skip

    async def _send(self, board: Switchboard, kind: Any, payload: Json) -> None:
        await board.send(kind, payload)
        async with asyncio.timeout(PATIENCE_S):
            await self._answers.get()


async def slowest_ms(board: Switchboard, answers: Answers, sent: Sent, url: str) -> float:
    """The longest wait of another command for its acknowledgement, in milliseconds."""
    done = asyncio.Event()
    waits: list[float] = []

    async def others() -> None:
        while not done.is_set():
            waits.extend(await board.send_commands(["help list"] * 5, per_second=25))

    asking = asyncio.create_task(others())
    await sent.send_all(board, url)
    done.set()
    await asking
    await answers.arrive(len(waits))
    return max(waits)


@pytest.mark.heavy("measures acknowledgements while the worst of texts are read")
async def test_nobody_waits_for_the_text_of_somebody_else(tmp_path: Path):
    async with AsyncExitStack() as stack:
        where = stack.enter_context(clouds(10))
        redis_url = await stack.enter_async_context(embedded_redis(tmp_path))
        answers = Answers(stack.enter_context(process(take_answers)))
        board, sent = Switchboard(answers.url), Sent()
        api_url = await stack.enter_async_context(board.serving(*sent.routes))
        stack.enter_context(process(run_callboard, api_url, redis_url, where))
        await board.connected()
        await board.send_commands(["help list"], 1)
        await answers.arrive(1)
        rounds: list[float] = []
        while len(rounds) < ROUNDS and not (rounds and min(rounds) < ACKNOWLEDGED_MS):
            rounds.append(await slowest_ms(board, answers, sent, api_url.replace("/api/", "/answers")))
        assert min(rounds) < ACKNOWLEDGED_MS, rounds
