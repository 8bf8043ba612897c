"""A sixth service with unusual ids: in lists, details, buttons and messages."""

from typing import Any, cast

import pytest

from bot.domain.button_payloads import LOOK_UP, CommandPayload
from bot.domain.catalog import Catalog
from bot.domain.errors import UsageError
from bot.domain.extraction import extract
from bot.domain.identifiers import Address, JobId, as_typed
from bot.store import Store
from handlers.commands.job_arguments import addresses_of
from handlers.commands.parser import parse
from providers.ids import Ids, Link
from providers.models import JobRef
from providers.services import SERVICES, Service
from tests.bot.memory import InMemory
from tests.desk import DANA, ON_CALL, Desk

IDS = Ids(
    whole=r"[\w.:/~-]{1,200}",
    in_text=r"urn:job:[\w.:/-]{1,150}[0-9]",
    links=(Link("queue.example", r"/runs/(?P<id>[\w.:~-]{1,200})"),),
)
URN, SLASHES, LONG, LETTERS = "urn:job:eu-1/ocr.7", "projects/p-1/jobs/7", "x.7" * 60, "Übung.größe-七"
ODD = (URN, SLASHES, LONG, LETTERS, "a:b", "on:failed", "1.5", "video/ocr", "~home.", ".hidden", "a//b")
CATALOG = Catalog((("media-cn", "video-ocr"), ("acme", "queue"), ("vod-sg", "vod-jobs")))


@pytest.fixture(autouse=True)
def sixth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.services.SERVICES", {**SERVICES, "queue": Service("odd", "queue", "Queue", IDS)})


@pytest.fixture
def provider() -> InMemory:
    provider = InMemory(service="queue")
    provider.jobs = [provider.job(job_id, at) for at, job_id in enumerate(ODD[:4])]
    return provider


def read(text: str, catalog: Catalog = CATALOG) -> list[Address]:
    return addresses_of(parse(text, catalog), catalog)


@pytest.mark.parametrize("job_id", ODD)
def test_its_ref_is_read_back(job_id: str):
    ref = JobRef("acme", "queue", job_id)
    for command in ("show", "subscribe", "unsubscribe"):
        text = CommandPayload.about(command, [ref]).text
        assert read(text) == [ref]
        assert read(str(parse(text, CATALOG))) == [ref]
    assert read(as_typed(ref)) == [ref]


@pytest.mark.parametrize("job_id", [URN, SLASHES, LONG, LETTERS, "a:b", "1.5"])
def test_its_id_alone_is_read_back(job_id: str):
    assert read(f"show {job_id}") == [JobId(job_id)]


def test_an_id_that_can_hardly_be_a_word_needs_no_command():
    assert read(URN) == [JobId(URN)]
    assert read(f"subscribe {URN} on:failed") == [JobId(URN)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("show media-cn/video-ocr/lecture_7", JobRef("media-cn", "video-ocr", "lecture_7")),
        ("show Acme/QUEUE/a/b/c", JobRef("acme", "queue", "a/b/c")),
        ("show acme2/jobs/7", JobId("acme2/jobs/7")),
    ],
)
def test_a_ref_of_what_is_configured_goes_before_an_id_with_slashes(typed: str, meant: Address):
    assert read(typed) == [meant]


@pytest.mark.parametrize(
    ("typed", "correction"),
    [
        ("show media-ch/video-ocr/lecture_7", "show media-cn/video-ocr/lecture_7"),
        ("show acme/qeue/a/b.c", "show acme/queue/a/b.c"),
        ("show media-cn/video-ocr/lecture.mp4", "find media-cn/video-ocr/lecture.mp4"),
    ],
)
def test_a_mistyped_ref_is_corrected(typed: str, correction: str):
    with pytest.raises(UsageError) as caught:
        read(typed)
    assert caught.value.suggestion == correction


def test_without_the_service_its_ids_are_no_jobs():
    others = Catalog((("media-cn", "video-ocr"),))
    assert extract({"text": f"{URN} failed"}, others).addresses == ()
    with pytest.raises(UsageError):
        read(f"show {SLASHES}", others)


@pytest.mark.parametrize("job_id", [URN, SLASHES, LONG, LETTERS, "a:b", "a//b"])
@pytest.mark.parametrize("around", ["{}", "see {}, please", "Is it {}?", "<{}>", "`{}`.", "*{}*"])
def test_its_ref_is_found_in_a_message(job_id: str, around: str):
    ref = JobRef("acme", "queue", job_id)
    assert extract({"text": around.format(ref)}, CATALOG).addresses == (ref,)


