"""The page's endpoints: its state, its live events, and people's actions."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.delivery.app_lifecycle import AppLife
from sandbox.slack.delivery.channel_lifecycle import change
from sandbox.slack.delivery.delivery import Delivery, UndeliveredError
from sandbox.slack.delivery.event_payloads import home_opened
from sandbox.slack.page.interactions import Interactions, Later, Used
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Channel, Json, Message, User, View
from sandbox.slack.workspace.workspace import Workspace


class _Message(BaseModel):
    user: str
    channel: str
    text: str = Field(min_length=1)
    thread_ts: str = ""


class _Shortcut(BaseModel):
    """A shortcut: of a message, or of the workspace if there is no message."""

    user: str
    callback_id: str
    channel: str = ""
    message_ts: str = ""


class _Home(BaseModel):
    user: str
    tab: Literal["home", "messages"]


class _Action(BaseModel):
    user: str
    block_id: str
    action_id: str
    channel: str = ""
    message_ts: str = ""
    attachment_id: int | None = None
    view_id: str = ""
    state_values: dict[str, Any] = Field(default_factory=dict)


class _Suggest(BaseModel):
    """The text in a menu whose options come from the app."""

    user: str
    block_id: str
    action_id: str
    value: str
    channel: str = ""
    message_ts: str = ""
    view_id: str = ""


class _Open(BaseModel):
    user: str
    view_id: str
    state_values: dict[str, Any] = Field(default_factory=dict)


class _Channel(BaseModel):
    user: str
    channel: str
    archived: bool | None = None
    bot_member: bool | None = None


class _Removal(BaseModel):
    user: str


class Page:
    """The routes under /ui/."""

    def __init__(self, workspace: Workspace, delivery: Delivery, life: AppLife) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._life = life
        self._events = life.events(workspace)
        self._interactions = Interactions(workspace, delivery, self._events)

    def routes(self) -> list[BaseRoute]:
        """Return the page's routes."""
        posts: dict[str, Callable[[Json], Later | None]] = {
            "message": self._message,
            "channel": self._change_channel,
            "action": self._action,
            "shortcut": self._shortcut,
            "home": self._open_home,
            "view_submit": self._submit,
            "view_close": self._close,
            "remove_app": self._remove_app,
        }
        return [
            Route("/ui/state", self._state),
            WebSocketRoute("/ui/live", self._live),
            Route("/ui/suggest", self._suggest, methods=["POST"]),
            Route("/archives/{channel}/{message}", self._permalink),
            *(Route(f"/ui/{name}", _doing(act), methods=["POST"]) for name, act in posts.items()),
        ]

    async def _state(self, request: Request) -> Response:
        user = self._workspace.users.get(self._looking(request.query_params))
        if user is None:
            return JSONResponse({"ok": False, "error": "user_not_found"}, status_code=404)
        return JSONResponse(self._state_of(user))

    def _looking(self, query: Mapping[str, str]) -> str:
        """Return the page's viewer: the first person by default."""
        return query.get("user") or self._workspace.people[0].id

    def _state_of(self, user: User) -> Json:
        workspace = self._workspace
        seen = {
            channel.id: workspace.messages.seen_by(channel.id, user.id)
            for channel in workspace.channels.values()
            if channel.visible_to(user.id)
        }
        shown = [channel for channel in map(workspace.channels.__getitem__, seen) if self._stands(channel, seen)]
        return {
            "team": {"id": workspace.team.id, "name": workspace.team.name},
            "workspaces": [self._other_workspace(each) for each in self._life.world.workspaces.values()],
            "app": {"name": workspace.app.name, "bot_user_id": workspace.app.user_id, **self._standing()},
            "me": user.id,
            "users": [each.as_page() for each in workspace.users.values()],
            "channels": [channel.as_page() for channel in shown],
            "commands": [
                command.model_dump(include={"command", "description", "usage_hint"}) for command in workspace.commands
            ],
            "shortcuts": [shortcut.model_dump() for shortcut in workspace.shortcuts],
            "groups": [{"id": group.id, "handle": group.handle} for group in workspace.groups.values()],
            "app_home": workspace.app_home.model_dump(),
            "home": workspace.modals.home(user.id),
            "connected": self._delivery.connected,
            "request_url": self._delivery.request_url,
            "messages": {
                channel.id: [workspace.messages.as_page(message) for message in seen[channel.id]] for channel in shown
            },
            "view_stack": [workspace.modals.as_page(view) for view in workspace.modals.stack(user.id)],
        }

    def _stands(self, channel: Channel, seen: Mapping[str, Sequence[Message]]) -> bool:
        """Return whether the sidebar shows a conversation: a direct message needs messages or a Home tab."""
        return not channel.im_of or bool(seen[channel.id]) or self._workspace.app_home.home_tab_enabled

    def _other_workspace(self, workspace: Workspace) -> Json:
        """Return a workspace that the page can switch to."""
        return {
            "id": workspace.team.id,
            "name": workspace.team.name,
            "path": f"{self._life.world.path(workspace)}/",
            "organization": workspace.enterprise.name if workspace.enterprise else "",
        }

    def _standing(self) -> Json:
        """Return whether the app is installed, and whether through the whole organization."""
        workspace = self._workspace
        enterprise = workspace.enterprise
        whole = enterprise.name if enterprise and workspace.org_wide else ""
        return {"installed": workspace.installation is not None, "organization": whole}

    async def _live(self, socket: WebSocket) -> None:
        user = self._looking(socket.query_params)
        if user not in self._workspace.users:
            await socket.close(code=4404, reason="user_not_found")
            return
        # Subscribe before accepting, so that a page that loads the state after connecting misses no event.
        with self._workspace.feed.page(user) as events:
            await socket.accept()
            await _until_closed(socket, events)

    def _message(self, body: Json) -> Later | None:
        asked = _Message.model_validate(body)
        channel = self._channel(asked.channel, asked.user)
        return self._interactions.say(self._user(asked.user), channel, asked.text, asked.thread_ts or None)

    def _shortcut(self, body: Json) -> Later:
        asked = _Shortcut.model_validate(body)
        user = self._user(asked.user)
        if asked.message_ts:
            message = self._message_seen(asked.channel, asked.message_ts, user)
            return self._interactions.message_shortcut(user, message, asked.callback_id)
        channel = self._channel(asked.channel, user.id) if asked.channel else None
        return self._interactions.shortcut(user, channel, asked.callback_id)

    def _open_home(self, body: Json) -> None:
        asked = _Home.model_validate(body)
        home = self._workspace.app_home
        if not (home.home_tab_enabled if asked.tab == "home" else home.messages_tab_enabled):
            raise SlackError("not_enabled")
        self._events.publish(home_opened(self._workspace, self._user(asked.user), asked.tab))

    def _change_channel(self, body: Json) -> None:
        asked = _Channel.model_validate(body)
        user, channel = self._user(asked.user), self._channel(asked.channel, asked.user)
        if asked.archived is not None:
            self._events.publish(*change(self._workspace, user, channel, "archived", to=asked.archived))
        if asked.bot_member is not None:
            self._events.publish(*change(self._workspace, user, channel, "bot_member", to=asked.bot_member))

    def _action(self, body: Json) -> Later | None:
        asked = _Action.model_validate(body)
        user = self._user(asked.user)
        used = Used(asked.block_id, asked.action_id, body, asked.state_values, asked.attachment_id)
        if asked.view_id:
            return self._interactions.use_in_view(user, self._view(asked.view_id, user), used)
        return self._interactions.use_in_message(user, self._message_seen(asked.channel, asked.message_ts, user), used)

    async def _suggest(self, request: Request) -> Response:
        """Return the app's options for the text in a menu."""
        try:
            asked = _Suggest.model_validate(await request.json())
            user = self._user(asked.user)
            place = (asked.channel, asked.message_ts, user)
            surface = self._view(asked.view_id, user) if asked.view_id else self._message_seen(*place)
            found = await self._interactions.suggest(user, surface, (asked.block_id, asked.action_id), asked.value)
        except (ValueError, ValidationError):
            return JSONResponse({"ok": False, "error": "invalid_arguments"}, status_code=400)
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)
        except UndeliveredError as error:
            return JSONResponse({"ok": False, "error": error.code}, status_code=400)
        return JSONResponse({"ok": True, **found})

    def _submit(self, body: Json) -> Later | None:
        asked = _Open.model_validate(body)
        user = self._user(asked.user)
        return self._interactions.submit(user, self._view(asked.view_id, user), asked.state_values)

    def _close(self, body: Json) -> Later | None:
        asked = _Open.model_validate(body)
        user = self._user(asked.user)
        return self._interactions.close(user, self._view(asked.view_id, user))

    def _remove_app(self, body: Json) -> None:
        self._user(_Removal.model_validate(body).user)
        installation = self._workspace.installation
        if installation is None:
            raise SlackError("app_not_installed")
        self._life.remove(installation)

    async def _permalink(self, request: Request) -> Response:
        """Redirect a permalink to its channel on the page."""
        return RedirectResponse(f"{self._life.world.path(self._workspace)}/#{request.path_params['channel']}")

    def _view(self, view_id: str, user: User) -> View:
        view = self._workspace.modals.find(view_id)
        if view.user != user.id:
            raise SlackError("not_found")
        return view

    def _message_seen(self, channel: str, ts: str, user: User) -> Message:
        message = self._workspace.messages.find(channel, ts, viewer=user.id)
        if message is None or not self._workspace.channels[channel].visible_to(user.id):
            raise SlackError("message_not_found")
        return message

    def _user(self, user_id: str) -> User:
        if user_id not in self._workspace.users:
            raise SlackError("user_not_found")
        return self._workspace.users[user_id]

    def _channel(self, channel_id: str, user: str) -> Channel:
        channel = self._workspace.channels.get(channel_id)
        if channel is None or not channel.visible_to(user):
            raise SlackError("channel_not_found")
        return channel


def _doing(act: Callable[[Json], Later | None]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            later = act(await request.json())
        except (ValueError, ValidationError):
            return JSONResponse({"ok": False, "error": "invalid_arguments"}, status_code=400)
        except SlackError as error:
            return JSONResponse(error.body(), status_code=400)
        return JSONResponse({"ok": True}, background=BackgroundTask(_finish, later) if later else None)

    return endpoint


async def _finish(later: Later) -> None:
    await later()


async def _until_closed(socket: WebSocket, events: asyncio.Queue[Json]) -> None:
    """Pass events on until the page disconnects."""

    async def send() -> None:
        while True:
            await socket.send_json(await events.get())

    sending = asyncio.create_task(send())
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
