"""An app behind its real HTTP endpoint that gets one payload after another; each outcome is kept and judged.

Lee may see both accounts, Dana one of them. Every name in the account hidden from her contains HUSH, and none of her
payloads does. If she reads HUSH anywhere, the app leaked something to her.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from time import time
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bot.config.settings import AccessRule
from bot.domain.access import Access
from bot.runtime.http_server import site
from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.slack_app.drain import InFlightHandlers
from bot.slack_app.http_events import slack_events
from bot.store import Store
from handlers.slack import register
from providers.models import Job, JobState
from sandbox.demo import MANIFEST
from sandbox.slack.delivery.delivery import Kind, RefusedError, Retry
from sandbox.slack.delivery.http import sign
from sandbox.slack.server import serving
from sandbox.slack.workspace.call_log import CallMade
from sandbox.slack.workspace.credentials import BOT_TOKEN, SIGNING_SECRET
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.bot.memory import CANNOT_LIST, InMemory, services
from tests.bot.runtime.test_logs import configured
from tests.scenarios.person import Person

Json = dict[str, Any]
HUSH = "HUSH"
DANA, LEE = "U0DANA", "U0LEE"
SEEN, UNSEEN = "acme", "vault"
RULES = (AccessRule(accounts=(SEEN,), users=("*",)), AccessRule(accounts=(UNSEEN,), users=(LEE,)))
JUDGED = {"invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_arguments", "no_text", "view_too_large"}
"""Slack's errors for an answer that breaks its rules, for any reader."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one payload: the reply to it, the calls that it caused, and the log."""

    status: int
    reply: str
    calls: list[CallMade]
    log: list[Json]

    @property
    def answers(self) -> list[CallMade]:
        """Return the calls whose content a person saw."""
        return [each for each in self.calls if each.error is None and each.method in SHOWN]

    @property
    def unfit(self) -> list[CallMade]:
        """Return the calls that break Slack's rules, for any reader."""
        return [each for each in self.calls if each.error in JUDGED]

    @property
    def shown(self) -> str:
        return self.reply + json.dumps([each.arguments for each in self.calls], ensure_ascii=False)

    @property
    def heard(self) -> bool:
        """Return whether a person was answered, or only their message or view was missing."""
        return bool(self.answers or self.reply or [each for each in self.calls if each.error in GONE])


OPEN: Json = {"type": "modal", "title": {"type": "plain_text", "text": "Open"}, "blocks": []}
GONE = {"not_found", "hash_conflict"}
SHOWN = {
    "response_url",
    "chat.postMessage",
    "chat.postEphemeral",
    "views.open",
    "views.push",
    "views.update",
    "views.publish",
    "chat.unfurl",
}


