"""What a button or select carries: the command that it runs, as somebody would type it."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.identifiers import JOBS_MAX, as_typed
from bot.domain.slack_ids import ID

BUTTON_MAX = 2000
"""Characters that Slack allows in a button's value."""
SELECTS = "selects:"
"""Starts the block_id of selects, which carries their payload: an option's own value is too short for it."""
BLOCK_ID_MAX = 255 - len(SELECTS)
"""Characters left for a payload in a block_id."""
COMMAND_MAX = BLOCK_ID_MAX - len(',"answer":"12345678"')
"""Of these, the characters left for a command: a payload may also name the answer that it is part of."""
RUN = "run"
"""Runs the command and puts its answer in the message's place."""
FRESH = f"{RUN}:refresh"
"""Runs the command of the message again: what it shows then is not shared with earlier answers."""
OPEN = "open"
"""Runs the command and answers the person who clicked, below."""
SHARE = "share"
"""Runs the command and posts its answer to the channel."""
RAW = "raw"
"""Opens the provider's JSON of the job that the command shows."""
PICK_STATE = "pick-state"
"""Runs the command of the block with another state filter."""
PICK_SERVICE = "pick-service"
"""Runs the command of the block over another scope."""
REFRESH = "refresh"
"""Asks about the jobs of a card now; the card follows."""
RESTORE = "restore"
"""Posts to a suspended place again, or follows a card's lost or suspended jobs again."""
SNOOZE = "snooze"
"""Tells nothing about a card for a while; the block names the card."""
UNSNOOZE = "unsnooze"
"""Tells everything about a card again."""
SEEK = "seek"
"""Keeps looking for jobs that no service knows; the command subscribes to them."""
SEE_ALL = "see-all"
"""Shows every change of the digest that `key` names."""
SHOW_ALL = "group-jobs"
"""Shows every job of the group that the payload names."""
LOOK_UP = "look_up_jobs"
"""The message shortcut that shows every job that a message names."""
SUBSCRIBE_TO = "subscribe_to_jobs"
"""The message shortcut that follows them."""
SUBSCRIBE = "subscribe"
"""Opens the form that follows jobs, filled in with those of the command; and the form itself."""
JOBS, ON, TO, MENTION, USER_GROUPS, WHERE = "jobs", "on", "to", "mention", "groups", "where"
"""The fields of that form."""
WATCH = "watch"
"""Opens the form that watches; `WATCH:ID` is the form that changes a watch."""
EDIT_WATCH = "edit-watch"
"""Opens the form that changes the watch that `card` names."""
TEST_WATCH = "test-watch"
"""Posts a marked message where the watch that `card` names posts."""
UNDO_UNWATCH = "undo-unwatch"
"""Takes back that watches were removed; the command removes them."""
MUTE_CODE, MUTE_FOR_EVER = "mute-code", "mute-for-ever"
"""Mutes the failures that the command lists, by their service, kind and code: for 7 days, or for ever."""
UNMUTE = "unmute"
"""Ends the mute that `card` names."""
SCOPE, FILTERS, AFTER = "scope", "filters", "after"
"""The fields of the form that watches, beside those of the form that follows jobs."""
FIND = "find_jobs"
"""The global shortcut that opens the form to find jobs; and the form itself."""
TEXT, ACCOUNT, SERVICE, KIND, STATE, SINCE = "text", "account", "service", "kind", "state", "since"
"""The fields of that form. Picking an account changes the services to pick from."""
TURN = "turn"
"""Shows another page of what the form found."""
HOME = "home"
"""Publishes the Home tab anew."""
HOME_CHANNEL = "home-channel"
"""Shows what others follow in the channel that was picked, in the Home tab."""
_PLACE = f"^(?:{ID}/)?{ID}$"
ANY = "any"
"""The option of a select that takes the filter away."""


class CommandPayload(BaseModel):
    """A command (`list media-cn state:failed`, `show media-cn/video-ocr/ID`), and how its answer is shown.

    `offset` is how many jobs to skip, `shared_by` who shared the message. A command too long for Slack's limits is kept
    in Redis; then `key` names it and `text` is empty. `card` is the id of the card that the command is about, `place`
    the channel or person it is for, where that is not where it is asked; people and channels are qualified ids.
    `answer` names the first words that the button is part of: what is late does not follow once it was used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    text: str = ""
    offset: int = Field(default=0, ge=0)
    shared_by: str | None = Field(default=None, pattern=_PLACE)
    key: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,40}$")
    card: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,40}$")
    place: str | None = Field(default=None, pattern=_PLACE)  # stored
    answer: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}$")

    @classmethod
    def about(
        cls, command: str, refs: Sequence[object], *, card: str | None = None, place: str | None = None
    ) -> "CommandPayload":
        """A command about as many of these jobs as one command may name and a button holds."""
        kept = [as_typed(ref) for ref in refs[:JOBS_MAX]]
        while True:
            ask = cls(text=" ".join([command, *kept]), card=card, place=place)
            if len(kept) < 2 or ask.fits(BUTTON_MAX):
                return ask
            kept.pop()

    def encode(self) -> str:
        """The payload as compact JSON; `v` is always in it."""
        return self.model_dump_json(exclude=self._left_out())

    def _left_out(self) -> set[str]:
        optional = ("offset", "shared_by", "key", "card", "place", "answer")
        empty = {name for name in optional if not getattr(self, name)}
        return empty | {"text"} if self.key else empty

    def fits(self, limit: int) -> bool:
        """Whether the payload keeps within one of Slack's limits, which count UTF-16 units."""
        return len(self.encode().encode("utf-16-le")) <= 2 * limit

    def at(self, offset: int) -> "CommandPayload":
        """The same question, further on."""
        return self.model_copy(update={"offset": max(0, offset)})


class GroupPayload(BaseModel):
    """What *Show all* of a failure group carries: the id of the group, and how many of its jobs to skip.

    `place` is the destination of the group, for a button that is shown to one person.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    group: str = Field(pattern=r"^g\d{1,18}$")
    place: str | None = Field(default=None, pattern=_PLACE)  # stored
    offset: int = Field(default=0, ge=0)

    def encode(self) -> str:
        """The payload as compact JSON; `v` and `group` are always in it."""
        return self.model_dump_json(exclude={name for name in ("place", "offset") if not getattr(self, name)})

    def fits(self, limit: int) -> bool:
        """Whether the payload keeps within one of Slack's limits: it is ASCII, and short."""
        return len(self.encode()) <= limit