@pytest.mark.parametrize("around", ["{}", "job {} failed", "Is it {}?", '"id": "{}",'])
def test_its_id_alone_is_found_in_a_message(around: str):
    assert extract({"text": around.format(URN)}, CATALOG).addresses == (JobId(URN),)


def test_a_link_into_its_console_names_a_job():
    link = "https://queue.example/eu/runs/a.b%3A7?tab=log"
    assert read(f"show {link}") == [JobId("a.b:7")]
    assert extract({"text": f"<{link}|the run>"}, CATALOG).addresses == (JobId("a.b:7"),)


@pytest.mark.parametrize("job_id", ["a%2Fb", "%41", "50%", "c++", "#7", "x#012"])
@pytest.mark.parametrize("around", ["{}", "see {}, please", "`{}`"])
def test_an_id_that_looks_encoded_is_read_as_it_is(job_id: str, around: str, monkeypatch: pytest.MonkeyPatch):
    ids = Ids(whole="[\\w%+#-]{1,100}")
    monkeypatch.setattr("providers.services.SERVICES", {**SERVICES, "queue": Service("odd", "queue", "Queue", ids)})
    ref = JobRef("acme", "queue", job_id)
    assert extract({"text": around.format(ref)}, CATALOG).addresses == (ref,)
    assert read(f"show {ref}") == [ref]


@pytest.mark.parametrize("job_id", ["任务-2026/11", "AB-123456"])
def test_words_beside_an_id_of_an_odd_form_are_no_jobs(job_id: str, monkeypatch: pytest.MonkeyPatch):
    ids = Ids(whole="[\\w/-]{1,100}", in_text="任务-[0-9]{4}/[0-9]{1,4}|[A-Z]{2}-[0-9]{6}")
    monkeypatch.setattr("providers.services.SERVICES", {**SERVICES, "queue": Service("odd", "queue", "Queue", ids)})
    assert read(f"show job {job_id} failed") == [JobId(job_id)]
    assert extract({"text": f"job {job_id} failed"}, CATALOG).addresses == (JobId(job_id),)


async def test_its_jobs_are_listed_and_opened(desk: Desk, provider: InMemory):
    listed = await desk.command("list")
    buttons = [each for each in elements(listed.json["blocks"]) if each.get("action_id", "").startswith("open:")]
    shown = [await desk.action(action_id=each["action_id"], value=each["value"]) for each in buttons]
    refs = [f"acme/queue/{job_id}" for job_id in ODD[:4]]
    assert [next(ref for ref in refs if ref in each.text) for each in shown] == refs
    assert provider.asked[1:] == [(job_id,) for job_id in ODD[:4]]


@pytest.mark.parametrize("job_id", ODD[:4])
async def test_its_jobs_are_shown_when_they_are_typed(desk: Desk, job_id: str):
    assert f"acme/queue/{job_id}" in (await desk.command(f"show {job_id}")).text
    assert f"acme/queue/{job_id}" in (await desk.command(f"show acme/queue/{job_id}")).text


async def test_its_jobs_are_found_in_a_message(desk: Desk, provider: InMemory):
    message = {"type": "message", "ts": "1.2", "text": f"{URN} waits for acme/queue/{LETTERS}."}
    answer = await desk.answers(
        {
            "type": "message_action",
            "callback_id": LOOK_UP,
            "action_ts": "1.5",
            "message_ts": "1.2",
            "user": {"id": DANA, "name": "dana"},
            "channel": {"id": ON_CALL, "name": "on-call"},
            "message": message,
        }
    )
    assert f"acme/queue/{URN}" in answer.text
    assert f"acme/queue/{LETTERS}" in answer.text
    assert set(provider.asked[0]) == {URN, LETTERS}


@pytest.mark.parametrize("job_id", ODD[:4])
async def test_its_jobs_are_followed_until_that_is_taken_back(desk: Desk, store: Store, job_id: str):
    ref = JobRef("acme", "queue", job_id)
    await desk.command(f"subscribe {ref} to:dm")
    assert await store.tracked.subscribed_cards(ref) != {}
    await desk.command(f"unsubscribe {job_id}")
    assert await store.tracked.subscribed_cards(ref) == {}


async def test_an_id_that_the_service_cannot_have_is_not_asked_for(desk: Desk, provider: InMemory):
    await desk.command("show x*y")
    assert provider.asked == []


def elements(node: object) -> list[dict[str, Any]]:
    """Return every element that can be clicked."""
    if isinstance(node, list):
        return [each for item in cast("list[object]", node) for each in elements(item)]
    if not isinstance(node, dict):
        return []
    part = cast("dict[str, Any]", node)
    inner = [each for value in part.values() for each in elements(value)]
    return [part, *inner] if "action_id" in part else inner
