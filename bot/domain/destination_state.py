"""What a destination has open: its cards, and which of their records changed. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from bot.domain.cards import Card
from bot.domain.outbox import OutboxSnapshot, Urgency, Write, encode


@dataclass(frozen=True, slots=True)
class DestinationState:
    """The cards of a destination as they are after some of its events.

    `changed` names the records that differ from those in Redis, each with how urgent the edit of its message is, None
    where the message needs no edit.
    """

    destination: str
    cards: Mapping[str, Card]
    changed: Mapping[str, Urgency | None] = field(default_factory=dict[str, Urgency | None])

    @classmethod
    def of(cls, snapshot: OutboxSnapshot) -> Self:
        """Return the state that Redis has."""
        return cls(snapshot.destination, snapshot.cards)

    def with_card(self, card: Card, urgency: Urgency = Urgency.STATE) -> Self:
        """Return the state with one card added or replaced. Of several edits the most urgent counts."""
        most_urgent = min(urgency, self.changed.get(card.id) or urgency)
        return replace(self, cards={**self.cards, card.id: card}, changed={**self.changed, card.id: most_urgent})

    def without_edit(self, card_id: str) -> Self:
        """Return the state with a card whose message is posted as the card is."""
        return replace(self, changed={**self.changed, card_id: None})

    def writes(self, records: Mapping[str, str]) -> list[Write]:
        """Return the records that changed, beside those that Redis has."""
        return [
            Write(id=card_id, before=records.get(card_id, ""), after=encode(self.cards[card_id]), urgency=urgency)
            for card_id, urgency in self.changed.items()
        ]
