"""The contract of every provider, for any cloud. A new service needs only one file in `cases/`."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from providers.errors import InvalidQuery, Malformed, NotOffered, ProviderError, Unauthorized
from providers.json_fields import mapping
from providers.models import Filter, JobQuery, JobState
from tests.contracts.asking import HALF_A_CHARACTER, all_texts, ask, garbled, holding, look_up, provider, word
from tests.contracts.case import LEAK, Case
from tests.contracts.cases import cases

MALFORMED: tuple[Any, ...] = (None, 7, "text", {}, [], [None])
ODD: tuple[Any, ...] = (None, 7, 1e308, True, "", "text", HALF_A_CHARACTER, [], [None], {}, {"a": None})

every = pytest.mark.parametrize("case", cases(), ids=str)
listing = pytest.mark.parametrize("case", [case for case in cases() if case.query is not None], ids=str)


@every
async def test_it_says_who_it_is(case: Case):
    subject = holding(case)
    assert (subject.account, subject.service, subject.region) == (case.account.name, case.service, case.account.region)
    assert subject.capabilities.page_max > 0
    assert subject.capabilities.batch_max > 0
    assert subject.capabilities.requests_per_second > 0
    assert (await subject.budget_left()).of > 0
    assert (subject.capabilities.lists or subject.capabilities.lists_media) == (case.query is not None)


@listing
async def test_a_page_holds_the_jobs_in_order(case: Case):
    assert case.query is not None
    first, second, _ = case.ids
    state = word(case, JobState.RUNNING)
    page = await holding(case, case.record(first, state), case.record(second, state)).page(case.query)
    assert [str(job.ref) for job in page.jobs] == [
        f"{case.account.name}/{case.service}/{id_}" for id_ in (first, second)
    ]
    assert page.cursor is None
    assert page.malformed == 0
    assert page.request_id
    assert all(job.request_id and job.region == case.account.region and job.raw is None for job in page.jobs)


@listing
async def test_an_empty_page_is_no_error(case: Case):
    assert case.query is not None
    page = await holding(case).page(case.query)
    assert (page.jobs, page.cursor, page.malformed) == ((), None, 0)


@listing
async def test_an_answer_without_a_list_is_not_an_empty_list(case: Case):
    assert case.query is not None
    for body in ({}, {"message": "forbidden"}, {"count": 5}):
        with pytest.raises(Malformed) as told:
            await provider(case, lambda _, body=body: httpx.Response(200, json=body)).page(case.query)
        assert (told.value.account, told.value.service) == (case.account.name, case.service)


@listing
async def test_pages_hold_every_job_once(case: Case):
    assert case.query is not None
    ids = [f"{number:032x}" for number in range(250)]
    state = word(case, JobState.RUNNING)
    subject = holding(case, *(case.record(one, state) for one in ids))
    page = await subject.page(case.query)
    listed = [job.id for job in page.jobs]
    assert len(listed) <= subject.capabilities.page_max, "does the case's `answer` heed the page that is asked for?"
    while page.cursor is not None and len(listed) <= len(ids):
        assert page.total in {None, len(ids)}
        page = await subject.page(case.query, page.cursor)
        listed += [job.id for job in page.jobs]
    assert listed == ids


@listing
@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "null", "[1]", '{"x": 1}', "9" * 5000])
async def test_a_cursor_of_no_list_is_refused(case: Case, cursor: str):
    assert case.query is not None
    subject = holding(case, case.record(case.ids[0], word(case, JobState.RUNNING)))
    with pytest.raises(InvalidQuery):
        await subject.page(case.query, cursor)


@every
async def test_any_json_around_the_jobs_raises_only_provider_errors(case: Case):
    job_id = case.ids[0]
    records = [case.record(job_id, word(case, JobState.FAILED))]
    bend: tuple[str, Any] = ("", None)
    names: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        reply = case.answer(records, request).json()
        names.update(reply)
        return httpx.Response(200, json=reply | dict([bend]) if bend[0] in reply else reply)

    subject = provider(case, answer)
    await look_up(case, subject, job_id)
    for bend in [(name, odd) for name in sorted(names) for odd in ODD if odd != HALF_A_CHARACTER]:
        with suppress(ProviderError):
            await look_up(case, subject, job_id)
        with suppress(ProviderError):
            total = (await subject.page(case.query or JobQuery())).total
            assert total is None or (type(total) is int and total >= 0), bend


@every
async def test_a_query_that_it_cannot_list_is_refused(case: Case):
    subject = holding(case, case.record(case.ids[0], word(case, JobState.RUNNING)))
    if subject.capabilities.lists:
        assert (await subject.page(JobQuery())).jobs
    else:
        with pytest.raises(NotOffered):
            await subject.page(JobQuery())


@every
async def test_every_documented_state_is_understood_in_any_case(case: Case):
    job_id = case.ids[0]
    for raw, state in case.states.items():
        for spelling in {raw, raw.upper(), raw.lower(), raw.swapcase()}:
            job = (await look_up(case, holding(case, case.record(job_id, spelling)), job_id))[job_id]
            assert (job.state, job.raw_state) == (state, spelling)


@every
async def test_a_new_state_is_unknown_and_shown(case: Case):
    job_id = case.ids[0]
    job = (await look_up(case, holding(case, case.record(job_id, "MOONWALKING")), job_id))[job_id]
    assert (job.state, job.raw_state, job.state.ended) == (JobState.UNKNOWN, "MOONWALKING", False)


@every
async def test_only_a_failed_job_has_an_error(case: Case):
    job_id = case.ids[0]
    for raw, state in case.states.items():
        job = (await look_up(case, holding(case, case.record(job_id, raw)), job_id))[job_id]
        assert (job.error is not None) == (state is JobState.FAILED)
        assert job.finished_at is None or job.finished_at.tzinfo is not None


@listing
async def test_a_list_says_of_each_failed_job_why_it_failed_or_where_the_reason_is(case: Case):
    assert case.query is not None
    failed = word(case, JobState.FAILED)
    subject = holding(case, *(case.record(f"{number:032x}", failed) for number in range(30)))
    jobs = (await subject.page(case.query)).jobs
    assert jobs
    assert [job for job in jobs if (job.error is None) is (job.unexplained is None)] == []
    (job,) = (await look_up(case, subject, jobs[0].id)).values()
    assert (job.error is None, job.unexplained) == (False, None)


@every
async def test_a_lookup_accounts_for_every_id_once(case: Case):
    first, second, gone = case.ids
    state = word(case, JobState.SUCCEEDED)
    subject = holding(case, case.record(second, state), case.record(first, state))
    asked = (first, gone, second, first)
    lookup = await subject.lookup(asked, case.kinds(asked))
    assert {job.id for job in lookup.found} == {first, second}
    assert lookup.missing == (gone,)
    assert lookup.unanswered == ()
    assert len(lookup.found) == 2
    assert all(job.raw and job.request_id for job in lookup.found)


@every
async def test_a_lookup_of_no_ids_sends_no_request(case: Case):
    lookup = await provider(case, lambda request: pytest.fail(f"asked {request.url}")).lookup([])
    assert (lookup.found, lookup.missing, lookup.unanswered) == ((), (), ())


@every
async def test_strange_ids_are_missing_or_refused_but_never_a_path(case: Case):
    strange = ("../../jobs", "a?b=c", "a/b", "x" * 500, "ü", "a b", "%2e%2e")
    subject = holding(case, case.record(case.ids[0], word(case, JobState.RUNNING)))
    try:
        lookup = await subject.lookup(strange, case.kinds(strange))
    except ProviderError:
        return
    assert lookup.found == ()
    assert {*lookup.missing, *(one.id for one in lookup.unanswered)} == {*strange}


@every
async def test_any_field_may_be_missing_or_odd(case: Case):
    job_id = case.ids[0]
    whole = case.record(job_id, word(case, JobState.FAILED))
    optional = [key for key in whole if key not in case.essential]
    bent = [{key: whole[key] for key in case.essential}, {key: whole.get(key) for key in case.essential}]
    bent += [{name: value for name, value in whole.items() if name != key} for key in optional]
    bent += [whole | {key: odd} for key in optional for odd in ODD]
    bent += [whole | dict.fromkeys(optional, odd) for odd in ODD]
    objects: dict[str, list[str]] = {key: [*mapping(value)] for key, value in whole.items() if mapping(value)}
    bent += [whole | {key: dict.fromkeys(names, odd)} for key, names in objects.items() for odd in ODD]
    for record in bent:
        subject = holding(case, record)
        job = (await look_up(case, subject, job_id)).get(job_id)
        assert job is not None, record
        assert job.model_dump_json()
        if case.query is not None:
            assert job_id in {one.id for one in (await subject.page(case.query)).jobs} or job.media != case.query.media


@every
async def test_unknown_fields_are_ignored(case: Case):
    job_id = case.ids[0]
    record = case.record(job_id, word(case, JobState.RUNNING))
    job = (await look_up(case, holding(case, record | {"brand_new": {"x": [1]}}), job_id))[job_id]
    assert job.model_copy(update={"raw": None}) == (await look_up(case, holding(case, record), job_id))[
        job_id
    ].model_copy(update={"raw": None})


@listing
async def test_malformed_entries_never_hide_their_neighbors(case: Case):
    assert case.query is not None
    first, second, _ = case.ids
    state = word(case, JobState.RUNNING)
    page = await holding(case, *MALFORMED, case.record(first, state), *MALFORMED, case.record(second, state)).page(
        case.query
    )
    assert [job.id for job in page.jobs] == [first, second]
    assert page.malformed == 2 * len(MALFORMED)


@every
async def test_malformed_entries_do_not_disturb_a_lookup(case: Case):
    first, second, _ = case.ids
    state = word(case, JobState.RUNNING)
    subject = holding(case, *MALFORMED, case.record(first, state), case.record(second, state))
    assert (await look_up(case, subject, first, second)).keys() == {first, second}


@every
async def test_a_job_that_cannot_be_read_is_unanswered_and_not_missing(case: Case):
    lost, other, _ = case.ids
    records = [case.record(one, word(case, JobState.RUNNING)) for one in (lost, other)]

    def answer(request: httpx.Request) -> httpx.Response:
        whole = case.answer(records, request)
        return httpx.Response(whole.status_code, json=garbled(case, whole.json(), lost))

    for asked, found in (((lost, other), [other]), ((lost,), [])):
        lookup = await provider(case, answer).lookup(asked, case.kinds(asked))
        assert [job.id for job in lookup.found] == found
        assert lookup.missing == ()
        ((job_id, error),) = lookup.unanswered
        assert (job_id, type(error)) == (lost, Malformed)
        assert (error.account, error.service) == (case.account.name, case.service)


@listing
async def test_a_page_matches_the_declared_filters_for_any_reply(case: Case):
    assert case.query is not None
    running, failed, _ = case.ids
    records = case.record(running, word(case, JobState.RUNNING)), case.record(failed, word(case, JobState.FAILED))
    subject = holding(case, *records)
    filtered: dict[Filter, tuple[dict[str, Any], Sequence[str]]] = {
        Filter.STATE: ({"states": frozenset({JobState.FAILED})}, [failed]),
        Filter.SINCE: ({"since": datetime(2100, 1, 1, tzinfo=UTC)}, []),
        Filter.UNTIL: ({"until": datetime(2001, 1, 1, tzinfo=UTC)}, []),
        Filter.NAME: ({"name": "no such name"}, []),
        Filter.KIND: ({"kind": "no-such-kind"}, []),
        Filter.ID: ({"id_part": failed[-3:].upper()}, [failed]),
    }
    for name, (values, expected) in filtered.items():
        if name in subject.capabilities.filters:
            page = await subject.page(case.query.model_copy(update=values))
            assert [job.id for job in page.jobs] == expected, name


@every
async def test_a_cut_off_body_is_malformed_and_retried(case: Case):
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        whole = case.answer([case.record(case.ids[0], word(case, JobState.RUNNING))], request)
        return httpx.Response(
            whole.status_code, content=whole.content[: len(whole.content) // 2 if asked < 2 else None]
        )

    assert await ask(case, provider(case, answer))
    assert asked > 1
    with pytest.raises(Malformed):
        await ask(case, provider(case, lambda _: httpx.Response(200, text='{"half": ')))


@every
async def test_missing_keys_are_named_and_nothing_is_sent(case: Case, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CONTRACT_SK")
    subject = provider(case, lambda request: pytest.fail(f"asked {request.url}"))
    with pytest.raises(Unauthorized, match="CONTRACT_SK") as caught:
        await ask(case, subject)
    assert (caught.value.code, caught.value.retryable) == ("credentials_missing", False)


@every
async def test_no_secret_leaves(case: Case, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        response = case.answer([record], request)
        sent.append(response.text)
        return response

    for raw in case.states:
        record = case.record(case.ids[0], raw)
        subject = provider(case, answer)
        lookup = await subject.lookup(case.ids[:1], case.kinds(case.ids[:1]))
        answers: list[Any] = [lookup, subject, *(job.model_dump_json() for job in lookup.found)]
        if case.query is not None:
            page = await subject.page(case.query)
            answers += [page, *(job.model_dump_json() for job in page.jobs)]
        assert LEAK not in all_texts(*answers)
    assert LEAK not in caplog.text
    assert LEAK in "".join(sent)
