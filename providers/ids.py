"""What the ids of a service look like: typed on purpose, among words, and in links of its console."""

import re
from typing import NamedTuple

HEX = "[0-9a-f]{32}"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Link(NamedTuple):
    """A page of a console: its host, and a pattern with `(?P<id>)` or `(?P<media>)` that finds what it shows."""

    host: str
    pattern: str


class Ids(NamedTuple):
    """The forms of a service's ids, as regular expressions: no named groups, and each repetition has a limit.

    Of several alternatives the longest comes first. `whole` is what may be asked for; the provider quotes it into a
    path. `in_text` is what an id looks like among words, None where an id looks like a word. The defaults fit what
    vendors give out most: letters, digits, `-` and `_` (provider API notes, section 7).
    """

    whole: str = r"[0-9A-Za-z_-]{1,64}"
    in_text: str | None = None
    links: tuple[Link, ...] = ()

    def allow(self, text: str) -> bool:
        """Whether a text can be the id of a job. One or two dots are none: they would be a step in a path."""
        return re.fullmatch(self.whole, text) is not None and text not in {".", ".."}

    def recognize(self, text: str) -> bool:
        """Whether a text has the form of an id, so that it can hardly be a word."""
        return self.in_text is not None and re.fullmatch(self.in_text, text) is not None


USUAL = Ids()
"""The ids of a service that says nothing else."""
