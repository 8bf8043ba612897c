"""Modals: opened at once, because a trigger lasts 3 s, and filled when there is something to show."""

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
"""The modal was closed, or something newer stands there already."""
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Between tries to follow up on an acknowledgement."""


class Origin(BaseModel):
    """Where a modal was opened from; it travels in the private metadata of every view that grows out of it.

    What is done in the modal is for this channel. An answer to what was filled in goes to `response_url`, where there
    is one, and to the thread.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str | None = Field(default=None, pattern=f"^{ID}$")
    response_url: str | None = Field(default=None, max_length=1000, repr=False)
    thread_ts: str | None = Field(default=None, pattern=f"^{TS}$")

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read the origin of a view; nothing is known of one that another Callboard opened."""
        try:
            return cls.model_validate_json(text(mapping(body.get("view")).get("private_metadata")) or "{}")
        except ValidationError:
            return cls()

    def mark(self, view: Block) -> Block:
        """Return a view that remembers where it comes from."""
        kept = self.model_dump_json(exclude_none=True)
        return view if kept == "{}" else {**view, "private_metadata": kept}


def _name() -> str:
    return secrets.token_hex(8)


def _named(view: Block) -> Block:
    return {**view, "external_id": _name()}


def _trigger(body: Mapping[str, Any]) -> str:
    """Return what lets us open a modal for whoever clicked."""
    if trigger := text(body.get("trigger_id")):
        return trigger
    raise ExpiredError


@dataclass(frozen=True, slots=True)
class Modal:
    """An open modal. `hash` tells which of its contents is known here, empty is any.

    `name` is that of the question whose answers it shows. A form that is sent off gets another name, so that late
    answers to the question before find no view to change. `newest` says whether no later click in it was answered yet.
    Then the answer replaces any answer to the same question: a late answer to an earlier click may have changed the
    contents since.
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
        """Open a modal, the first one. Raises ExpiredError without a trigger."""
        origin = origin or Origin()
        view = _named(origin.mark(view))
        opened = await client.views_open(trigger_id=_trigger(body), view=view)
        return cls._of(client, opened, view, origin)

    @classmethod
    async def over(
        cls, client: AsyncWebClient, body: Mapping[str, Any], view: Block, origin: Origin | None = None
    ) -> Self:
        """Open a modal over the view that was clicked in; where Slack allows no more, it takes that one's place."""
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
        """The modal that somebody clicked in or submitted, as they saw it; raises ExpiredError where there is none."""
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
        """The same modal, for an acknowledgement to put a view of a new name there."""
        return replace(self, hash="", name=_name())

    def mark(self, view: Block) -> Block:
        """Return a view that belongs in this modal."""
        view = self.origin.mark(view)
        return {**view, "external_id": self.name} if self.name else view

    async def update(self, view: Block) -> Self:
        """Put another view in its place, unless it was closed or something newer stands there already.

        Returns the modal as it is then. Slack may take this call before it has carried out an acknowledgement that was
        sent earlier.
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
        """Put another view in the place of these contents (a hash, empty is any); None where they are gone."""
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
        """Show an answer in it."""
        return await self.update(answer(self.title, message))
