"""What was promised to whom: every subscription as Redis had it just before its job ended, and how the job ended."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SubscriptionOptions:
    """What somebody typed: `on` what, `to` where (empty: as usual)."""

    user: str
    channel: str
    on: str = "done"
    to: str = ""

    @property
    def place(self) -> str:
        """The destination that is notified."""
        return self.user if self.to == "dm" else self.channel

    def wants(self, state: str) -> bool:
        """Whether an end like this is to be told."""
        return self.on != "failed" or state == "failed"


@dataclass
class Ledger:
    """The books of a run, by (place, ref)."""

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
    """What Redis held when it was emptied: nothing is promised for it any more."""

    def asked(self, options: SubscriptionOptions, ref: str) -> None:
        """Somebody is about to type a command for a job."""
        self.options[options.place, ref] = options

    def followed(self, destination: str, ref: str, card: str) -> None:
        """Redis has a subscription. One card for each, from then on."""
        before = self.cards.setdefault((destination, ref), card)
        if before != card and (destination, ref) not in self.emptied:
            self.forgotten.append(f"{ref} in {destination} was on card {before} and is on {card}")

    def unsubscribing(self, destination: str, ref: str) -> None:
        """Somebody is about to unsubscribe."""
        self.dropped.add((destination, ref))

    def ending(self, ref: str, state: str, followers: dict[str, str]) -> None:
        """A job is about to end: what its followers were promised is fixed now."""
        self.ends[ref] = state
        for destination, card in followers.items():
            self.followed(destination, ref, card)
            self.promised.add((destination, ref))
        for destination, other in self.cards:
            if other == ref and destination not in followers and (destination, ref) not in self.dropped | self.emptied:
                self.forgotten.append(f"{ref} was followed in {destination}, and is no longer")

    def batches(self) -> dict[tuple[str, str], list[str]]:
        """The jobs of each card, by (place, card)."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (destination, ref), card in self.cards.items():
            found[destination, card].append(ref)
        return found
