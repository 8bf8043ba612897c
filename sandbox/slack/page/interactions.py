"""People's actions: commands, clicks, submissions. They go to the app, and failures show on the page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from sandbox.slack.delivery.channel_lifecycle import change
from sandbox.slack.delivery.delivery import Delivery, Kind, UndeliveredError
from sandbox.slack.delivery.event_payloads import said
from sandbox.slack.delivery.events import Events
from sandbox.slack.delivery.payloads import (
    attachment_origin,
    closed_payload,
    command_payload,
    global_shortcut_payload,
    message_action_payload,
    message_shortcut_payload,
    submission_payload,
    suggestion_payload,
    view_action_payload,
)
from sandbox.slack.delivery.response_urls import respond
from sandbox.slack.page.choices import action_taken, picked_places, state_values
from sandbox.slack.page.external_options import Suggestions
from sandbox.slack.page.form_validation import mistakes
from sandbox.slack.page.typed_text import decorate
from sandbox.slack.web_api.views import read_view
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.interaction_grants import Response
from sandbox.slack.workspace.model import Channel, Content, Json, Message, User, View
from sandbox.slack.workspace.workspace import Workspace

Later = Callable[[], Awaitable[None]]
"""The rest of an interaction, which runs after the page has its answer."""


@dataclass(frozen=True)
class Used:
    """A used element. `given` is the picked or typed value, `form` the values of the surface's inputs.

    `attachment` is the number of the element's attachment.
    """

    block_id: str
    action_id: str
    given: Json
    form: Json
    attachment: int | None = None


class Interactions:
    """Each method checks immediately (SlackError) and returns the remaining work."""

    def __init__(self, workspace: Workspace, delivery: Delivery, events: Events) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._events = events
        self._suggestions = Suggestions(delivery)

    def say(self, user: User, channel: Channel, text: str, thread_ts: str | None = None) -> Later | None:
        """Post a message, or send a slash command if it starts with a slash. Slack has no commands in threads."""
        if channel.archived:
            raise SlackError("is_archived")
        if channel.im_of and not self._workspace.app_home.writable:
            raise SlackError("restricted_action")
        if thread_ts or not text.startswith("/"):
            self._post(user, channel, Content(self._decorate(text, names=False)), thread_ts)
            return None
        name, _, rest = text.partition(" ")
        if name == "/invite" and self._is_app(rest.strip()) and not channel.im_of:
            self._events.publish(*change(self._workspace, user, channel, "bot_member", to=True))
            return None
        declared = self._workspace.manifest.command(name) if self._workspace.installation else None
        if declared is None:
            words = f"{name} is not a valid command. In Slack, all messages that start with the “/” character"
            self._workspace.feed.notice(user.id, channel.id, f"{words} are interpreted as commands.")
            return None
        typed = self._decorate(rest.strip(), names=True) if declared.should_escape else rest.strip()
        return lambda: self._command(user, channel, name, typed)

    def _is_app(self, mentioned: str) -> bool:
        return bool(self._workspace.installation) and mentioned.casefold() == f"@{self._workspace.app.name}".casefold()

    def shortcut(self, user: User, channel: Channel | None, callback_id: str) -> Later:
        """Use a shortcut of the workspace. Slack hides the page's conversation, `channel`, from the app."""
        self._declared("global", callback_id)
        payload = global_shortcut_payload(self._workspace, user, callback_id)
        payload["trigger_id"] = self._workspace.grants.trigger(user.id, channel.id if channel else None)
        return lambda: self._act(user, channel.id if channel else None, payload)

    def message_shortcut(self, user: User, message: Message, callback_id: str) -> Later:
        """Use a shortcut from a message's menu, of any author. Ephemeral messages have no menu."""
        self._declared("message", callback_id)
        if message.viewer or message.event:
            raise SlackError("message_not_found")
        grants = self._workspace.grants
        payload = message_shortcut_payload(self._workspace, user, message, callback_id)
        payload["trigger_id"] = grants.trigger(user.id, message.channel)
        payload["response_url"] = self._response_url(grants.response(user.id, message.channel))
        return lambda: self._act(user, message.channel, payload)

    def use_in_message(self, user: User, message: Message, used: Used) -> Later:
        """Use an element in a message."""
        grants = self._workspace.grants
        attachment = _attachment(message, used.attachment)
        blocks = self._suggestions.with_options(
            message.ts, attachment["blocks"] if attachment else message.content.blocks
        )
        actions = [self._action(blocks, used)]
        values = state_values(blocks, used.form)
        payload = message_action_payload(self._workspace, user, message, actions, values)
        if attachment:
            payload |= attachment_origin(payload, attachment)
        if attachment and attachment.get("is_app_unfurl"):
            del payload["message"]
        payload["trigger_id"] = grants.trigger(user.id, message.channel)
        source = message.ts if message.by_app else None  # another author's message cannot be replaced
        payload["response_url"] = self._response_url(grants.response(user.id, message.channel, source))
        return lambda: self._act(user, message.channel, payload)

    def use_in_view(self, user: User, view: View, used: Used) -> Later:
        """Use an element in a modal or Home tab."""
        blocks = self._suggestions.with_options(view.id, view.body["blocks"])
        actions = [self._action(blocks, used)]
        view.state_values = state_values(blocks, used.form, view.channel)
        payload = view_action_payload(self._workspace, user, view, actions)
        payload["trigger_id"] = self._workspace.grants.trigger(user.id, view.channel)
        return lambda: self._act(user, None, payload)

    async def suggest(self, user: User, surface: View | Message, menu: tuple[str, str], typed: str) -> Json:
        """Return the app's options for the text in a menu. Raises UndeliveredError or SlackError."""
        payload = suggestion_payload(self._workspace, user, surface, menu, typed)
        return await self._suggestions.request(surface.id if isinstance(surface, View) else surface.ts, payload)

    def submit(self, user: User, view: View, form: Json) -> Later | None:
        """Submit a modal. The app does not receive incomplete forms."""
        if "submit" not in view.body:
            raise SlackError("no_such_element")
        blocks = self._suggestions.with_options(view.id, view.body["blocks"])
        view.state_values = state_values(blocks, form, view.channel)
        if wrong := mistakes(blocks, view.state_values):
            self._workspace.modals.refuse(view, wrong)
            return None
        payload = submission_payload(self._workspace, user, view, self._response_urls(user, view))
        payload["trigger_id"] = self._workspace.grants.trigger(user.id, view.channel)
        return lambda: self._submit(user, view, payload)

    def close(self, user: User, view: View) -> Later | None:
        """Dismiss a modal. The app receives an event if the view has `notify_on_close`."""
        cleared = bool(view.body.get("clear_on_close"))
        if cleared:
            self._workspace.modals.close_all(user.id)
        else:
            self._workspace.modals.close(view)
        if not view.body.get("notify_on_close"):
            return None
        payload = closed_payload(self._workspace, user, view, cleared=cleared)
        return lambda: self._act(user, None, payload)

    def _post(self, user: User, channel: Channel, content: Content, thread_ts: str | None) -> None:
        workspace = self._workspace
        parent = workspace.messages.find(channel.id, thread_ts, viewer=user.id) if thread_ts else None
        if thread_ts and (parent is None or parent.viewer):
            raise SlackError("cannot_reply_to_message")
        root = (parent.thread_ts or parent.ts) if parent else None
        message = workspace.messages.post(channel.id, user.id, content, thread_ts=root)
        self._events.publish(*said(workspace, message))

    def _declared(self, kind: Literal["global", "message"], callback_id: str) -> None:
        workspace = self._workspace
        if workspace.installation is None or workspace.manifest.shortcut(kind, callback_id) is None:
            raise SlackError("no_such_shortcut")

    def _response_urls(self, user: User, view: View) -> list[Json]:
        """Return the submission's response_urls: one for each picked conversation whose element asks for it."""
        grants = self._workspace.grants
        return [
            {**place, "response_url": self._response_url(grants.response(user.id, place["channel_id"]))}
            for place in picked_places(view.body["blocks"], view.state_values)
        ]

    async def _command(self, user: User, channel: Channel, name: str, text: str) -> None:
        workspace = self._workspace
        token = workspace.grants.response(user.id, channel.id)
        payload = command_payload(workspace, user, channel, name, text)
        payload["response_url"] = self._response_url(token)
        payload["trigger_id"] = workspace.grants.trigger(user.id, channel.id)
        try:
            answer = await self._deliver("slash_commands", user, payload)
            if answer:
                respond(workspace, Response(user.id, channel.id, expires=0), answer)
        except UndeliveredError as error:
            workspace.feed.notice(user.id, channel.id, f'{name} failed with the error "{error.code}"')
        except SlackError:
            workspace.feed.notice(user.id, channel.id, f'{name} failed with the error "invalid_command_response"')

    async def _act(self, user: User, channel: str | None, payload: Json) -> None:
        try:
            await self._deliver("interactive", user, payload)
        except UndeliveredError as error:
            words = f"{self._workspace.app.name} did not respond to that ({error.code}). Try again."
            self._workspace.feed.notice(user.id, channel, words)

    async def _submit(self, user: User, view: View, payload: Json) -> None:
        try:
            answer = await self._deliver("interactive", user, payload)
            self._carry_out(user, view, answer or {})
        except (UndeliveredError, SlackError) as error:
            words = f"We had some trouble connecting. Try again? ({error.code})"
            self._workspace.feed.notice(user.id, None, words)

    async def _deliver(self, kind: Kind, user: User, payload: Json) -> Json | None:
        """Deliver a payload to the app, and update the person's pages after the acknowledgement."""
        answer = await self._delivery.deliver(kind, payload)
        self._workspace.feed.send({"type": "acknowledged"}, to=user.id)
        return answer

    def _carry_out(self, user: User, view: View, answer: Json) -> None:
        """Apply the acknowledgement of a submission. An empty one closes the modal."""
        modals = self._workspace.modals
        match answer.get("response_action"):
            case None:
                if view in modals.stack(user.id):
                    modals.close(view)
            case "errors":
                modals.refuse(view, _errors(view, answer))
            case "update":
                modals.replace(view, read_view(answer.get("view")))
            case "push":
                modals.push(user.id, read_view(answer.get("view")))
            case "clear":
                modals.close_all(user.id)
            case _:
                raise SlackError("invalid_response_action")

    def _action(self, blocks: list[Json], used: Used) -> Json:
        action_ts = self._workspace.timestamps.next()
        return action_taken(blocks, used.block_id, used.action_id, used.given, action_ts)

    def _decorate(self, text: str, *, names: bool) -> str:
        channels: list[Any] = [each for each in self._workspace.channels.values() if not each.im_of]
        workspace = self._workspace
        return decorate(text, workspace.users.values(), channels, workspace.groups.values(), names=names)

    def _response_url(self, token: str) -> str:
        return f"{self._delivery.origin}/response/{self._workspace.team.id}/{token}"


def _attachment(message: Message, number: int | None) -> Json | None:
    """Return the attachment with that number, if it is the app's own. Raises `no_such_element`."""
    if number is None:
        return None
    for attachment in message.attachments:
        if (
            attachment["id"] == number
            and (message.by_app or attachment.get("is_app_unfurl"))
            and "blocks" in attachment
        ):
            return attachment
    raise SlackError("no_such_element")


def _errors(view: View, answer: Json) -> dict[str, str]:
    """Return the app's form errors, which must be about input blocks. Raises `invalid_response_errors`."""
    errors = answer.get("errors")
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(cast("dict[str, str]", errors)) - inputs:
        raise SlackError("invalid_response_errors")
    return cast("dict[str, str]", errors)
