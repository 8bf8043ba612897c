"""The watches of the configuration of this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.watches import ConfiguredWatch


@dataclass(slots=True)
class ConfiguredWatches:
    """What this process configures. It is `claimed` once the fleet knows that this process started last."""

    wanted: Sequence[ConfiguredWatch] = ()
    claimed: bool = False

    @property
    def digest(self) -> str:
        """Name these watches: the same for each process with the same configuration."""
        lines = sorted(f"{each.channel} {each.spec.words()}" for each in self.wanted)
        return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
