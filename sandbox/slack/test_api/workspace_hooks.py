"""Test hooks about a workspace: show messages, calls and events; order faults."""

from dataclasses import asdict, replace
from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.block_kit.message_rules import read_content
from sandbox.slack.delivery.app_lifecycle import AppLife
from sandbox.slack.delivery.channel_lifecycle import Trait, change
from sandbox.slack.delivery.event_payloads import said
from sandbox.slack.delivery.socket_mode import SocketMode
from sandbox.slack.test_api.requests import Order, checked
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.model import Json, Team, User
from sandbox.slack.workspace.workspace import Workspace

_TRAITS: tuple[Trait, ...] = ("private", "bot_member", "archived")


class _RateLimits(Order):
    enforced: bool


class _Deaf(Order):
    seconds: float | None = Field(default=None, ge=0)


class _Channel(Order):
    """A change of a channel, and the person who makes it: by default the first person of the workspace."""

    channel: str
    user: str = ""
    archived: bool | None = None
    bot_member: bool | None = None
    private: bool | None = None
    shared: bool | None = None


class _Person(Order):
    """A person's relation to the workspace. An unknown id is a new person's.

    `team` is the workspace of another organization, null this one; `guest` is "multi", "single", or empty.
    """

    user: str = Field(pattern=r"^[UW][A-Z0-9]+$")
    team: str | None = Field(default=None, pattern=r"^T[A-Z0-9]+$")
    guest: Literal["multi", "single", ""] = ""


class _Say(Order):
    """A message from a person or another bot, sent as is. Unlike on the page it can have blocks and attachments."""

    user: str
    channel: str
    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    thread_ts: str | None = None


class Hooks:
    """The routes under /test/ about the messages and calls of a workspace."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, life: AppLife) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._events = life.events(workspace)

    def routes(self) -> list[BaseRoute]:
        """Return the routes: messages, notices, calls, events; messages to post, faults, rate limits, disconnects."""
        handlers = {
            "fault": self._fault,
            "pace": self._rate_limits,  # stored
            "channel": self._channel,
            "person": self._person,
            "say": self._say,
            "deafen": self._deafen,
            "drop": self._drop,
            "disconnect": self._disconnect,
        }
        return [
            Route("/test/messages", self._messages),
            Route("/test/notices", self._notices),
            Route("/test/events", self._delivered_events),
            Route("/test/calls", self._calls, methods=["GET"]),
            Route("/test/calls", self._forget_calls, methods=["DELETE"]),
            Route("/test/fault", self._clear_faults, methods=["DELETE"]),
            *(Route(f"/test/{name}", checked(handler), methods=["POST"]) for name, handler in handlers.items()),
        ]

    async def _messages(self, request: Request) -> Response:
        """Return a conversation's messages as `user` sees them; without a user only those for everyone.

        `channel` is an id or a name, or a person's id for their direct messages.
        """
        channel = self._workspace.conversation(request.query_params.get("channel", ""))
        if channel is None:
            return JSONResponse({"ok": False, "error": "channel_not_found"}, status_code=404)
        seen = self._workspace.messages.seen_by(channel.id, request.query_params.get("user"))
        return JSONResponse([self._workspace.messages.as_page(message) for message in seen])

    async def _notices(self, request: Request) -> Response:
        """Return Slackbot's notices to all people, or to one `user`, oldest first."""
        user = request.query_params.get("user")
        return JSONResponse([asdict(each) for each in self._workspace.feed.notices if user in (None, each.user)])

    async def _delivered_events(self, _: Request) -> Response:
        """Return the app's events, oldest first, with their attempts and results."""
        return JSONResponse([vars(each) for each in self._events.sent])

    async def _calls(self, request: Request) -> Response:
        """Return Web API calls and response_url posts from index `since` on, oldest first.

        Tokens are left out.
        """
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return JSONResponse({"ok": False, "error": "since must be a number"}, status_code=400)
        return JSONResponse([vars(call) for call in self._workspace.calls.since(int(since))])

    async def _forget_calls(self, _: Request) -> Response:
        """Clear the calls so far."""
        self._workspace.calls.reset()
        return JSONResponse({"ok": True})

    async def _clear_faults(self, _: Request) -> Response:
        """Clear every fault, and release hung calls."""
        self._workspace.faults.clear_all()
        return JSONResponse({"ok": True})

    async def _fault(self, body: bytes) -> Json:
        """Order a fault. See `Fault` for the body."""
        fault = Fault.model_validate_json(body)
        if fault.channel is not None:
            place = self._workspace.conversation(fault.channel)
            if place is None:
                raise SlackError("channel_not_found")
            fault = fault.model_copy(update={"channel": place.id})
        self._workspace.faults.order(fault)
        return {}

    async def _rate_limits(self, body: bytes) -> Json:
        """Enforce Slack's rate limits, or stop that."""
        self._workspace.rate_limits.enforced = _RateLimits.model_validate_json(body).enforced
        return {}

    async def _channel(self, body: bytes) -> Json:
        """Change a channel: archived, without the app, private, shared with others; or the opposite."""
        order = _Channel.model_validate_json(body)
        workspace = self._workspace
        channel = workspace.channel_named(order.channel)
        user = workspace.users.get(order.user or next(iter(workspace.users)))
        if channel is None or user is None:
            raise SlackError("user_not_found" if channel else "channel_not_found")
        for trait in _TRAITS:
            if (to := getattr(order, trait)) is not None:
                self._events.publish(*change(workspace, user, channel, trait, to=to))
        channel.shared = channel.shared if order.shared is None else order.shared
        return {"channel": channel.as_page()}

    async def _person(self, body: bytes) -> Json:
        """Make a person a guest, or one of another organization; or a member again."""
        order = _Person.model_validate_json(body)
        users, name = self._workspace.users, order.user[2:].lower()
        known = users.get(order.user) or User(order.user, name, name.capitalize(), "#7f8c8d")
        team = Team(order.team, order.team, order.team.lower()) if order.team else None
        users[order.user] = replace(known, team=team, guest=order.guest)
        return {}

    async def _say(self, body: bytes) -> Json:
        """Post a message as a person or another bot. The app gets the usual events."""
        order = _Say.model_validate_json(body)
        workspace = self._workspace
        channel = workspace.conversation(order.channel)
        if channel is None or order.user not in workspace.users:
            raise SlackError("user_not_found" if channel else "channel_not_found")
        content = read_content(order.text, order.blocks, order.attachments)
        message = workspace.messages.post(channel.id, order.user, content, thread_ts=order.thread_ts)
        self._events.publish(*said(workspace, message))
        return {"channel": channel.id, "ts": message.ts}

    async def _deafen(self, body: bytes) -> Json:
        """Keep the app's sockets open but silent for this many `seconds`; null is until they close."""
        return {"deafened": self._sockets.deafen(_Deaf.model_validate_json(body or b"{}").seconds)}

    async def _drop(self, _: bytes) -> Json:
        """Break the app's sockets without a warning."""
        return {"dropped": self._sockets.drop()}

    async def _disconnect(self, _: bytes) -> Json:
        """Close the app's sockets after Slack's warning."""
        return {"dropped": await self._sockets.disconnect()}
