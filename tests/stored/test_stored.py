"""This version reads, finishes and still writes the same records as an earlier commit's bot.

`tests/stored/write.py` made the data, once: it never changes. A failing test means that a name in Redis or in Slack has
changed by accident. Processes of the version before would not understand it.
"""

import inspect
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from docket import Docket
from docket.execution import Execution
from pydantic import TypeAdapter

from bot.background.tasks import tasks
from bot.delivery import sender
from bot.deps.deps import Deps
from bot.domain import outbox as entries
from bot.domain.notifications import Digest, Note
from bot.domain.outbox import Body, NoteEntry, encode
from bot.domain.record_formats import Kind
from bot.domain.suspensions import written as suspension_text
from bot.domain.tracked_jobs import record
from bot.slack_api.token_encryption import TokenCipher
from bot.store import Store
from bot.store.outbox import mark_text
from bot.store.redis.keys import ALL, DIGEST, PREFIX, UNREADABLES
from bot.task_queue.worker import open_docket
from providers.models import JobRef
from providers.secrets import SecretRef
from tests.handlers.slack.test_registered import registered
from tests.stored import newer, redis_data, slack_data
from tests.stored.replay import finish, press_all, replaying
from tests.stored.story import KEY, KEY_VARIABLE, WORDS
from tests.stored.write import written

Json = dict[str, Any]
FOLDER = Path(__file__).parent
REDIS: Json = json.loads((FOLDER / "redis.json").read_text())
SLACK: Json = json.loads((FOLDER / "slack.json").read_text())
KEYS: dict[str, Json] = REDIS["keys"]
AT = datetime.fromisoformat(REDIS["at"])
VIDEO, AUDIO = ("acme", "video"), ("acme", "audio")
SLOTS = ["acme/video", "acme/audio"]


