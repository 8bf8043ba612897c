"""Payloads, digests, freshness and keys."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.notifications import CardChange, Digest
from bot.store import Freshness, Store
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import ALL, PAYLOAD, PREFIX, RECENT, RECENT_JOBS, TASKS
from tests.bot.kept_digests import keep
from tests.bot.samples import card, job, moved

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_a_payload_comes_back(store: Store):
    key = await store.payloads.put("list media-cn name:größe")
    assert len(key) <= 20
    assert await store.payloads.get(key) == "list media-cn name:größe"
    assert await store.payloads.get("unknown") is None


async def test_two_payloads_have_two_keys(store: Store):
    assert await store.payloads.put("a") != await store.payloads.put("a")


async def test_using_a_payload_keeps_it(store: Store, link: RedisLink):
    key = await store.payloads.put("a")
    await link.execute("EXPIRE", PAYLOAD.of(key), 10)
    await store.payloads.get(key)
    assert await link.execute("TTL", PAYLOAD.of(key)) > 10


async def test_an_expired_payload_is_deleted(store: Store, link: RedisLink):
    key = await store.payloads.put("a")
    await link.execute("EXPIRE", PAYLOAD.of(key), 0)
    assert await store.payloads.get(key) is None


async def test_a_digest_of_a_version_before_is_read(store: Store, link: RedisLink):
    digest = Digest([CardChange(card("card", job()), moved(job(state="failed")))])
    assert await store.digests.get(await keep(link, digest)) == digest
    assert await store.digests.get("unknown") is None


async def test_the_latest_request_wins(store: Store):
    assert await store.freshness.claim("C1:1.2", NOW)
    assert await store.freshness.claim("C1:1.2", NOW + timedelta(microseconds=50))
    assert not await store.freshness.claim("C1:1.2", NOW)
    assert await store.freshness.claim("C1:other", NOW)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)))
async def test_only_the_newest_answer_may_be_shown(link: RedisLink, order: list[int]):
    await link.execute("FLUSHALL")
    claims = [await Freshness(link).claim("view", NOW + timedelta(milliseconds=n)) for n in order]
    assert claims == [all(n >= earlier for earlier in order[:i]) for i, n in enumerate(order)]


async def test_a_view_name_is_not_kept(store: Store, link: RedisLink):
    await store.freshness.claim("https://hooks.slack.com/hunter2", NOW)
    assert "hunter2" not in str(await link.execute("KEYS", "*"))


def test_keys_of_one_service_share_a_hash_tag():
    assert RECENT.of("media", "video-ocr") == "callboard:{media/video-ocr}:recent"
    assert RECENT_JOBS.of("media", "video-ocr").startswith("callboard:{media/video-ocr}:")


def test_every_key_has_a_lifetime_or_an_owner_and_its_own_name():
    assert all(key.seconds > 0 if key.lifetime else key.owner for key in ALL)
    assert len({key.name for key in ALL}) == len(ALL)
    assert all(key.of("a", "b").startswith(PREFIX) for key in ALL)


def test_a_key_without_a_lifetime_names_who_deletes_it():
    with pytest.raises(ValueError, match="pydocket deletes it"):
        _ = TASKS.seconds
