"""Ports to serve on."""

import socket

HOST = "127.0.0.1"
SLACK_PORT = 8080
CLOUDS_PORT = 9100
WAITING = 512
"""How many connections the kernel keeps until they are accepted."""


def listen(port: int = 0, host: str = HOST) -> socket.socket:
    """A listening socket on a port, 0 for any free one. Raises OSError when the port is taken.

    Whoever connects before a server accepts waits in the kernel's queue. The socket names its protocol, because asyncio
    turns Nagle's delay (40 ms an answer) off only for those that do; `socket.create_server` makes one that does not.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(WAITING)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """The base URL of what is served on that socket."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
