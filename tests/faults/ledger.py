"""The promises: every subscription in Redis just before its job finished, and the job's result."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SubscriptionOptions:
    """A subscription as typed: `on`, and `to` (empty: the default)."""

    user: str
    channel: str
    on: str = "done"
    to: str = ""

    @property
    def place(self) -> str:
        """Return the destination of its notifications."""
        return self.user if self.to == "dm" else self.channel

    def wants(self, state: str) -> bool:
        """Return whether it notifies about a result in this state."""
        return self.on != "failed" or state == "failed"


@dataclass
class Ledger:
    """The ledger of a run, by (destination, ref)."""

    options: dict[tuple[str, str], SubscriptionOptions] = field(
        default_factory=dict[tuple[str, str], SubscriptionOptions]
    )
    cards: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    promised: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    dropped: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    ends: dict[str, str] = field(default_factory=dict[str, str])
    in_vain: list[str] = field(default_factory=list[str])
    forgotten: list[str] = field(default_factory=list[str])
    emptied: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """The subscriptions in Redis when it was emptied: nothing is promised for them."""

    def asked(self, options: SubscriptionOptions, ref: str) -> None:
        """Record a subscribe command that a person is about to type for a job."""
        self.options[options.place, ref] = options

    def followed(self, destination: str, ref: str, card: str) -> None:
        """Record that Redis has a subscription, which needs one card from then on."""
        before = self.cards.setdefault((destination, ref), card)
        if before != card and (destination, ref) not in self.emptied:
            self.forgotten.append(f"{ref} in {destination} was on card {before} and is on {card}")

    def unsubscribing(self, destination: str, ref: str) -> None:
        """Record an unsubscribe command that a person is about to type."""
        self.dropped.add((destination, ref))

    def ending(self, ref: str, state: str, followers: dict[str, str]) -> None:
        """Record that a job is about to finish, which fixes the promises to its subscribers."""
        self.ends[ref] = state
        for destination, card in followers.items():
            self.followed(destination, ref, card)
            self.promised.add((destination, ref))
        for destination, other in self.cards:
            if other == ref and destination not in followers and (destination, ref) not in self.dropped | self.emptied:
                self.forgotten.append(f"{ref} was followed in {destination}, and is no longer")

    def batches(self) -> dict[tuple[str, str], list[str]]:
        """Return the jobs of each card, by (destination, card)."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (destination, ref), card in self.cards.items():
            found[destination, card].append(ref)
        return found
