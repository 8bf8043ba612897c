"""Answer people within a second: first a partial answer, then the whole one or the late part."""

import secrets
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slack_bolt.async_app import AsyncBoltContext

from bot.domain.answers import Partial
from bot.jobs.fan_out import Asking
from bot.slack_app.modals import Modal
from bot.slack_app.payloads import clicked, deps_of
from bot.slack_app.response_urls import NotDelivered
from bot.slack_app.responses import Responder
from bot.views.slack.block_kit import Block, Message, marked

V = TypeVar("V", bound=Partial)


@dataclass(frozen=True, slots=True)
class Answer(Generic[V]):
    """A question and its views: `view` shows all results, `late` only those after the first message."""

    question: Asking[V]
    view: Callable[[V], Message]
    late: Callable[[V], Message]


async def give(context: AsyncBoltContext, responder: Responder, answer: Answer[V] | Message) -> None:
    """Show an answer with a responder.

    While some services are still being asked, a partial answer comes first. Where Slack can edit it, the whole answer
    or an error replaces it. Elsewhere, a second message has the late results, unless the asker has already clicked a
    button of the first one.
    """
    if isinstance(answer, Message):
        await responder.show(answer)
        return
    first = await answer.question.first()
    if not first.pending:
        await responder.show(answer.view(first))
        return
    name = secrets.token_hex(4)
    destination = await _first_words(responder, answer, first, name)
    if destination.edits:
        context["reply"] = destination
    whole = await answer.question.whole()
    if destination.edits:
        await destination.show(answer.view(whole))
    elif not await clicked(await deps_of(context), name):
        await destination.show(answer.late(whole))


async def _first_words(responder: Responder, answer: Answer[V], first: V, name: str) -> Responder:
    """Show the partial answer. If Slack refuses it, raise NotDelivered with the whole answer."""
    words = answer.view(first)
    try:
        return await responder.show(words if responder.edits else marked(words, name))
    except NotDelivered as lost:
        whole = answer.view(await answer.question.whole())
        raise NotDelivered(lost.reason, whole if lost.message else None) from lost


async def fill(context: AsyncBoltContext, modal: Modal, views: AsyncIterable[Block]) -> None:
    """Show one view after the other in a modal, and errors as well."""
    async for view in views:
        context["reply"] = modal = await modal.update(view)
