"""Answers people without a silence of more than a second: first words, then the whole answer or what came late."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.answers import Late
from bot.replies import Reply, clicked
from bot.response_urls import NotDelivered
from bot.services import Services
from bot.views.message import Message, marked


class Partial(Protocol):
    """What a question is answered with; of the services in `pending` it holds nothing yet."""

    @property
    def pending(self) -> Sequence[Late]: ...


V = TypeVar("V", bound=Partial)
V_co = TypeVar("V_co", bound=Partial, covariant=True)


class Asking(Protocol[V_co]):
    """A question that is answered in one step or two."""

    async def first(self) -> V_co:
        """Return what is there after a second."""
        ...

    async def whole(self) -> V_co:
        """Return the whole answer."""
        ...


@dataclass(frozen=True, slots=True)
class Answer(Generic[V]):
    """A question with its words: `view` shows what is there, `late` what came after the first words alone."""

    question: Asking[V]
    view: Callable[[V], Message]
    late: Callable[[V], Message]


async def give(services: Services, reply: Reply, answer: Answer[V] | Message) -> None:
    """Show an answer where it goes.

    While some services are still being asked, what is there is shown first. The whole answer takes its place where
    Slack can edit it. Elsewhere one message follows with what came late, unless the asker has used the first one since.
    """
    if isinstance(answer, Message):
        await reply.show(answer)
        return
    first = await answer.question.first()
    if not first.pending:
        await reply.show(answer.view(first))
        return
    name = secrets.token_hex(4)
    place = await _first_words(reply, answer, first, name)
    whole = await answer.question.whole()
    if place.edits:
        await place.show(answer.view(whole))
    elif not await clicked(services, name):
        await place.show(answer.late(whole))


async def _first_words(reply: Reply, answer: Answer[V], first: V, name: str) -> Reply:
    """Show the first words; where Slack does not take them, the whole answer has to go another way."""
    words = answer.view(first)
    try:
        return await reply.show(words if reply.edits else marked(words, name))
    except NotDelivered as lost:
        whole = answer.view(await answer.question.whole())
        raise NotDelivered(lost.reason, whole if lost.message else None) from lost
