"""Sockets that servers listen on."""

import socket

import pytest

from sandbox.ports import address, listen


def test_a_listener_has_a_port_of_its_own_and_an_address() -> None:
    with listen() as one, listen() as other:
        assert address(one) == f"http://127.0.0.1:{one.getsockname()[1]}"
        assert address(one) != address(other)


def test_answers_are_not_held_back() -> None:
    with listen() as listener:
        assert listener.proto == socket.IPPROTO_TCP  # or asyncio leaves Nagle's delay on


def test_a_taken_port_is_an_error() -> None:
    with listen() as listener, pytest.raises(OSError, match="in use"):
        listen(listener.getsockname()[1])
