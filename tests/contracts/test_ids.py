"""The ids of every service, as people and other bots write them: typed, in a ref, and in a message."""

import re
from collections.abc import Iterator
from importlib import import_module

import httpx
import pytest

from bot.domain.catalog import Catalog
from bot.domain.extraction import extract
from bot.domain.identifiers import JobId, as_typed, shown
from handlers.commands.job_arguments import addresses_of
from handlers.commands.parser import parse
from providers.ids import Ids
from providers.models import JobRef
from providers.services import SERVICES, every_ids, ids_of
from tests.contracts.asking import holding, look_up, provider
from tests.contracts.case import Case
from tests.contracts.cases import cases

every = pytest.mark.parametrize("case", cases(), ids=str)
EVERYTHING = Catalog(tuple((case.account.name, case.service) for case in cases()))
BOUND = 2_000
"""The most characters that a pattern may match, so that its search takes linear time."""


def refs(case: Case) -> Iterator[JobRef]:
    for job_id in case.ids:
        yield JobRef(case.account.name, case.service, job_id)


@every
def test_a_ref_is_read_back_by_the_parser(case: Case):
    for ref in refs(case):
        assert addresses_of(parse(f"show {as_typed(ref)}", EVERYTHING), EVERYTHING) == [ref]
        assert addresses_of(parse(as_typed(ref), EVERYTHING), EVERYTHING) == [ref]


@every
def test_an_id_alone_is_read_back_by_the_parser(case: Case):
    for job_id in case.ids:
        assert addresses_of(parse(f"show {as_typed(job_id)}", EVERYTHING), EVERYTHING) == [JobId(job_id)]


@every
@pytest.mark.parametrize("around", ["{}", "job {} failed.", "Is {}?", "({})", "`{}`", "*{}*, and\nmore", "“{}”"])
def test_a_ref_is_found_in_a_message(case: Case, around: str):
    for ref in refs(case):
        assert extract({"text": around.format(ref)}, EVERYTHING).addresses == (ref,)


@every
def test_an_id_alone_is_found_in_a_message_where_it_differs_from_a_word(case: Case):
    for job_id in case.ids:
        if ids_of(case.service).recognize(job_id):
            assert extract({"text": f"Job {job_id} failed."}, EVERYTHING).addresses == (JobId(job_id),)


@every
def test_the_ids_of_a_case_are_those_that_its_service_declares(case: Case):
    assert all(ids_of(case.service).allow(job_id) for job_id in case.ids)
    declared = ids_of(case.service).in_text
    assert declared is None or any(ids_of(case.service).recognize(job_id) for job_id in case.ids)


@every
async def test_a_link_into_the_console_is_read_back(case: Case):
    records = [case.record(job_id, next(iter(case.states))) for job_id in case.ids]
    for job in (await look_up(case, holding(case, *records), *case.ids)).values():
        assert job.console_url is None or shown(job.console_url)


@pytest.mark.parametrize("ids", every_ids())
def test_a_pattern_has_no_unbounded_repetition_and_no_named_group(ids: Ids):
    for pattern in filter(None, [ids.whole, ids.in_text]):
        assert not re.compile(pattern).groupindex
        assert longest(pattern) <= BOUND


def longest(pattern: str) -> int:
    """Return how many characters a pattern matches at most; only a private part of `re` has that."""
    return import_module("re._parser").parse(pattern).getwidth()[1]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ids of video OCR hold characters that most ids do not have."""
    service = SERVICES["video-ocr"]._replace(ids=Ids(whole=r"[\w.:/-]{1,200}"))
    monkeypatch.setattr("providers.services.SERVICES", {**SERVICES, "video-ocr": service})


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize(
    ("job_id", "path"), [("a/b:1.2", "a%2Fb%3A1.2"), ("任务", "%E4%BB%BB%E5%8A%A1"), ("../../v1", "..%2F..%2Fv1")]
)
async def test_an_id_is_quoted_into_a_path(job_id: str, path: str):
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"id": job_id, "state": "RUNNING"})

    case = next(case for case in cases() if case.service == "video-ocr")
    lookup = await provider(case, answer).lookup([job_id, ".."])
    assert [job.id for job in lookup.found] == [job_id]
    assert lookup.missing == ("..",)
    assert [each.rpartition("/")[2] for each in asked] == [path]
