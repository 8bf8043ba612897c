"""The Web API's dispatcher: token, scopes, arguments, faults, and the answer in Slack's form."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack.delivery.app_lifecycle import AppLife
from sandbox.slack.delivery.socket_mode import SocketMode
from sandbox.slack.workspace.errors import Failure, SlackError
from sandbox.slack.workspace.model import Channel, Json
from sandbox.slack.workspace.tokens import Token, TokenKind
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World

_SECRETS = ("client_secret", "code", "refresh_token")


class Arguments(BaseModel):
    """The arguments of a method. Slack ignores unknown ones; the sandbox refuses them, because they are mistakes.

    Every method accepts `team_id`: Bolt sends it even with auth.test.
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    team_id: str = ""


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Caller:
    """The context of a call: the workspace of the `token`, or the one that the call names.

    `origin` is the address under which the app reached the sandbox. Methods that need no token have none here.
    """

    workspace: Workspace
    life: AppLife
    sockets: SocketMode
    origin: str
    own_token: Token | None

    @property
    def world(self) -> World:
        """Every workspace."""
        return self.life.world

    @property
    def token(self) -> Token:
        """The token of the call. Raises `not_authed` if there is none."""
        if self.own_token is None:
            raise SlackError("not_authed")
        return self.own_token

    @property
    def address(self) -> str:
        """The address of the workspace's page, without a trailing slash."""
        return f"{self.origin}{self.world.path(self.workspace)}"

    def channel(self, name_or_id: str) -> Channel:
        """Return a channel that the app can see. Raises `channel_not_found`, also for private ones without the app."""
        channel = self.workspace.channel_named(name_or_id)
        if channel is None or (channel.private and not channel.bot_member):
            raise SlackError("channel_not_found")
        return channel

    def writable(self, name_or_id: str) -> Channel:
        """Return a channel that the app can post to.

        Raises:
            SlackError: `channel_not_found`, `not_in_channel` or `is_archived`.
        """
        channel = self.channel(name_or_id)
        if channel.archived:
            raise SlackError("is_archived")
        if not channel.bot_member and "chat:write.public" not in self.token.scopes:
            raise SlackError("not_in_channel")
        return channel

    def needs(self, scopes: tuple[str, ...]) -> None:
        """Raise `missing_scope` unless the token has one of these scopes. Without scopes do nothing."""
        provided = self.own_token.scopes if self.own_token else ()
        if scopes and not set(scopes) & set(provided):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(provided))


@dataclass(frozen=True)
class Method(Generic[A]):
    """One Web API method. If there are `scopes`, the token needs one of them.

    `tokens` are the kinds of token that it accepts, none for a method without a token. With `needs_team` a call with an
    org-wide token must name the workspace.
    """

    run: Callable[[Caller, A], Json]
    accepts: type[A]
    scopes: tuple[str, ...] = ()
    tokens: tuple[TokenKind, ...] = ("bot",)
    needs_team: bool = False

    def call(self, caller: Caller, raw: Json) -> Json:
        """Read the arguments and answer. Raises SlackError."""
        try:
            arguments = self.accepts.model_validate(raw)
        except ValidationError as error:
            raise SlackError("invalid_arguments", [_complaint(detail) for detail in error.errors()]) from None
        return self.run(caller, arguments)


Methods = Mapping[str, Method[Any]]


class WebApi:
    """The endpoint `/api/{method}`, which answers as Slack does and logs every call in its workspace."""

    def __init__(self, life: AppLife, sockets: SocketMode, methods: Methods) -> None:
        self._life = life
        self._world = life.world
        self._sockets = sockets
        self._methods = methods

    async def endpoint(self, request: Request) -> Response:
        """Answer one call: POST with a form or JSON, or GET with a query."""
        name = request.path_params["method"]
        arguments: Json = {}
        token: Token | None = None
        workspace = self._world.home
        try:
            arguments = await read_arguments(request)
            method = self._methods.get(name)
            if method is None or method.tokens:
                token = self._world.tokens.find(_token(request, arguments))
                workspace = self._world.workspace_of(
                    token, arguments, needs_team=method is not None and method.needs_team
                )
            else:
                arguments |= _credentials(request)
            caller = Caller(workspace, self._life, self._sockets, _origin(request), token)
            answer = await self._struck(request, name, caller, arguments)
        except Failure as failure:
            workspace.calls.add(name, _logged(arguments), failure.code, stored=failure.stored)
            return failure.response(200, _headers(token))
        workspace.calls.add(name, _logged(arguments))
        return JSONResponse({"ok": True, **answer}, headers=_headers(token))

    async def _struck(self, request: Request, name: str, caller: Caller, arguments: Json) -> Json:
        """Return the answer, unless the workspace has a fault for this call."""
        workspace, faults = caller.workspace, caller.workspace.faults
        place = workspace.conversation(str(arguments.get("channel", "")))
        channel = place.id if place else None
        fault = faults.take(name, channel)
        return await faults.strike(fault, request, lambda: self._answer(name, caller, arguments, channel))

    def _answer(self, name: str, caller: Caller, arguments: Json, channel: str | None) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if caller.own_token:
            if caller.own_token.kind not in method.tokens:
                raise SlackError("not_allowed_token_type")
            caller.own_token.check(self._world.clock())
            caller.needs(method.scopes)
        caller.workspace.rate_limits.keep(name, channel)
        return method.call(caller, arguments)


def _logged(arguments: Json) -> Json:
    """Return the arguments that the log keeps."""
    return {name: value for name, value in arguments.items() if name not in _SECRETS}


def _headers(token: Token | None) -> dict[str, str]:
    return {"x-oauth-scopes": ",".join(token.scopes)} if token else {}


async def read_arguments(request: Request) -> Json:
    """Return the arguments from the query, the form or the JSON body.

    Raises:
        SlackError: `invalid_json`, `json_not_object` or `invalid_post_type`.
    """
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
    """Remove the token from the arguments and return it."""
    in_arguments = arguments.pop("token", None)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else in_arguments


def _credentials(request: Request) -> Json:
    """Return the app's id and secret from HTTP Basic authentication."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return {}
    return {"client_id": name, "client_secret": secret}


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
