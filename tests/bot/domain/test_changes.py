"""Changes of a job between two sweeps."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import EndReason, Kind, compare, fingerprint, lost
from providers.models import Job, JobError, JobState
from tests.bot.memory import NOW
from tests.bot.samples import job

SINCE = NOW - timedelta(seconds=10)


def test_a_job_that_continues_has_progressed():
    change = compare(job(progress=10), SINCE, job(progress=20), NOW)
    assert (change.kind, change.fate, change.job.progress) == (Kind.PROGRESSED, None, 20)
    assert (change.since, change.at) == (SINCE, NOW)


def test_a_job_in_another_state_has_moved():
    change = compare(job(state="pending", raw_state="QUEUED"), SINCE, job(), NOW)
    assert (change.kind, change.before, change.before_raw, change.fate) == (
        Kind.MOVED,
        JobState.PENDING,
        "QUEUED",
        None,
    )


def test_a_new_raw_state_is_a_move_too():
    assert compare(job(raw_state="A"), SINCE, job(raw_state="B"), NOW).kind is Kind.MOVED


def test_a_final_state_ends_the_tracking():
    for state in JobState:
        end_reason = EndReason.ENDED if state.ended else None
        assert compare(job(state="unknown", raw_state="?"), SINCE, job(state=state), NOW).fate is end_reason


def test_a_lost_job_is_as_it_was_last_seen():
    change = lost(job(progress=30), SINCE, NOW, expired=False)
    assert (change.kind, change.job, change.before, change.fate) == (
        Kind.LOST,
        job(progress=30),
        JobState.RUNNING,
        EndReason.NOT_FOUND,
    )
    assert lost(job(), SINCE, NOW, expired=True).fate is EndReason.EXPIRED


JOBS = st.builds(
    job,
    state=st.sampled_from(JobState),
    raw_state=st.none() | st.sampled_from(["A", "A\nB", "A|1"]),
    progress=st.none() | st.integers(0, 100),
    error=st.none() | st.builds(JobError, code=st.none() | st.sampled_from(["E", "E2"])),
)


@given(JOBS, JOBS)
def test_jobs_that_look_different_have_different_fingerprints(one: Job, other: Job):
    def shown(job: Job) -> tuple[object, ...]:
        code = job.error.code if job.error else None
        return job.state, (job.raw_state or "").replace("\n", " "), job.progress, code

    assert (fingerprint(one) == fingerprint(other)) == (shown(one) == shown(other))
    assert "\n" not in fingerprint(one)
