"""The identity of the database: processes that share one detect when it is emptied or replaced."""

from datetime import UTC, datetime, timedelta

from bot.store.epochs import Epoch, Epochs
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import CONFIGURED, EPOCH

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


async def test_the_first_look_of_a_fleet_begins_the_epoch(link: RedisLink):
    first, second = Epochs(link), Epochs(link)
    epoch, another = await first.check(NOW)
    assert not another
    assert await second.check(LATER) == (epoch, False)
    assert epoch.knows_from == NOW
    assert epoch.recent_reset(NOW) is None


async def test_a_database_in_use_before_there_were_epochs_may_know_older_cards(link: RedisLink):
    await link.execute("HSET", CONFIGURED.of(), "media-cn/video-ocr", "1")
    epoch, another = await Epochs(link).check(NOW)
    assert (epoch.knows_from, another) == (None, False)
    await link.execute("DEL", CONFIGURED.of())


async def test_an_emptied_database_has_one_new_epoch_that_says_when(link: RedisLink):
    first, second, new = Epochs(link), Epochs(link), Epochs(link)
    for each in (first, second):
        await each.check(NOW)
    await link.execute("FLUSHALL")
    assert await first.recent_reset(LATER) == LATER
    epoch, another = await first.check(LATER)
    assert (another, epoch.reset_at, epoch.recent_reset(LATER)) == (True, LATER, LATER)
    assert await second.check(LATER + timedelta(seconds=5)) == (epoch, True)
    assert await new.check(LATER) == (epoch, False)
    assert await first.check(LATER) == (epoch, False)
    assert epoch.recent_reset(LATER + timedelta(days=8)) is None
    assert epoch.knows_from == LATER


async def test_a_process_that_starts_first_in_an_emptied_database_does_not_hide_the_reset(link: RedisLink):
    old, new = Epochs(link), Epochs(link)
    await old.check(NOW)
    await link.execute("FLUSHALL")
    await new.check(LATER)
    assert await old.recent_reset(LATER) == LATER
    epoch, another = await old.check(LATER)
    assert (another, epoch.reset_at) == (True, LATER)
    assert await new.check(LATER) == (epoch, False)


async def test_an_older_copy_of_the_same_database_is_no_reset(link: RedisLink):
    epochs = Epochs(link)
    await epochs.check(NOW)
    copy = await link.execute("GET", EPOCH.of())
    await link.execute("FLUSHALL")
    await link.execute("SET", EPOCH.of(), copy)
    assert (await epochs.check(LATER))[1] is False


async def test_a_database_that_was_reset_before_replaces_this_one(link: RedisLink):
    await link.execute("SET", EPOCH.of(), Epoch(id="old", reset_at=NOW, acknowledged=True).model_dump_json())
    epochs = Epochs(link, known="mine", seen_at=LATER)
    epoch, another = await epochs.check(LATER)
    assert (another, epoch.reset_at, epoch.acknowledged) == (True, LATER, False)


async def test_fields_of_a_later_version_are_kept(link: RedisLink):
    await link.execute("SET", EPOCH.of(), '{"format":2,"id":"theirs","at":"2026-11-30T12:00:00Z","shard":7}')
    epochs = Epochs(link)
    await epochs.check(NOW)
    await epochs.acknowledge()
    assert '"shard":7' in await link.execute("GET", EPOCH.of())


async def test_a_record_that_cannot_be_read_is_an_epoch_of_its_own(link: RedisLink):
    await link.execute("SET", EPOCH.of(), "what is this")
    epochs = Epochs(link)
    assert (await epochs.check(NOW))[0].knows_from is None
    assert (await epochs.check(LATER))[1] is False


async def test_cards_in_slack_prove_a_reset_that_no_process_saw(link: RedisLink):
    epochs = Epochs(link)
    await epochs.check(NOW)
    await epochs.note_reset()
    await epochs.note_reset()
    epoch, another = await epochs.check(LATER)
    assert (epoch.reset_at, another) == (NOW, False)


async def test_without_a_first_look_no_reset_is_detected(link: RedisLink):
    assert await Epochs(link).as_of(NOW) is None
    assert await Epochs(link).recent_reset(NOW) is None
