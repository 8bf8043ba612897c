"""Finds every job that any message names: in its text, blocks, attachments and unfurled links.

Pure: takes a payload and returns addresses. Section 7 of the provider API notes has the forms of ids in free text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.domain.catalog import Catalog
from bot.domain.id_labels import Label, label
from bot.domain.identifiers import (
    JOBS_MAX,
    Address,
    JobId,
    MediaId,
    NotAnAddressError,
    in_text,
    read,
    refs_in_text,
    shown,
)
from bot.domain.message_texts import texts
from bot.domain.plain_text import plain, readings, unescaped

# mrkdwn's italics, bullets and arrows touch the word, and `_` and `-` can be a part of an id.
_EDGES = re.compile(r"(?<![0-9A-Za-z])_+|_+(?![0-9A-Za-z])|(?<![\w-])-++|(?<!-)-++(?!\w)")
_LINK = r"(?P<link>https?://[^\s<>|\"'`]+)"
_MASKED = r"(?<![0-9A-Za-z_*-])(?P<masked>(?=[0-9A-Za-z_-]*\d)[0-9A-Za-z_-]{6,60}\*{3,}[0-9A-Za-z_-]*)"
_MEDIA = r"(?<![0-9A-Za-z_-])(?P<media>media:[0-9a-f]{32})(?![0-9A-Za-z_-])"
_REQUEST = (
    r"(?<![0-9A-Za-z_-])(?P<request>(?=[0-9-]*[A-F])[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})(?![0-9A-Za-z_-])"
)
_PUNCTUATION = ".,:;!?…"
"""Belongs to the sentence at the end of a ref."""
_SAME_LIST = re.compile(r"""["'`]\s{0,80},\s{0,80}(?:[\w.-]{1,64}/[\w.-]{1,64}\s)?["'`]""")
"""Between two texts of a list: in JSON, or of ids in code with their scopes."""
READ_MAX = 40_000
"""Characters of a text that are read, Slack's maximum (api.slack.com/methods/chat.postMessage#truncating)."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The jobs that a message names: first the ids that it calls jobs, then ids that may be jobs.

    Both are in reading order. `addresses` holds as many as one command may name, `left_out` counts the others. `masked`
    are samples from documentation, `requests` are ids of requests; neither belongs to a job.
    """

    addresses: tuple[Address, ...] = ()
    left_out: int = 0
    masked: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


def extract(message: object, catalog: Catalog) -> Extracted:
    """Return the jobs that a message names. Accepts any payload."""
    found = _Found(_pattern(catalog), catalog)
    for number, text in enumerate(texts(message)):
        for reading in _readings(text[:READ_MAX]):
            found.read(reading, number)
    addresses = found.refs()
    return Extracted(addresses[:JOBS_MAX], len(addresses[JOBS_MAX:]), tuple(found.masked), tuple(found.requests))


def _readings(text: str) -> Iterator[str]:
    for reading in readings(unescaped(text)):
        yield from dict.fromkeys((reading, _EDGES.sub(" ", reading)))


def _pattern(catalog: Catalog) -> re.Pattern[str]:
    """Return the pattern of ids and links. A link matches as a whole: a media id in it is not a job's id."""
    ref = rf"(?P<ref>{refs_in_text(catalog)})(?![0-9A-Za-z_-]|\*{{3}})"
    return re.compile(f"{_LINK}|{ref}|{_MASKED}|{_MEDIA}|{_REQUEST}|(?P<id>{in_text().pattern})")


Place = tuple[int, int] | None
"""An object of JSON: the number of its text, and where it starts. None is outside of all objects."""


class _Objects:
    """The outermost objects of JSON in a text."""

    def __init__(self, text: str, number: int) -> None:
        self._number = number
        self._begins, self._ends = list[int](), list[int]()
        depth = 0
        for brace in re.finditer("[{}]", text):
            if brace[0] == "{":
                depth += 1
                if depth == 1:
                    self._begins.append(brace.start())
            elif depth:
                depth -= 1
                if depth == 0:
                    self._ends.append(brace.start())

    def object_at(self, at: int) -> Place:
        """Return the object that contains a character."""
        index = bisect_right(self._begins, at) - 1
        if index < 0 or (index < len(self._ends) and self._ends[index] < at):
            return None
        return self._number, self._begins[index]


class _Found:
    """The ids found so far in the texts of one message."""

    def __init__(self, pattern: re.Pattern[str], catalog: Catalog) -> None:
        self.masked: dict[str, None] = {}
        self.requests: dict[str, None] = {}
        self._pattern = pattern
        self._catalog = catalog
        self._named: dict[Address, None] = {}
        self._certain: set[Address] = set()
        """Ids that the message itself calls a job, or media named in place of their jobs."""
        self._misread: set[Address] = set()
        """Other readings of a ref whose id looks encoded."""
        self._no_jobs: set[str] = set(catalog.projects)
        self._media: dict[Address, set[Place]] = {}
        """Ids of media with their places. Beside a job's id, the media is only the input of the job."""
        self._with_job: set[Place] = set()

    def read(self, text: str, number: int) -> None:
        """Read the names in one reading of a text. `number` distinguishes the texts of the message."""
        objects = _Objects(text, number)
        last: re.Match[str] | None = None
        said: Label | None = None
        for match in self._pattern.finditer(text):
            shared = said if last and _share(text, last, match) else None
            said = label(text, match.start()) or shared
            self._take(match, said, objects.object_at(match.start()))
            last = match

    def refs(self) -> tuple[Address, ...]:
        """Return the jobs that the message names, the certain ones first."""
        certain = self._certain | {one for one, places in self._media.items() if not places <= self._beside_a_job}
        explained = {one.id for one in self._named if one in certain and not isinstance(one, JobId)}
        left = [one for one in self._named if one in certain or self._may_be_a_job(one)]
        left = [one for one in left if not isinstance(one, JobId) or self._worth_asking(one, explained)]
        left = [one for one in left if one not in self._misread]
        return tuple(sorted(left, key=lambda one: one not in certain))

    @property
    def _beside_a_job(self) -> set[Place]:
        """Return the places that name a job. Text outside of all objects is beside each of them."""
        return self._with_job | {None} if self._with_job else set()

    def _may_be_a_job(self, one: Address) -> bool:
        return isinstance(one, JobId) and one.id not in self._no_jobs

    def _worth_asking(self, one: JobId, explained: set[str]) -> bool:
        """Return whether a service can have the job. False if the rest of the message explains the id."""
        return one.id not in explained and self._catalog.allows(one.id)

    def _take(self, match: re.Match[str], said: Label | None, place: Place) -> None:
        match match.lastgroup:
            case "masked":
                self.masked[match[0]] = None
            case "request":
                self.requests[match[0]] = None
            case "id":
                self._id(match[0], said, place)
            case "link":
                self._link(match[0], said, place)
            case "ref":
                self._ref(match[0].rstrip(_PUNCTUATION), place)
            case _:
                self._surely(read(match[0], self._catalog), place)

    def _ref(self, ref: str, place: Place) -> None:
        with suppress(NotAnAddressError):
            self._surely(read(ref, self._catalog), place)
            others = (self._pattern.match(reading) for reading in readings(ref) if reading != ref)
            self._misread.update(*(read(other[0], self._catalog) for other in others if other))

    def _link(self, link: str, said: Label | None, place: Place) -> None:
        """Read the jobs of a console page, or the labeled ids of another link."""
        if pages := shown(link):
            self._surely(pages, place)
            return
        inner = plain(link)
        around = said if said is Label.JOB else None  # "the failed request https://…" may well link to a job
        for match in in_text().finditer(inner):
            self._id(match[0], label(inner, match.start()) or around, place)

    def _surely(self, named: Sequence[Address], place: Place) -> None:
        self._named |= dict.fromkeys(named)
        self._certain.update(named)
        if not all(isinstance(one, MediaId) for one in named):
            self._with_job.add(place)

    def _id(self, one: str, said: Label | None, place: Place) -> None:
        match said:
            case Label.JOB:
                self._surely([JobId(one)], place)
            case Label.MEDIA:
                self._no_jobs.add(one)
                self._named.setdefault(MediaId(one))
                self._media.setdefault(MediaId(one), set()).add(place)
            case Label.OTHER:
                self._no_jobs.add(one)
            case None:
                self._named.setdefault(JobId(one))


def _share(text: str, last: re.Match[str], match: re.Match[str]) -> bool:
    """Return whether two matches share a label: two texts of a list, or a link and its words."""
    between = text[last.end() : match.start()]
    return between == "|" if last.lastgroup == "link" else _SAME_LIST.fullmatch(between) is not None
