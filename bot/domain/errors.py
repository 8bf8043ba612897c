"""The errors of the bot.

BotError                    the user can fix it or needs to know
├── UsageError              a command cannot be parsed; its `problem` says why
├── ExpiredError            the data of a button or select has expired
├── ForgottenError          a card or subscription was lost when the database was reset
├── NotInstalled            a workspace does not have the app (`bot.domain.workspaces`)
└── NotDelivered            Slack did not accept an answer (`bot.slack_app`)
StoreUnavailable            Redis cannot be reached, or cannot store anything now
└── EmbeddedRedisError      the embedded server cannot run
ConfigError                 the configuration is invalid

`bot.views.errors` has the message for each problem of a command.
"""

from datetime import datetime
from enum import Enum, auto


class Problem(Enum):
    """What is wrong with a command."""

    UNKNOWN_WORD = auto()
    UNKNOWN_HERE = auto()
    UNKNOWN_FILTER = auto()
    UNKNOWN_SERVICE = auto()
    UNKNOWN_ACCOUNT = auto()
    NOT_FOR_YOU = auto()
    NOTHING_FOR_YOU = auto()
    NOT_FOR_OUTSIDERS = auto()
    NOT_FOR_GUESTS = auto()
    NOT_FOR_THE_UNSURE = auto()
    NOT_FOR_ALL = auto()
    NOT_TO_SUBSCRIBE = auto()
    NOT_THERE = auto()
    SERVICE_NOT_OF_ACCOUNT = auto()
    BAD_VALUE = auto()
    NO_JOB = auto()
    NO_TEXT = auto()
    NOT_A_JOB = auto()
    MASKED_ID = auto()
    TOO_MANY_JOBS = auto()
    TWO_SCOPES = auto()
    REPEATED_FILTER = auto()
    SUPERFLUOUS = auto()
    UNKNOWN_OPTION = auto()
    REPEATED_OPTION = auto()
    ALL_OR_SOME = auto()
    NOT_A_PERSON = auto()
    NOT_A_GROUP = auto()
    EVERYBODY = auto()
    TOO_MANY_MENTIONS = auto()
    SLACK_ONLY = auto()
    TOO_MANY_QUESTIONS = auto()
    NEWER_VERSION = auto()
    TOO_LONG = auto()
    TOO_MANY_WATCHES = auto()
    TOO_MANY_IN_WORKSPACE = auto()
    NO_SUCH_WATCH = auto()
    CONFIGURED_WATCH = auto()
    NOTHING_TO_WATCH = auto()
    UNDO_IS_OVER = auto()
    NO_CODE = auto()
    NOT_NEGATABLE = auto()
    NOTHING_LEFT = auto()
    STATE_ON_WATCH = auto()
    NOT_ON_WATCH = auto()
    THREAD_ON_WATCH = auto()
    NOT_YET = auto()
    WHICH_WATCH = auto()
    NOT_A_WATCH = auto()
    NO_SUBJECT = auto()
    ONE_SUBJECT = auto()
    SEVERAL_JOBS = auto()
    NO_SUCH_GROUP = auto()


class BotError(Exception):
    """An error that the user can fix or needs to know."""


class UsageError(BotError):
    """A command that cannot be parsed.

    `found` is the text that was typed, `expected` the texts that are valid there, `suggestion` a complete command that
    was probably meant.
    """

    def __init__(
        self, problem: Problem, found: str = "", *, expected: tuple[str, ...] = (), suggestion: str | None = None
    ) -> None:
        super().__init__(f"{problem.name}: {found}")
        self.problem = problem
        self.found = found
        self.expected = expected
        self.suggestion = suggestion


class ExpiredError(BotError):
    """A button or select whose data has expired, or that an older Callboard made."""


class ForgottenError(BotError):
    """A card or subscription that was lost when the database was reset, at `reset_at`.

    `again` is the command that subscribes to its jobs again, empty if they are unknown.
    """

    def __init__(self, reset_at: datetime, again: str = "") -> None:
        super().__init__(f"the database was reset at {reset_at}")
        self.reset_at = reset_at
        self.again = again


class StoreUnavailable(Exception):  # noqa: N818  # reads as what happened
    """Redis cannot be reached, or cannot store anything now. Features without storage still work."""


class EmbeddedRedisError(StoreUnavailable):
    """The embedded server cannot run. The text says what to do."""


class ConfigError(Exception):
    """The configuration is invalid. The text lists every reason, one a line."""
