"""The metadata of a card's message, which restores its subscriptions after the database is lost. Pure.

The metadata has the options of the first subscriber, and the jobs as they were when the card was posted. The buttons
have the jobs that are still tracked: an edit changes them, but not the metadata.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from bot.domain.button_payloads import REFRESH, CommandPayload
from bot.domain.cards import Card, options
from bot.domain.slack_ids import bare_id
from providers.json_fields import listing, mapping, text

EVENT = "callboard_post"
"""The type of the metadata that every post carries."""
FORMAT = 1
_NAMING = ("unsubscribe ", "show ")
"""The commands of a card's buttons that name its jobs. The first names the jobs that are still tracked."""


def essentials(card: Card) -> dict[str, Any]:
    """Return the metadata of a post about its card, such as its id and jobs."""
    jobs = CommandPayload.about("subscribe", list(card.jobs)).text.partition(" ")[2]
    by = " ".join(map(bare_id, card.subscribers))
    return {"format": FORMAT, "card": card.id, "jobs": jobs, "terms": options(card.terms), "by": by}


class CardMessage(NamedTuple):
    """A message of the bot.

    `card` is the id of its card, empty if it is not a card. `open` is set if jobs on it are still tracked. `jobs` and
    `terms` are words of a command, `by` the ids of its subscribers; each is empty if unknown.
    """

    card: str
    open: bool
    jobs: str
    terms: str
    by: tuple[str, ...]

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> Self:
        """Read a message from a conversation's history or from the payload of a click."""
        kept = mapping(mapping(message.get("metadata")).get("event_payload"))
        asks = dict(_asks(message))
        refresh = asks.get(REFRESH)
        named = (
            command.text.removeprefix(word)
            for word in _NAMING
            for command in asks.values()
            if command.text.startswith(word)
        )
        return cls(
            card=text(kept.get("card")) or (refresh.card if refresh else None) or "",
            open=refresh is not None,
            jobs=next(named, text(kept.get("jobs")) or ""),
            terms=text(kept.get("terms")) or "",
            by=tuple((text(kept.get("by")) or "").split()),
        )

    @property
    def again(self) -> str:
        """The command that subscribes to its jobs again; empty if it names none."""
        return " ".join(filter(None, ["subscribe", self.jobs, self.terms])) if self.jobs else ""

    @property
    def show(self) -> str:
        """The command that shows its jobs; empty if it names none."""
        return f"show {self.jobs}" if self.jobs else ""


def _asks(message: Mapping[str, Any]) -> Iterator[tuple[str, CommandPayload]]:
    """Yield the payloads of a message's buttons with their action ids."""
    for block in map(mapping, listing(message.get("blocks"))):
        for element in map(mapping, [*listing(block.get("elements")), block.get("accessory")]):
            try:
                command = CommandPayload.model_validate_json(text(element.get("value")) or "")
            except ValidationError:
                continue
            yield text(element.get("action_id")) or "", command


def posted_at(message: Mapping[str, Any]) -> datetime | None:
    """Return when a message was posted, by Slack's clock; None if unknown."""
    try:
        return datetime.fromtimestamp(float(text(message.get("ts")) or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None
