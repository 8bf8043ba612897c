"""Modals. They open immediately, because a trigger expires after 3 s, and show the answer when it is there."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import ExpiredError
from bot.domain.slack_ids import ID, TS
from bot.slack_api.errors import error_code
from bot.views.slack.block_kit import Block, Message
from bot.views.slack.modals import answer
from providers.json_fields import mapping, text

GONE = frozenset({"not_found", "hash_conflict"})
"""Slack's codes for a modal that was closed, or that shows something newer."""
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries to update a view after an acknowledgement."""


class Origin(BaseModel):
    """Where a modal was opened. The private metadata of the modal and of its later views carry this.

    Actions in the modal apply to this channel. The answer to a form goes to `response_url`, if there is one, and to
    the thread.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str | None = Field(default=None, pattern=f"^{ID}$")
    response_url: str | None = Field(default=None, max_length=1000, repr=False)
    thread_ts: str | None = Field(default=None, pattern=f"^{TS}$")

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read the origin of a view. It is empty for a view of another version."""
        try:
            return cls.model_validate_json(text(mapping(body.get("view")).get("private_metadata")) or "{}")
        except ValidationError:
            return cls()

    def mark(self, view: Block) -> Block:
        """Return a view with this origin in its private metadata."""
        kept = self.model_dump_json(exclude_none=True)
        return view if kept == "{}" else {**view, "private_metadata": kept}


def _name() -> str:
    return secrets.token_hex(8)


def _named(view: Block) -> Block:
    return {**view, "external_id": _name()}


def _trigger(body: Mapping[str, Any]) -> str:
    """Return the trigger that opens a modal for the person who clicked."""
    if trigger := text(body.get("trigger_id")):
        return trigger
    raise ExpiredError


@dataclass(frozen=True, slots=True)
class Modal:
    """An open modal. `hash` identifies the contents last seen; empty for any contents.

    `name` identifies the command whose answers the modal shows. A submitted form gets a new name, so that late answers
    to the command before find no view to change. `newest` returns whether no later click in the modal was answered.
    The answer then replaces any other answer to the same command, because a late answer to an earlier click may have
    changed the contents.
    """

    client: AsyncWebClient
    view_id: str
    hash: str
    title: str
    origin: Origin
    name: str = ""
    newest: Callable[[], Awaitable[bool]] | None = None
    edits: ClassVar[bool] = True

    @classmethod
    async def open(
        cls, client: AsyncWebClient, body: Mapping[str, Any], view: Block, origin: Origin | None = None
    ) -> Self:
        """Open the first modal. Raises ExpiredError without a trigger."""
        origin = origin or Origin()
        view = _named(origin.mark(view))
        opened = await client.views_open(trigger_id=_trigger(body), view=view)
        return cls._of(client, opened, view, origin)

    @classmethod
    async def over(
        cls, client: AsyncWebClient, body: Mapping[str, Any], view: Block, origin: Origin | None = None
    ) -> Self:
        """Open a modal over the clicked view. At Slack's limit of views, replace that view."""
        origin = origin or Origin.of(body)
        if mapping(body.get("view")).get("type") != "modal":
            return await cls.open(client, body, view, origin)
        view = _named(origin.mark(view))
        try:
            pushed = await client.views_push(trigger_id=_trigger(body), view=view)
        except SlackApiError as error:
            if error_code(error) != "push_limit_reached":
                raise
            replaced = await client.views_update(view_id=cls.clicked(client, body).view_id, view=view)
            return cls._of(client, replaced, view, origin)
        return cls._of(client, pushed, view, origin)

    @classmethod
    def clicked(
        cls, client: AsyncWebClient, body: Mapping[str, Any], newest: Callable[[], Awaitable[bool]] | None = None
    ) -> Self:
        """Return the modal that a person clicked in or submitted, as they saw it.

        Raises ExpiredError if the payload has no view.
        """
        view = mapping(body.get("view"))
        if (view_id := text(view.get("id"))) is None:
            raise ExpiredError
        title = text(mapping(view.get("title")).get("text")) or "Callboard"
        known, name = (text(view.get(key)) or "" for key in ("hash", "external_id"))
        return cls(client, view_id, known, title, Origin.of(body), name, newest)

    @classmethod
    def _of(cls, client: AsyncWebClient, reply: AsyncSlackResponse, view: Block, origin: Origin) -> Self:
        opened = cast("Mapping[str, Any]", reply.data)["view"]
        return cls(client, opened["id"], opened["hash"], view["title"]["text"], origin, view["external_id"])

    def renamed(self) -> Self:
        """Return the same modal with a new name, for the view of an acknowledgement."""
        return replace(self, hash="", name=_name())

    def mark(self, view: Block) -> Block:
        """Return a view with the origin and the name of this modal."""
        view = self.origin.mark(view)
        return {**view, "external_id": self.name} if self.name else view

    async def update(self, view: Block) -> Self:
        """Replace the view of the modal, unless it was closed or shows something newer.

        Returns the updated modal. Retries, because Slack may handle this call before an earlier acknowledgement.
        """
        if self.newest and not await self.newest():
            return self
        view = self.mark(view)
        for pause in PAUSES_S if self.name and not self.hash else ():
            if updated := await self._updated(view, self.hash):
                return updated
            await asyncio.sleep(pause)
        if updated := await self._updated(view, self.hash):
            return updated
        if self.hash and self.newest and await self.newest():
            return await self._updated(view, "") or self
        return self

    async def _updated(self, view: Block, contents: str) -> Self | None:
        """Replace these contents (a hash; empty for any) with another view; None if they have changed."""
        where = {"external_id": self.name} if self.name else {"view_id": self.view_id}
        known = {"hash": contents} if contents else {}
        try:
            updated = await self.client.views_update(view=view, **where, **known)
        except SlackApiError as error:
            if error_code(error) not in GONE:
                raise
            return None
        return replace(self, hash=cast("Mapping[str, Any]", updated.data)["view"]["hash"], newest=None)

    async def show(self, message: Message) -> Self:
        """Show an answer in the modal."""
        return await self.update(answer(self.title, message))
