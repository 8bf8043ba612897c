"""The payloads of buttons and selects: each holds the command to run, as a user would type it."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.identifiers import JOBS_MAX, as_typed
from bot.domain.slack_ids import ID

BUTTON_MAX = 2000
"""Characters that Slack allows in a button's value."""
SELECTS = "selects:"
"""Prefix of the block_id of selects, which holds their payload: an option's own value is too short for it."""
BLOCK_ID_MAX = 255 - len(SELECTS)
"""Characters left for a payload in a block_id."""
COMMAND_MAX = BLOCK_ID_MAX - len(',"answer":"12345678"')
"""Of these, the characters left for a command: a payload may also name the answer that it is part of."""
RUN = "run"
"""Runs the command and replaces the message with its answer."""
FRESH = f"{RUN}:refresh"
"""Runs the command of the message again. The new answer shares nothing with earlier ones."""
OPEN = "open"
"""Runs the command and answers below, only for the person who clicked."""
SHARE = "share"
"""Runs the command and posts its answer to the channel."""
RAW = "raw"
"""Opens the provider's JSON of the job that the command shows."""
PICK_STATE = "pick-state"
"""Runs the command of the block with another state filter."""
PICK_SERVICE = "pick-service"
"""Runs the command of the block with another scope."""
REFRESH = "refresh"
"""Checks the jobs of a card now and updates the card."""
RESTORE = "restore"
"""Resumes posting to a suspended destination, or subscribes again to a card's lost or suspended jobs."""
SNOOZE = "snooze"
"""Pauses the notifications of a card; the block names the card."""
UNSNOOZE = "unsnooze"
"""Resumes the notifications of a card."""
SEEK = "seek"
"""Keeps searching for jobs that no service has found yet; the command subscribes to them."""
SEE_ALL = "see-all"
"""Shows every change of the digest that `key` names."""
SHOW_ALL = "group-jobs"
"""Shows every job of the group that the payload names."""
LOOK_UP = "look_up_jobs"
"""The message shortcut that shows every job that a message names."""
SUBSCRIBE_TO = "subscribe_to_jobs"
"""The message shortcut that subscribes to every job that a message names."""
SUBSCRIBE = "subscribe"
"""Opens the subscribe form, filled in with the jobs of the command; also the form itself."""
JOBS, ON, TO, MENTION, USER_GROUPS, WHERE = "jobs", "on", "to", "mention", "groups", "where"
"""The fields of that form."""
WATCH = "watch"
"""Opens the form that creates a watch; `WATCH:ID` is the form that changes one."""
EDIT_WATCH = "edit-watch"
"""Opens the form that changes the watch that `card` names."""
TEST_WATCH = "test-watch"
"""Posts a marked test message to the destination of the watch that `card` names."""
UNDO_UNWATCH = "undo-unwatch"
"""Restores the watches that the command removed."""
MUTE_CODE, MUTE_FOR_EVER = "mute-code", "mute-for-ever"
"""Mutes the failures that the command lists, by service, kind and code: for 7 days, or forever."""
UNMUTE = "unmute"
"""Ends the mute that `card` names."""
SCOPE, FILTERS, AFTER = "scope", "filters", "after"
"""The fields of the watch form that the subscribe form does not have."""
FIND = "find_jobs"
"""The global shortcut that opens the find form; also the form itself."""
TEXT, ACCOUNT, SERVICE, KIND, STATE, SINCE = "text", "account", "service", "kind", "state", "since"
"""The fields of that form. The account picked there decides which services it offers."""
TURN = "turn"
"""Shows another page of the form's results."""
HOME = "home"
"""Publishes the Home tab again."""
HOME_CHANNEL = "home-channel"
"""Shows the subscriptions of others in the picked channel, in the Home tab."""
_PLACE = f"^(?:{ID}/)?{ID}$"
ANY = "any"
"""The option of a select that removes the filter."""


class CommandPayload(BaseModel):
    """A command and how its answer is shown.

    Examples of `text`: `list media-cn state:failed`, `show media-cn/video-ocr/ID`. `offset` is how many jobs to skip,
    `shared_by` the person who shared the message. A command too long for Slack's limits is kept in Redis; then `key`
    names it and `text` is empty. `card` is the id of the command's card. `place` is the channel or person that it acts
    on, if that is not where it runs; people and channels are qualified ids. `answer` names the partial answer that has
    the button: after a click, late services no longer update it.
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
        """Return a command for as many of these jobs as a button can hold."""
        kept = [as_typed(ref) for ref in refs[:JOBS_MAX]]
        while True:
            ask = cls(text=" ".join([command, *kept]), card=card, place=place)
            if len(kept) < 2 or ask.fits(BUTTON_MAX):
                return ask
            kept.pop()

    def encode(self) -> str:
        """Return the payload as compact JSON, always with `v`. Example: `{"v":1,"text":"show ID"}`."""
        return self.model_dump_json(exclude=self._left_out())

    def _left_out(self) -> set[str]:
        optional = ("offset", "shared_by", "key", "card", "place", "answer")
        empty = {name for name in optional if not getattr(self, name)}
        return empty | {"text"} if self.key else empty

    def fits(self, limit: int) -> bool:
        """Return whether the payload fits one of Slack's limits, which count UTF-16 units."""
        return len(self.encode().encode("utf-16-le")) <= 2 * limit

    def at(self, offset: int) -> "CommandPayload":
        """Return the same question at another offset."""
        return self.model_copy(update={"offset": max(0, offset)})


class GroupPayload(BaseModel):
    """The payload of *Show all* of a failure group: the group's id, and how many jobs to skip.

    `place` is the destination of the group, for a button that only one person sees.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    group: str = Field(pattern=r"^g\d{1,18}$")
    place: str | None = Field(default=None, pattern=_PLACE)  # stored
    offset: int = Field(default=0, ge=0)

    def encode(self) -> str:
        """Return the payload as compact JSON, always with `v` and `group`. Example: `{"v":1,"group":"g12"}`."""
        return self.model_dump_json(exclude={name for name in ("place", "offset") if not getattr(self, name)})

    def fits(self, limit: int) -> bool:
        """Return whether the payload fits one of Slack's limits. It is ASCII and short."""
        return len(self.encode()) <= limit
