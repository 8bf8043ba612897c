"""Ports to serve on."""

import socket

HOST = "127.0.0.1"
SLACK_PORT = 8080
CLOUDS_PORT = 9100
WAITING = 512
"""How many connections the kernel queues until the server accepts them."""


def listen(port: int = 0, host: str = HOST) -> socket.socket:
    """Return a listening socket on a port, 0 for any free one. Raises OSError when the port is taken.

    The kernel queues clients that connect before a server accepts. The socket names its protocol, because asyncio
    turns off Nagle's delay (40 ms per answer) only for such sockets; `socket.create_server` does not name it.
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
    """Return the base URL of a listening socket, for example `http://127.0.0.1:8400`."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