@pytest.fixture(autouse=True)
def first_words(whole_answers: None) -> None:
    """Disable first words."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key that encrypts the stored data."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)


@pytest.fixture
async def stored(store: Store, redis_url: str) -> Store:
    """Return a store with all stored data."""
    await redis_data.load(redis_url, KEYS)
    return store


@pytest.fixture
async def docket(stored: Store, redis_url: str) -> AsyncGenerator[Docket]:
    dropped: list[object] = []
    async with open_docket(redis_url, lambda: dropped.append(None)) as docket:
        for task in tasks(Deps((), stored)):
            docket.register(task)
        yield docket
    assert not dropped


def holds(whole: object, part: object) -> bool:
    """Return whether a JSON value has everything that another one has. New fields are allowed."""
    match whole, part:
        case dict(), dict():
            fields = cast("Json", whole)
            return all(name in fields and holds(fields[name], each) for name, each in cast("Json", part).items())
        case list(), list():
            ours, theirs = cast("list[object]", whole), cast("list[object]", part)
            return len(ours) == len(theirs) and all(map(holds, ours, theirs))
        case _:
            return whole == part


def keeps(rewritten: str, text: str) -> bool:
    """Return whether a record that was read and written again lost nothing; its format may be later."""
    (*head, ours), (*lines, theirs) = rewritten.split("\n"), text.split("\n")
    now, before = json.loads(ours), json.loads(theirs)
    if now.get("v", 1) > before.get("v", 1):
        before["v"] = now["v"]
    return head == lines and holds(now, before)


def test_every_stored_key_is_declared():
    assert [name for name, each in KEYS.items() if not redis_data.family(name, each["type"])] == []


def test_every_declared_key_is_stored():
    found = {key.name for name, each in KEYS.items() for key in redis_data.family(name, each["type"])[:1]}
    assert {key.name for key in ALL} - found <= newer.KEYS


def test_every_stored_word_is_known():
    known = {name: {each.value for each in words} for name, words in WORDS.items()}
    assert {name: {*words} - known[name] for name, words in REDIS["words"].items() if {*words} - known[name]} == {}


def test_every_listener_gets_a_stored_payload():
    acts = [(surface, act) for surface in SLACK["surfaces"] for act in surface["acts"]]
    names = {
        "action": {act["action_id"] for _, act in acts if "action_id" in act},
        "view": {surface["body"]["callback_id"] for surface, act in acts if "submit" in act},
        "shortcut": {act["shortcut"] for _, act in acts if "shortcut" in act},
    }
    for kind, heard in names.items():
        for listener in registered()[kind]:
            pattern = cast("str", listener["callback_id"] if isinstance(listener, dict) else listener)
            if str(getattr(pattern, "pattern", pattern)) in newer.LISTENERS:
                continue
            assert any(re.search(pattern, name) for name in heard), (kind, pattern)


async def test_cards_marks_suspensions_and_entries_are_read(stored: Store):
    places = await stored.outbox.destinations()
    snapshots = [await stored.outbox.read(place, SLOTS) for place in places]
    assert [
        (snapshot.destination, snapshot.newer, snapshot.broken)
        for snapshot in snapshots
        if snapshot.newer or snapshot.broken
    ] == []
    for snapshot in snapshots:
        assert all(keeps(encode(card), snapshot.records[name]) for name, card in snapshot.cards.items())
        if snapshot.in_flight:
            assert keeps(mark_text(snapshot.in_flight), await _get(stored, "begun", snapshot.destination))
        if snapshot.suspension:
            assert keeps(suspension_text(snapshot.suspension), await _get(stored, "suspended", snapshot.destination))
    found = {type(entry.body) for snapshot in snapshots for entry in snapshot.entries}
    assert {each.__name__ for each in {*get_args(Body)} - found} == newer.ENTRIES
    assert len([snapshot for snapshot in snapshots if snapshot.in_flight]) == 3
    assert {snapshot.in_flight.doubt for snapshot in snapshots if snapshot.in_flight} == {None, "answered"}
    assert any(snapshot.stale for snapshot in snapshots)
    assert any(snapshot.suspension for snapshot in snapshots)


async def _get(stored: Store, name: str, place: str) -> str:
    return await stored.link.execute("GET", f"{PREFIX}{{{place}}}:{name}")


async def test_entries_are_written_as_they_were(stored: Store):
    notes: set[type] = set()
    for name, each in KEYS.items():
        if each["type"] == "stream" and ":outbox:" in name:
            for entry_id, fields in each["value"]:
                body = entries.read(name, entry_id, fields).body
                assert keeps(entries.numbered(body.model_dump_json()), fields["entry"])
                if isinstance(body, NoteEntry):
                    notes.add(type(body.note))
    assert {each.__name__ for each in {*get_args(Note)} - notes} == newer.NOTES


async def test_jobs_are_read(stored: Store):
    refs = [JobRef(*service, job_id) for service in (VIDEO, AUDIO) for job_id in KEYS[_jobs(service)]["value"]]
    found = await stored.tracked.read(refs)
    assert set(found) == set(refs)
    for known, _ in found.values():
        assert keeps(record(known.job, known.checked_at, known.absence), known.record)
    assert any(known.absence and known.absence.suspended for known, _ in found.values())
    [lost] = await stored.lost.read(VIDEO, ["job-0027"])
    assert lost.kept.absence
    assert lost.cards
    assert all([await stored.tracked.subscribed_cards(ref) for ref in refs])


def _jobs(service: tuple[str, str]) -> str:
    return f"{PREFIX}{{{'/'.join(service)}}}:jobs"


async def test_records_of_services_and_people_are_read(stored: Store):
    sweep = (await stored.sweeps.read([VIDEO]))[VIDEO]
    assert sweep.at
    assert sweep.jobs
    failing = (await stored.sweeps.read([AUDIO]))[AUDIO]
    assert failing.error
    assert failing.error.kind == "unavailable"
    assert (await stored.health.read([AUDIO]))[AUDIO].failing_since
    health = (await stored.health.read([VIDEO]))[VIDEO]
    assert health.last_ok_at
    assert health.latency_s is not None
    assert (await stored.witnesses.read(VIDEO, "here")).found_at
    assert [job.id for job in await stored.recent.recent(*AUDIO, AT)] == ["job-0000"]
    epoch = await stored.epochs.read()
    assert epoch
    assert epoch.reset_at
    assert keeps(epoch.model_dump_json(), KEYS[f"{PREFIX}epoch"]["value"])
    assert await stored.epochs.searched(epoch, "T0SANDBOX")
    assert await stored.home_tabs.published("T0SANDBOX/U0DANA")
    assert await stored.home_tabs.picked("T0SANDBOX/U0DANA") == "T0SANDBOX/C0ONCALL"
    assert await stored.slack.direct("T0SANDBOX/U0DANA") == "D0DANA"
    assert await stored.slack.paused("T0SANDBOX", "users.info") > 0
    assert len(await stored.tracked.destinations_of("T0SANDBOX/U0DANA")) > 2
    _, mark = await stored.clock.read()
    assert mark
    assert VIDEO in await stored.tracked.configured([], AT)
    since = await stored.installations.absent({"T0AWAY"}, AT)
    assert since["T0AWAY"] < AT
    assert await stored.installations.finished("made-up-id")
    assert not await stored.installations.may_renew("T0OTHER")


async def test_long_commands_and_digests_are_read(stored: Store):
    [name] = [name for name in KEYS if name.startswith(f"{PREFIX}payload:")]
    assert str(await stored.payloads.get(name.rpartition(":")[2])).startswith("list ")
    [name] = [name for name in KEYS if name.startswith(DIGEST.of(""))]
    digest = await stored.digests.get(name.rpartition(":")[2])
    assert digest
    assert holds(json.loads(TypeAdapter(Digest).dump_json(digest)), _unnumbered(KEYS[name]["value"]))


def _unnumbered(text: str) -> Json:
    fields: Json = json.loads(text)
    del fields["v"]
    return fields


async def test_records_that_were_moved_aside_are_found(stored: Store):
    for member in await stored.link.execute("ZRANGE", UNREADABLES.of(), 0, -1):
        kind, where, name = member.split("|", 2)
        assert Kind(kind)
        assert where
        assert await stored.link.execute("HLEN", name)


async def test_an_installation_is_decrypted_and_a_state_accepted(stored: Store):
    cipher = TokenCipher([SecretRef(f"env:{KEY_VARIABLE}")])
    installation = cipher.decrypt(str(await stored.installations.get("T0OTHER")))
    assert installation
    known = {name for name, value in installation.model_dump().items() if value}
    assert known >= {
        *("workspace", "name", "team_id", "bot_id", "bot_user_id", "bot_token"),
        *("scopes", "refresh_token", "expires_at", "installed_at"),
    }
    assert cipher.state_id(REDIS["state"], AT + timedelta(minutes=1))


async def test_the_message_of_each_task_is_known(stored: Store, docket: Docket):
    found = {str(each["function"]): each for each in _messages()}
    assert set(found) == {task.__name__ for task in tasks(Deps((), stored))} - newer.TASKS
    for name, fields in found.items():
        raw = {field.encode(): redis_data.as_bytes(value) for field, value in fields.items()}
        execution = await Execution.from_message(docket, raw, sync=False)  # pyright: ignore[reportArgumentType]
        assert execution.function is docket.tasks[name]
        inspect.signature(execution.function).bind(*execution.args)
        assert execution.key.partition(":")[0] == name


def _messages() -> Iterator[Mapping[str, Any]]:
    """Yield the messages of queued and of scheduled tasks."""
    for name, each in KEYS.items():
        if name == f"{PREFIX}tasks:stream":
            yield from (fields for _, fields in each["value"])
        elif each["type"] == "hash" and "function" in each["value"] and ":runs:" not in name:
            yield each["value"]


@pytest.mark.heavy("uses every button, menu, form and shortcut that is stored")
async def test_pressed_elements_are_answered_as_before(redis_url: str):
    async with replaying(redis_url, REDIS, SLACK) as opened:
        answers = await press_all(opened, REDIS, SLACK)
    for surface, ours, theirs in zip(SLACK["surfaces"], answers, SLACK["answers"], strict=True):
        assert list(zip(surface["acts"], ours, strict=True)) == list(zip(surface["acts"], theirs, strict=True))
    assert not any(answer["too_old"] for each in answers for answer in each)


@pytest.mark.heavy("runs every task that is stored, until nothing waits")
async def test_pending_work_is_finished(redis_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.05)
    async with replaying(redis_url, REDIS, SLACK) as opened:
        finished = await finish(opened)
    assert finished == {**SLACK["finished"], "then": newer.without_digests(SLACK["finished"]["then"])}
    assert finished["left as they were"] == []
    assert finished["most posts of one id"] == 1


@pytest.mark.heavy("has the bot write everything once more")
async def test_written_data_has_the_shape_of_the_stored_data(redis_url: str):
    redis, slack = await written(redis_url)
    missing = (redis_data.shape(KEYS) - redis_data.shape(redis["keys"])) | (
        slack_data.shape(SLACK) - slack_data.shape(slack)
    )
    assert {each for each in missing if not newer.BEFORE.search(each)} == set()
