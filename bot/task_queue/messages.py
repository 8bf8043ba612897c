"""Reads task messages as plain data, so that nothing in Redis becomes code.

pydocket stores a task's arguments as pickles, and unpickling calls the functions that a pickle names. Callboard's tasks
take strings, numbers and lists of them, so this module refuses any other pickle before loading it. Messages in Redis
keep pydocket's format: workers of other versions can read them, and processes need no shared key.

This is the only file that replaces parts of pydocket: `cloudpickle.loads`, which reads every pickle, and
`Execution.from_message`, where a worker reads a message and stops if that fails.
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
"""The maximum of bytes in a task's arguments. 20 ids and the options of a subscription take a tenth of it."""
MOST_ARGUMENTS: Final = 16
"""The maximum of arguments of a task."""
_OPCODES: Final = frozenset(
    {
        *("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET", "NONE", "NEWTRUE", "NEWFALSE"),
        *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
        *("EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "TUPLE", "EMPTY_DICT"),
    }
)
"""The opcodes of plain arguments (pickletools, protocol 5). None of them imports or calls anything."""
_PLAIN_TYPES: Final = frozenset({str, int, float, bool, type(None)})

_log = structlog.stdlib.get_logger(__name__)


class NotPlainError(ValueError):
    """A pickle that is not plain arguments of a task."""


def arguments(pickled: bytes) -> tuple[Any, ...] | dict[str, Any]:
    """Return a task's positional arguments, or the empty dictionary of its keyword arguments.

    Example: `pickle.dumps(("C1",))` returns `("C1",)`.

    Raises NotPlainError for anything else. A pickle that could import or call anything is refused before loading.
    """
    try:
        found = _load(pickled)
    except Exception:  # noqa: BLE001  # the errors of damaged pickles are not documented
        found = None
    if found == {} or (isinstance(found, tuple) and _are_plain(cast("tuple[Any, ...]", found))):
        return cast("tuple[Any, ...] | dict[str, Any]", found)
    raise NotPlainError("a task's arguments are not plain data")


def _load(pickled: bytes) -> object:
    plain = len(pickled) <= MOST_BYTES and all(code.name in _OPCODES for code, _, _ in pickletools.genops(pickled))
    return _WithoutNames(BytesIO(pickled)).load() if plain else None


class _WithoutNames(pickle.Unpickler):
    """An unpickler without classes and functions (see "Restricting Globals" in the documentation of `pickle`)."""

    def find_class(self, module_name: str, global_name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not plain data")


def _are_plain(found: tuple[Any, ...]) -> bool:
    """Return whether all are strings, numbers, or flat lists of them. Deeper lists could exhaust the stack."""
    if len(found) > MOST_ARGUMENTS:
        return False
    return all(
        type(each) in _PLAIN_TYPES
        or (type(each) is list and all(type(one) in _PLAIN_TYPES for one in cast("list[Any]", each)))
        for each in found
    )


class PlainDocket(Docket):
    """A docket that drops unreadable messages, and calls `dropped` for each."""

    def __init__(self, *args: Any, dropped: Callable[[], object] = lambda: None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dropped = dropped
        self._number = 0
        self._limit = LogLimit()

    @property
    def strike_list(self) -> StrikeList:
        """The list of struck tasks. It is always empty: Callboard strikes none, and reads none from Redis."""
        return self._strikes

    @strike_list.setter
    def strike_list(self, connected: StrikeList) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._strikes = StrikeList(name=connected.name)

    def count_dropped(self) -> None:
        """Count an unreadable message, and log the number once a minute, without contents."""
        self._dropped()
        self._number += 1
        if self._limit.allows(time.monotonic()):
            _log.error("unreadable task messages dropped", number=self._number)
            self._number = 0


async def _nothing() -> None:
    """Do nothing, in place of a task with an unreadable message."""


_as_pydocket = cast("Any", Execution.from_message).__func__


async def _from_message(
    cls: type[Execution], docket: Docket, message: Message, *args: Any, **options: Any
) -> Execution:
    try:
        execution: Execution = await _as_pydocket(cls, docket, message, *args, **options)
        if (type(execution.args), execution.kwargs) != (tuple, {}):
            raise NotPlainError("arguments are passed by position")
        execution.when.timestamp()  # raises the error that would stop a worker
    except (ValueError, KeyError, OverflowError):  # not plain; missing fields; invalid numbers, times or UTF-8
        if not isinstance(docket, PlainDocket):
            raise
        docket.count_dropped()
        return _in_its_place(cls, docket, message, options.get("message_id"))
    return execution


def _in_its_place(cls: type[Execution], docket: Docket, message: Message, message_id: bytes | None) -> Execution:
    """Return an execution that does nothing, so that the worker then removes the message."""
    key = message.get(b"key", message_id or b"").decode(errors="replace")
    number = message.get(b"generation", b"")
    generation = int(number) if number.isdigit() and len(number) < 10 else 0
    return cls(docket, _nothing, (), {}, key, datetime.now(UTC), 1, message_id=message_id, generation=generation)


cloudpickle.loads = arguments  # pyright: ignore[reportAttributeAccessIssue]
Execution.from_message = classmethod(_from_message)  # pyright: ignore[reportAttributeAccessIssue]