@dataclass
class Booth:
    """The app, and the workspace that reads its answers. `heard` are the payloads that the workspace itself sent."""

    workspace: Workspace
    door: httpx.AsyncClient
    page: httpx.AsyncClient
    under_way: InFlightHandlers
    log: StringIO
    origin: str = ""
    connected: bool = True
    request_url: str = ""
    heard: list[tuple[Kind, Json]] = field(default_factory=list[tuple[Kind, Json]])

    @property
    def dana(self) -> Person:
        return Person(DANA, self.page, self.workspace)

    @property
    def lee(self) -> Person:
        return Person(LEE, self.page, self.workspace)

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Deliver the workspace's payloads over HTTP, as Slack does."""
        del retry
        self.heard.append((kind, json.loads(json.dumps(payload))))
        answer = await self.post(*encoded(kind, payload))
        if answer.status_code != 200:
            raise RefusedError
        return answer.json() if answer.content.startswith(b"{") else None

    async def quiet(self) -> bool:
        """Return whether all payloads were accepted, once no handler runs."""
        taken = all(each["acknowledged"] for each in await self.dana.events())
        await self.under_way.nothing()
        return taken

    async def post(self, body: bytes, kind: str, **headers: str) -> httpx.Response:
        """Send a body with Slack's signature."""
        now = int(time())
        signed = {"x-slack-request-timestamp": str(now), "x-slack-signature": sign(body, now)}
        return await self.door.post("/slack/events", content=body, headers={"content-type": kind, **signed, **headers})

    async def hand(self, kind: Kind, payload: Mapping[str, Any]) -> Outcome:
        """Send a payload, and wait for everything that it causes."""
        return await self.send(*encoded(kind, payload))

    async def send(self, body: bytes, kind: str) -> Outcome:
        """Send a body with Slack's signature, and wait for everything that it causes."""
        return await self._outcome(self.post(body, kind))

    async def unsigned(self, kind: Kind, payload: Mapping[str, Any], headers: Mapping[str, str]) -> Outcome:
        """Send a payload with only these headers."""
        body, _ = encoded(kind, payload)
        return await self._outcome(self.door.post("/slack/events", content=body, headers=headers))

    async def _outcome(self, sending: Awaitable[httpx.Response]) -> Outcome:
        self.workspace.calls.reset()
        self.log.seek(0)
        self.log.truncate()
        reply = await sending
        await self.under_way.nothing()
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return Outcome(reply.status_code, reply.text, list(self.workspace.calls), lines)

    def response_url(self, user: str = DANA, channel: str = "C0ONCALL") -> str:
        token = self.workspace.grants.response(user, channel)
        return f"{self.origin}/response/{self.workspace.team.id}/{token}"

    def fresh(self, payload: Json) -> Json:
        """Return the payload with a current trigger, response_url and view, where it has any."""
        now = dict(payload)
        self.workspace.modals.close_all(DANA)
        if isinstance(now.get("trigger_id"), str):
            now["trigger_id"] = self.workspace.grants.trigger(DANA)
        if isinstance(now.get("response_url"), str):
            now["response_url"] = self.response_url()
        view = now.get("view")
        if isinstance(view, dict) and view.get("type") == "modal" and isinstance(view.get("id"), str):
            shown = self.workspace.modals.push(DANA, OPEN)
            now["view"] = {**view, "id": shown.id, "hash": shown.hash}
        return now


def encoded(kind: Kind, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a payload as Slack writes it into a request, and its content type."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields, errors="replace").encode(), "application/x-www-form-urlencoded"


def provider(account: str, service: str, names: str, *, lists: bool = True) -> InMemory:
    """Return a service with jobs in every state; one failed for a reason."""
    made = InMemory(account, service, capabilities=InMemory.capabilities if lists else CANNOT_LIST)
    jobs: list[Job] = []
    for number, state in enumerate([*JobState] * 3):
        error = {"code": "E.1", "message": f"{names} <broken> & `so`"} if state is JobState.FAILED else None
        jobs.append(
            made.job(
                f"job-{number:04}", number, name=f"{names} {number}", state=state, error=error, raw={"name": names}
            )
        )
    made.jobs = jobs
    return made


@asynccontextmanager
async def booth(store: Store) -> AsyncGenerator[Booth]:
    """Serve a workspace and an app with both accounts during the block."""
    workspace = seeded(MANIFEST)
    with configured(StringIO()) as log:
        async with httpx.AsyncClient() as nobody:
            desk = Booth(workspace, nobody, nobody, None, log)  # pyright: ignore[reportArgumentType]
            async with serving(workspace, delivery=desk) as slack, httpx.AsyncClient(base_url=slack) as page:
                client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack}/api/")
                known = [
                    provider(SEEN, "video", "lecture"),
                    provider(SEEN, "audio", "speech", lists=False),
                    provider(UNSEEN, "video", HUSH),
                ]
                workspaces = await OneWorkspace.of(client)
                parts = replace(services(store, *known), access=Access(RULES), workspaces=workspaces)
                app = create_app(workspaces, parts, f"{slack}/api/")
                register(app)
                http = site(slack_events(app, SIGNING_SECRET))
                desk.under_way, desk.origin, desk.page = InFlightHandlers(app), slack, page
                transport = httpx.ASGITransport(http)
                async with httpx.AsyncClient(transport=transport, base_url="http://bot") as door:
                    desk.door = door
                    yield desk
