"""Fleet time follows Redis's clock slowly, never runs backward, and is shared."""

import pytest
from structlog.testing import capture_logs

from bot.deps.clock import SAMPLE_EVERY_S, SLEW, FleetClock, SlackTime, Slewed, first_time
from bot.domain.errors import StoreUnavailable
from bot.store import Store
from bot.store.clock import Mark

HOUR = 3600.0


class Machine:
    """A machine's clocks: its own time, and a monotonic clock."""

    def __init__(self, wall: float = 1000.0) -> None:
        self.wall = wall
        self.monotonic = 50.0

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


class Server:
    """A Redis server's clock that can be set; `late_s` delays its next answers."""

    def __init__(self, machine: Machine, time: float = 1000.0) -> None:
        self.machine, self.ahead = machine, time - machine.monotonic
        self.late_s: list[tuple[float, float]] = []
        self.mark: Mark | None = None
        self.away = False

    async def read(self) -> tuple[float, Mark | None]:
        if self.away:
            raise StoreUnavailable
        there, back = self.late_s.pop(0) if self.late_s else (0.0, 0.0)
        self.machine.passes(there)
        told = self.machine.monotonic + self.ahead
        self.machine.passes(back)
        return told, self.mark

    async def keep(self, fleet: float) -> None:
        self.mark = Mark(max(fleet, self.mark.fleet if self.mark else 0.0), self.machine.monotonic + self.ahead)


def clock_of(machine: Machine, server: Server) -> FleetClock:
    return FleetClock(server, monotonic=lambda: machine.monotonic, wall=lambda: machine.wall)


def told(clock: FleetClock) -> float:
    return clock().timestamp()


async def test_before_the_first_sample_it_is_the_clock_of_the_machine():
    machine = Machine(wall=777.0)
    server = Server(machine)
    server.away = True
    clock = clock_of(machine, server)
    with pytest.raises(StoreUnavailable):
        await clock.sample()
    assert told(clock) == 777.0
    assert (clock.ahead_of_redis, clock.off) == (None, False)


async def test_a_step_of_the_machines_clock_does_not_change_it():
    machine = Machine(wall=1000.0)
    clock = clock_of(machine, Server(machine))
    await clock.sample()
    machine.passes(10)
    machine.wall += HOUR
    assert told(clock) == pytest.approx(1010)
    assert clock.ahead_of_redis == pytest.approx(HOUR)
    assert clock.off
    machine.wall -= 2 * HOUR
    assert told(clock) == pytest.approx(1010)
    assert clock.ahead == pytest.approx(-HOUR)


async def test_one_late_answer_among_five_is_harmless():
    machine = Machine()
    server = Server(machine)
    server.late_s = [(0.002, 0.002), (3.0, 0.0), (0.0, 5.0), (0.001, 0.001), (0.003, 0.003)]
    clock = clock_of(machine, server)
    await clock.sample()
    assert clock.ahead_of_redis == pytest.approx(0)


@pytest.mark.parametrize("jump", [-HOUR, -3.0, 3.0, HOUR])
async def test_a_failover_to_another_clock_is_followed_slowly(jump: float):
    machine = Machine()
    server = Server(machine)
    clock = clock_of(machine, server)
    await clock.sample()
    server.ahead += jump
    before = told(clock)
    with capture_logs() as logs:
        await clock.sample()
    assert [line["seconds"] for line in logs] == [jump]
    for _ in range(300):
        machine.passes(0.1)
        now = told(clock)
        assert 0.1 * (1 - SLEW) - 1e-6 <= now - before <= 0.1 * (1 + SLEW) + 1e-6
        before = now
    assert clock.behind_redis == pytest.approx(jump - max(-3.0, min(3.0, jump)), abs=0.001)


async def test_after_a_failover_a_new_process_agrees_with_the_others():
    machine = Machine()
    server = Server(machine)
    old = clock_of(machine, server)
    await old.sample()
    server.ahead -= HOUR
    new = clock_of(machine, server)
    await new.sample()
    assert told(new) == pytest.approx(told(old))
    machine.passes(5)
    await old.sample()
    machine.passes(20)
    newer = clock_of(machine, server)
    await newer.sample()
    assert told(newer) == pytest.approx(told(old), abs=SAMPLE_EVERY_S * SLEW)


async def test_no_process_is_behind_another():
    machine = Machine()
    server = Server(machine)
    clock = clock_of(machine, server)
    await clock.sample()
    server.mark = Mark(1500.0, 1000.0)
    await clock.sample()
    assert told(clock) >= 1500.0


def test_a_stopped_fleet_continues_from_its_last_time():
    assert first_time(5000.0, None) == 5000.0
    assert first_time(5000.0, Mark(1003.0, 1000.0)) == 5003.0
    assert first_time(900.0, Mark(1003.0, 1000.0)) == 1003.0


def test_a_small_correction_never_turns_it_back():
    time = Slewed(now=0.0, first=100.0, target=100.0)
    time.retarget(1.0, 100.5)
    shown = [time.read(1 + part / 10) for part in range(60)]
    assert shown == sorted(shown)
    assert shown[-1] == pytest.approx(106.4)


async def test_redis_stores_the_latest_fleet_time(store: Store):
    _, mark = await store.clock.read()
    assert mark is None
    await store.clock.keep(5e9)
    await store.clock.keep(4e9)
    server, mark = await store.clock.read()
    assert mark
    assert mark.fleet == 5e9
    assert mark.server == pytest.approx(server, abs=60)
    clock = FleetClock(store.clock)
    await clock.sample()
    assert clock().timestamp() >= 5e9


def test_slacks_time_is_that_of_its_responses():
    machine = Machine()
    slack = SlackTime(lambda: machine.monotonic, lambda: machine.wall)
    assert (slack.now(), slack.ahead) == (None, None)
    slack.heard("yesterday")
    slack.heard("")
    assert slack.now() is None
    slack.heard("Thu, 01 Jan 1970 00:20:00 GMT")
    machine.passes(5)
    machine.wall += HOUR
    assert slack.now() == pytest.approx(1205)
    assert slack.ahead == pytest.approx(machine.wall - 1205)
