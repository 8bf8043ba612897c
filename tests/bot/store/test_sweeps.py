"""The result of a service's last sweep, for cards, back-off and /jobs accounts."""

from datetime import timedelta

from bot.domain.answers import ServiceError
from bot.domain.sweeps import Sweep
from bot.store import Store
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import SWEEP
from providers.errors import Throttled
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, SLOT

OTHER = ("acme", "sound")


async def test_a_service_never_swept_has_an_empty_sweep(store: Store):
    assert await store.sweeps.read([SERVICE, OTHER]) == {SERVICE: Sweep(), OTHER: Sweep()}
    assert await store.sweeps.read([]) == {}


async def test_a_sweep_comes_back_as_it_went(store: Store, link: RedisLink):
    error = ServiceError.of(Throttled("slow down", retry_after=7), *SERVICE)
    failing = Sweep(NOW - timedelta(hours=1), NOW, 3, 2, 5, NOW - timedelta(minutes=9), error)
    await store.sweeps.write(SERVICE, failing)
    await store.sweeps.write(OTHER, Sweep(NOW, NOW, 100, 1))
    assert await store.sweeps.read([OTHER, SERVICE]) == {OTHER: Sweep(NOW, NOW, 100, 1), SERVICE: failing}
    assert 0 < await link.execute("TTL", SWEEP.of(SLOT)) <= SWEEP.seconds


async def test_a_success_clears_the_failure(store: Store):
    error = ServiceError.of(Throttled("slow down"), *SERVICE)
    await store.sweeps.write(SERVICE, Sweep(failures=1, failing_since=NOW, error=error))
    await store.sweeps.write(SERVICE, Sweep(NOW, NOW))
    assert (await store.sweeps.read([SERVICE]))[SERVICE] == Sweep(NOW, NOW)


async def test_an_address_in_a_message_loses_its_secrets(store: Store, link: RedisLink):
    error = ServiceError.of(Throttled("see https://acme.test/?Signature=hunter2"), *SERVICE)
    await store.sweeps.write(SERVICE, Sweep(failures=1, failing_since=NOW, error=error))
    assert "hunter2" not in str(await link.execute("HGETALL", SWEEP.of(SLOT)))
