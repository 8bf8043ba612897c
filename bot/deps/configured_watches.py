"""The watches in the configuration of this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.watches import ConfiguredWatch


@dataclass(slots=True)
class ConfiguredWatches:
    """The configured watches. They are `claimed` after Redis holds their digest as the newest."""

    wanted: Sequence[ConfiguredWatch] = ()
    claimed: bool = False

    @property
    def digest(self) -> str:
        """An id of these watches, equal in all processes with the same configuration."""
        lines = sorted(f"{each.channel} {each.spec.words()}" for each in self.wanted)
        return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
