"""The benchmark of acknowledgements, short: both apps acknowledge every command, and Callboard answers."""

import math
from pathlib import Path

import pytest

from bench import ack
from bench.ack import Load
from bench.clouds import clouds
from bot.store.redis.embedded import embedded_redis


@pytest.mark.heavy("measures two apps that take turns with the machine")
async def test_both_apps_acknowledge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(ack, "ROUNDS", 1)
    monkeypatch.setattr(ack, "SECONDS", 0.2)
    with clouds(10) as where:
        async with embedded_redis(tmp_path) as url, ack.contest(url, where, core=None) as both:
            times = await both.run(Load("list", 20))
    assert list(times) == ["Callboard", "bare Bolt"]
    assert all(math.isfinite(value) for each in times.values() for value in each)
    assert len(ack.rows(Load("list", 20), times)) == 3
