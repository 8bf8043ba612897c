"""The Web API's front: token, scopes, arguments, faults, and the answer in Slack's form."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.errors import Failure, SlackError
from sandbox.slack.model import Channel, Json
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace

TokenKind = Literal["bot", "app"]


class Arguments(BaseModel):
    """The arguments that a method accepts. Slack ignores others; we refuse them, because they are mistakes.

    `team_id` goes with every method: Bolt sends it even with auth.test.
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    team_id: str = ""


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Caller:
    """What a method works on; `origin` is the address under which the app reached us."""

    workspace: Workspace
    sockets: SocketMode
    origin: str

    def channel(self, name_or_id: str) -> Channel:
        """A channel that the app knows of. Raises `channel_not_found`, also for private ones that it is not in."""
        channel = self.workspace.channel_named(name_or_id)
        if channel is None or (channel.private and not channel.bot_member):
            raise SlackError("channel_not_found")
        return channel

    def writable(self, name_or_id: str) -> Channel:
        """A channel that the app may post to. Raises `not_in_channel` or `is_archived` too."""
        channel = self.channel(name_or_id)
        if channel.archived:
            raise SlackError("is_archived")
        if not channel.bot_member and "chat:write.public" not in self.workspace.manifest.scopes:
            raise SlackError("not_in_channel")
        return channel

    def needs(self, scopes: tuple[str, ...]) -> None:
        """Raises `missing_scope` unless the token has one of these scopes, if there are any."""
        provided = self.workspace.manifest.scopes
        if scopes and not set(scopes) & set(provided):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(provided))


@dataclass(frozen=True)
class Method(Generic[A]):
    """One Web API method; the token needs one of `scopes`, if there are any."""

    run: Callable[[Caller, A], Json]
    accepts: type[A]
    scopes: tuple[str, ...] = ()
    token: TokenKind = "bot"  # noqa: S105 - a kind of token, not one

    def call(self, caller: Caller, raw: Json) -> Json:
        """Read the arguments and answer. Raises SlackError."""
        try:
            arguments = self.accepts.model_validate(raw)
        except ValidationError as error:
            raise SlackError("invalid_arguments", [_complaint(detail) for detail in error.errors()]) from None
        return self.run(caller, arguments)


Methods = Mapping[str, Method[Any]]


class WebApi:
    """Answers `/api/{method}` the way Slack does; every call is kept in the workspace for whoever asks."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, methods: Methods) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._methods = methods

    async def endpoint(self, request: Request) -> Response:
        """One call: POST with a form or JSON, or GET with a query."""
        name = request.path_params["method"]
        arguments: Json = {}
        try:
            arguments = await read_arguments(request)
            kind = _kind(_token(request, arguments))
            place = self._workspace.place(str(arguments.get("channel", "")))
            channel = place.id if place else None
            faults = self._workspace.faults
            answer = await faults.strike(
                faults.take(name, channel),
                request,
                lambda: self._answer(name, arguments, kind, channel, _origin(request)),
            )
        except Failure as failure:
            self._workspace.calls.add(name, arguments, failure.code, stored=failure.stored)
            return failure.response(200, self._headers())
        self._workspace.calls.add(name, arguments)
        return JSONResponse({"ok": True, **answer}, headers=self._headers())

    def _answer(self, name: str, arguments: Json, kind: TokenKind, channel: str | None, origin: str) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if method.token != kind:
            raise SlackError("not_allowed_token_type")
        caller = Caller(self._workspace, self._sockets, origin)
        if self._workspace.refusal and kind == "bot":
            raise SlackError(self._workspace.refusal)
        caller.needs(method.scopes)
        self._workspace.pace.keep(name, channel)
        return method.call(caller, arguments)

    def _headers(self) -> dict[str, str]:
        return {"x-oauth-scopes": ",".join(self._workspace.manifest.scopes)}


async def read_arguments(request: Request) -> Json:
    """What was sent, whichever way. Raises `invalid_json`, `json_not_object` or `invalid_post_type`."""
    query: Json = dict(request.query_params)
    body = await request.body()
    content_type = request.headers.get("content-type", "").partition(";")[0]
    if not body or content_type == "application/x-www-form-urlencoded":
        return query | dict(parse_qsl(body.decode(), keep_blank_values=True))
    if content_type != "application/json":
        raise SlackError("invalid_post_type")
    return query | _json_object(body)


def _json_object(body: bytes) -> Json:
    try:
        document: Any = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(document, dict):
        raise SlackError("json_not_object")
    return cast("Json", document)


def _token(request: Request, arguments: Json) -> str | None:
    """The token, taken out of the arguments."""
    in_arguments = arguments.pop("token", None)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else in_arguments


def _kind(token: str | None) -> TokenKind:
    if not token:
        raise SlackError("not_authed")
    if token not in (BOT_TOKEN, APP_TOKEN):
        raise SlackError("invalid_auth")
    return "bot" if token == BOT_TOKEN else "app"


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _complaint(detail: Any) -> str:
    path = "/".join(str(step) for step in detail["loc"])
    match detail["type"]:
        case "missing":
            return f"missing required field: {path}"
        case "extra_forbidden":
            return f"unsupported argument: {path}"
        case _:
            return f"{detail['msg']} [json-pointer:/{path}]"
