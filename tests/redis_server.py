"""A separate Redis server for a test, which dies, hangs and comes back."""

import signal
import subprocess
from pathlib import Path

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tests.fixtures_redis import redis_server


class Server:
    """A redis-server that can die and hang. Its data is on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self.start()

    def start(self) -> None:
        """Start with the data on disk, and return when it answers."""
        options = ["--port", "0", "--unixsocket", f"{self._folder}/redis.sock", "--dir", str(self._folder)]
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen([redis_server(), *options, *durable], stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url, retry=Retry(ConstantBackoff(0.02), 500)) as client:  # pyright: ignore[reportUnknownMemberType]
            client.ping()  # pyright: ignore[reportUnknownMemberType]

    def dies(self) -> None:
        self._process.kill()
        self._process.wait()

    def hangs(self) -> None:
        """Accept connections and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def goes_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)
