"""Free ports, chosen by the kernel."""

import socket
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

import pytest


class FreePort(Protocol):
    """Returns a free port of 127.0.0.1; with `and_above`, the port that many above it is free too."""

    def __call__(self, and_above: int = 0) -> int: ...


@contextmanager
def free_ports() -> Generator[FreePort]:
    """Yield a function that returns free ports, reserved for this process during the block.

    Each is held by a socket that does not listen. On Linux a server that sets SO_REUSEADDR, as ours and Redis do, may
    still listen there.
    """
    with ExitStack() as held:

        def take(and_above: int = 0) -> int:
            while True:
                port: int = held.enter_context(_bound(0)).getsockname()[1]
                with suppress(OSError, OverflowError):  # taken, or above 65535
                    if and_above:
                        held.enter_context(_bound(port + and_above))
                    if sys.platform != "linux":
                        held.close()
                    return port

        yield take


def _bound(port: int) -> socket.socket:
    holding = socket.socket()
    try:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind(("127.0.0.1", port))
    except (OSError, OverflowError):
        holding.close()
        raise
    return holding


@pytest.fixture
def free_port() -> Generator[FreePort]:
    """A free port for each call, held until the test finishes."""
    with free_ports() as take:
        yield take
