"""The store, compared with a plain list."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from sandbox.clouds.jobs import Job, Stage
from sandbox.clouds.store import JobStore

WORDS = ("waiting", "running", "done")


@st.composite
def job(draw: st.DrawFn, number: int) -> Job:
    created = draw(st.integers(0, 50))
    lengths = draw(st.lists(st.integers(0, 30), min_size=1, max_size=3))
    stages = tuple(Stage(created + sum(lengths[:i]), WORDS[i]) for i in range(len(lengths)))
    gone = created + draw(st.integers(0, 60)) if draw(st.booleans()) else inf
    listed = created + draw(st.integers(0, 60)) if draw(st.booleans()) else None
    media = draw(st.sampled_from("ab"))
    return Job(f"id{number}", "name", "kind", media, created, stages, gone=gone, listed=listed)


def shows(job: Job, now: float) -> bool:
    """Return whether lists show a job."""
    return (job.created if job.listed is None else job.listed) <= now < job.gone


@st.composite
def jobs(draw: st.DrawFn) -> list[Job]:
    made = [draw(job(number)) for number in range(draw(st.integers(0, 12)))]
    return sorted(made, key=lambda job: (job.created, job.id))


@given(
    jobs=jobs(),
    instants=st.lists(st.integers(0, 120), min_size=1, max_size=6).map(sorted),
    words=st.none() | st.sets(st.sampled_from(WORDS)),
    since=st.integers(0, 60),
    until=st.integers(0, 60),
)
def test_it_answers_like_a_plain_list(
    jobs: list[Job], instants: list[int], words: set[str] | None, since: int, until: int
):
    store = JobStore(jobs[::2])
    for planned in jobs[1::2]:
        store.add(planned)
    for now in instants:
        there = [job for job in jobs if shows(job, now)]
        chosen = [job for job in there if words is None or job.word(now) in words]
        assert store.select(now, words=words) == chosen
        expected = [job for job in chosen if since <= job.created <= until]
        assert store.select(now, words=words, since=since, until=until) == expected
        assert store.of_media("a", now) == [job for job in there if job.media == "a"]
        assert sum(store.counts(now).values()) == len(there)
        exist = [job for job in jobs if job.created <= now < job.gone]
        assert [job for job in jobs if store.get(job.id, now)] == exist == store.every(now)
        assert store.unlisted(now) == len(exist) - len(there)


@given(jobs=jobs(), now=st.integers(0, 120), replaced=st.integers(0, 11), later=st.integers(0, 60))
def test_a_job_can_be_replaced(jobs: list[Job], now: int, replaced: int, later: int):
    store = JobStore(jobs)
    store.select(now)
    new = Job(f"id{replaced}", "new", "kind", "b", now, (Stage(now, "running"), Stage(now + 10, "done")))
    store.add(new)
    # The store need not refuse future jobs with an ordered job's id, so this leaves them out.
    others = [job for job in jobs if job.id != new.id and shows(job, now + later)]
    if all(job.id != new.id or job.created <= now for job in jobs):
        expected = sorted([*others, new], key=lambda job: (job.created, job.id))
        assert store.select(now + later) == expected
        done = [job for job in expected if job.word(now + later) == "done"]
        assert store.select(now + later, words={"done"}) == done


def test_only_settled_jobs_stay_rendered():
    moving = Job("id", "name", "kind", "media", 0, (Stage(0, "running"), Stage(10, "done")))
    store = JobStore([moving])
    calls: list[float] = []

    def form(job: Job, now: float) -> dict[str, str]:
        calls.append(now)
        return {"state": job.word(now)}

    rendered = [store.render(job, now, form) for now in (0, 5, 10, 20) for job in store.select(now)]
    assert rendered == [b'{"state":"running"}'] * 2 + [b'{"state":"done"}'] * 2
    assert calls == [0, 5, 10]
