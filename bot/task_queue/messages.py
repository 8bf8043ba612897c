"""Reads task messages as plain data, so that nothing in Redis becomes code.

pydocket keeps a task's arguments as pickles, and unpickling calls what a pickle names. Callboard's tasks take strings,
numbers and lists of them, so a pickle that holds anything else is refused before it is loaded. Messages in Redis stay
what pydocket writes: workers of other versions read them, and no process needs a key that all of them share.

This is the only file that replaces parts of pydocket: `cloudpickle.loads`, by which it reads every pickle, and
`Execution.from_message`, where a worker reads a message and stops when that fails.
"""

import pickle
import pickletools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final, NoReturn, cast

import cloudpickle
import structlog
from docket import Docket
from docket.execution import Execution, Message
from docket.strikelist import StrikeList

from bot.domain.log_limit import LogLimit

MOST_BYTES: Final = 32 * 1024
"""Most bytes of a task's arguments; 20 ids and the options of a subscription are a tenth of it."""
MOST_ARGUMENTS: Final = 16
"""Most arguments of a task."""
_OPCODES: Final = frozenset(
    {
        *("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET", "NONE", "NEWTRUE", "NEWFALSE"),
        *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "TUPLE", "EMPTY_DICT"),
    }
)
"""What a pickle of plain arguments consists of (pickletools, protocol 5): none of these imports or calls anything."""
_PLAIN_TYPES: Final = frozenset({str, int, float, bool, type(None)})

_log = structlog.stdlib.get_logger(__name__)


class NotPlainError(ValueError):
    """A pickle holds something other than a task's arguments."""


def arguments(pickled: bytes) -> tuple[Any, ...] | dict[str, Any]:
    """Return a task's arguments by position, or the empty dictionary of those by name.

    Raises NotPlainError for everything else. What could import or call anything is refused before it is loaded.
    """
    try:
        found = _load(pickled)
    except Exception:  # noqa: BLE001  # what damaged pickles raise is not documented
        found = None
    if found == {} or (isinstance(found, tuple) and _are_plain(cast("tuple[Any, ...]", found))):
        return cast("tuple[Any, ...] | dict[str, Any]", found)
    raise NotPlainError("a task's arguments are not plain data")


def _load(pickled: bytes) -> object:
    plain = len(pickled) <= MOST_BYTES and all(code.name in _OPCODES for code, _, _ in pickletools.genops(pickled))
    return _WithoutNames(BytesIO(pickled)).load() if plain else None


class _WithoutNames(pickle.Unpickler):
    """Finds no class and no function (see "Restricting Globals" in the documentation of `pickle`)."""

    def find_class(self, module_name: str, global_name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not plain data")


def _are_plain(found: tuple[Any, ...]) -> bool:
    """Whether all are strings, numbers, or flat lists of them. Deeper lists could exhaust the stack."""
    if len(found) > MOST_ARGUMENTS:
        return False
    return all(
        type(each) in _PLAIN_TYPES
        or (type(each) is list and all(type(one) in _PLAIN_TYPES for one in cast("list[Any]", each)))
        for each in found
    )


class PlainDocket(Docket):
    """A docket that drops messages that cannot be read, and calls `dropped` for each."""

    def __init__(self, *args: Any, dropped: Callable[[], object] = lambda: None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dropped = dropped
        self._number = 0
        self._limit = LogLimit()

    @property
    def strike_list(self) -> StrikeList:
        """The list of struck tasks, always empty: Callboard strikes none, and reads none from Redis."""
        return self._strikes

    @strike_list.setter
    def strike_list(self, connected: StrikeList) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._strikes = StrikeList(name=connected.name)

    def count_dropped(self) -> None:
        """Count an unreadable message. The log says so once a minute, without its content."""
        self._dropped()
        self._number += 1
        if self._limit.allows(time.monotonic()):
            _log.error("messages of tasks cannot be read, and are dropped", number=self._number)
            self._number = 0


async def _nothing() -> None:
    """Runs in the place of a task whose message cannot be read."""


_as_pydocket = cast("Any", Execution.from_message).__func__


async def _from_message(
    cls: type[Execution], docket: Docket, message: Message, *args: Any, **options: Any
) -> Execution:
    try:
        execution: Execution = await _as_pydocket(cls, docket, message, *args, **options)
        if (type(execution.args), execution.kwargs) != (tuple, {}):
            raise NotPlainError("arguments are passed by position")
        execution.when.timestamp()  # raises where a worker would stop
    except (ValueError, KeyError, OverflowError):  # not plain; fields are missing; numbers, times or UTF-8 are wrong
        if not isinstance(docket, PlainDocket):
            raise
        docket.count_dropped()
        return _in_its_place(cls, docket, message, options.get("message_id"))
    return execution


def _in_its_place(cls: type[Execution], docket: Docket, message: Message, message_id: bytes | None) -> Execution:
    """Return a run that does nothing, after which the worker takes the message out."""
    key = message.get(b"key", message_id or b"").decode(errors="replace")
    number = message.get(b"generation", b"")
    generation = int(number) if number.isdigit() and len(number) < 10 else 0
    return cls(docket, _nothing, (), {}, key, datetime.now(UTC), 1, message_id=message_id, generation=generation)


cloudpickle.loads = arguments  # pyright: ignore[reportAttributeAccessIssue]
Execution.from_message = classmethod(_from_message)  # pyright: ignore[reportAttributeAccessIssue]
