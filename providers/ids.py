"""The format of a service's job ids: typed by a person, in free text, and in links to its console."""

import re
from typing import NamedTuple

HEX = "[0-9a-f]{32}"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Link(NamedTuple):
    """A page of a console. The pattern's group `(?P<id>)` or `(?P<media>)` matches the id that the page shows."""

    host: str
    pattern: str


class Ids(NamedTuple):
    """The formats of a service's ids, as regular expressions.

    They have no named groups, and repetitions are bounded. Among several alternatives, the longest comes first. `whole`
    matches ids that a look-up accepts; the provider quotes them into a path. `in_text` matches ids in free text; it is
    None where an id looks like a word. The defaults cover the formats that vendors use most: letters, digits, `-` and
    `_` (provider API notes, section 7).
    """

    whole: str = r"[0-9A-Za-z_-]{1,64}"
    in_text: str | None = None
    links: tuple[Link, ...] = ()

    def allow(self, text: str) -> bool:
        """Return whether a text can be a job id. One or two dots cannot: they would be a step in a path."""
        return re.fullmatch(self.whole, text) is not None and text not in {".", ".."}

    def recognize(self, text: str) -> bool:
        """Return whether a text has the format of an id, which few words have."""
        return self.in_text is not None and re.fullmatch(self.in_text, text) is not None


USUAL = Ids()
"""The formats of a service that declares no others."""
