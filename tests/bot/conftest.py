"""Redis that is not there."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.store.connection import Link, connect


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncGenerator[Link]:
    """A connection to a socket where nobody listens."""
    async with connect(f"unix://{tmp_path}/redis.sock") as redis:
        yield Link(redis)
