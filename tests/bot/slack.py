"""A small Slack in memory: it keeps posts with their metadata, and refuses, delays or loses an answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.workspaces import Workspace
from bot.slack_api.workspaces import OneWorkspace

PAGE = 10
"""Messages on a page of a conversation, fewer than requested: Slack may do so too."""


@dataclass
class Said:
    """One message. A person or the bot (`taken_back`) may delete it. `posted` is its text before any edit.

    `shown_at` is when the history has it.
    """

    channel: str
    ts: str
    text: str
    thread_ts: str = ""
    broadcast: bool = False
    id: str = ""
    gone: bool = False
    taken_back: bool = False
    posted: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    shown_at: float = 0.0

    @property
    def there(self) -> bool:
        return not (self.gone or self.taken_back)


@dataclass
class Reply:
    """What the client returns, and what an error carries."""

    data: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    status_code: int = 200


def in_one(client: object) -> OneWorkspace:
    """Return the only workspace, which has no name: ids of destinations are unqualified there."""
    return OneWorkspace(Workspace("", cast("AsyncWebClient", client)))


def refused(code: str, status_code: int = 200, **headers: str) -> SlackApiError:
    return SlackApiError("refused", Reply({"ok": False, "error": code}, headers, status_code))


async def _at_once() -> None:
    return None


@dataclass
class MemorySlack:
    """The methods that delivery calls. `trouble` is what happens to the next calls, in their order.

    `lost` stores and does not answer, `slow` waits for `slowly` before it stores, `CODE` refuses, `CODE!` stores but
    refuses, empty is no trouble. `before` and `after` are awaited around each call that takes effect. `status_code` is
    that of a refusal. `answered_late_s` and `silent_late_s` are the seconds until the history shows what was stored
    with Slack's own error and without an answer. `searches` are the times at which it was read.
    """

    now: Callable[[], float]
    said: list[Said] = field(default_factory=list[Said])
    trouble: list[str] = field(default_factory=list[str])
    before: Callable[[], Awaitable[None]] = _at_once
    after: Callable[[], Awaitable[None]] = _at_once
    slowly: Callable[[], Awaitable[None]] = _at_once
    refusals: list[str] = field(default_factory=list[str])
    status_code: int = 200
    answered_late_s: float = 0.0
    silent_late_s: float = 0.0
    searches: list[float] = field(default_factory=list[float])

    async def chat_postMessage(  # noqa: N802  # Slack's name
        self, *, channel: str, text: str, metadata: dict[str, Any], thread_ts: str | None = None, **more: Any
    ) -> Reply:
        await self.before()
        trouble = self._trouble()
        if trouble == "slow":
            await self.slowly()
        elif trouble and trouble != "lost" and not trouble.endswith("!"):
            raise refused(trouble, self.status_code)
        if thread_ts and not self._find(channel, thread_ts):
            raise refused("thread_not_found")
        at = max(self.now(), float(self.said[-1].ts) + 0.000001 if self.said else 0)
        broadcast = bool(more.get("reply_broadcast"))
        said = Said(channel, f"{at:.6f}", text, thread_ts or "", broadcast, metadata["event_payload"]["id"])
        said.blocks = more.get("blocks") or ()
        said.posted, said.shown_at = text, self.now() + self.silent_late_s
        self.said.append(said)
        await self.after()
        if trouble == "lost":
            raise TimeoutError
        if trouble.endswith("!"):
            code = trouble.removesuffix("!")
            said.shown_at = self.now() + (self.answered_late_s if code else self.silent_late_s)
            raise refused(code, self.status_code)
        said.shown_at = 0.0
        return Reply({"ok": True, "channel": channel, "ts": said.ts})

    async def chat_update(self, *, channel: str, ts: str, text: str, **_: Any) -> Reply:
        await self.before()
        if not (said := self._find(channel, ts)):
            raise refused("message_not_found")
        said.text = text
        await self.after()
        return Reply({"ok": True, "channel": channel, "ts": ts})

    async def chat_delete(self, *, channel: str, ts: str) -> Reply:
        await self.before()
        if not (said := self._find(channel, ts)):
            raise refused("message_not_found")
        said.taken_back = True
        await self.after()
        return Reply({"ok": True})

    async def chat_getPermalink(self, *, channel: str, message_ts: str) -> Reply:  # noqa: N802  # Slack's name
        await self.before()
        if not self._find(channel, message_ts):
            raise refused("message_not_found")
        return Reply({"ok": True, "permalink": f"https://acme.slack.com/archives/{channel}/p{message_ts}"})

    async def conversations_open(self, *, users: list[str]) -> Reply:
        await self.before()
        return Reply({"ok": True, "channel": {"id": f"D{users[0]}"}})

    async def api_call(self, method: str, *, params: dict[str, Any]) -> Reply:
        """Read a conversation or a thread: newest first, page by page."""
        await self.before()
        self.searches.append(self.now())
        shown = [each for each in self.said if each.there and each.shown_at <= self.now()]
        mine = [each for each in shown if each.channel == params["channel"]]
        if method == "conversations.replies":
            if not self._find(params["channel"], params["ts"]):
                raise refused("thread_not_found")
            mine = [each for each in mine if params["ts"] in {each.ts, each.thread_ts}]
        else:
            mine = [each for each in mine if not each.thread_ts or each.broadcast]
        mine = [each for each in mine if float(each.ts) >= float(params["oldest"])][::-1]
        start = int(params.get("cursor", 0))
        more = str(start + PAGE) if start + PAGE < len(mine) else ""
        messages = [{"ts": e.ts, "metadata": _posted(e.id)} for e in mine[start : start + PAGE]]
        return Reply({"ok": True, "messages": messages, "response_metadata": {"next_cursor": more}})

    def _trouble(self) -> str:
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble:
            self.refusals.append(trouble)
        return trouble

    def _find(self, channel: str, ts: str) -> Said | None:
        return next((each for each in self.said if (each.channel, each.ts) == (channel, ts) and each.there), None)


def _posted(post_id: str) -> dict[str, Any]:
    return {"event_type": "callboard_post", "event_payload": {"id": post_id}}
