"""Look-ups that need no raw JSON: the same jobs, in as many requests."""

import pytest

from providers.http.deadline import without_raw
from providers.models import JobState
from tests.contracts.asking import holding, word
from tests.contracts.case import Case
from tests.contracts.cases import cases


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_the_state_is_the_same_without_raw(case: Case):
    first, second, gone = case.ids
    records = (case.record(first, word(case, JobState.FAILED)), case.record(second, word(case, JobState.SUCCEEDED)))
    with_raw = await holding(case, *records).lookup(case.ids, case.kinds(case.ids))
    with without_raw():
        plain = await holding(case, *records).lookup(case.ids, case.kinds(case.ids))
    assert [(job.id, job.state, job.raw_state, job.error, job.progress) for job in plain.found] == [
        (job.id, job.state, job.raw_state, job.error, job.progress) for job in with_raw.found
    ]
    assert plain.missing == with_raw.missing == (gone,)
    assert all(job.raw for job in with_raw.found)
    assert not any(job.raw for job in plain.found)
