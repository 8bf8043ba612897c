"""The attempt of a job that is followed again. Earlier decisions show it where no other record does."""

from datetime import timedelta

import pytest

from bot.domain.decisions import Decided, Decision, Outcome, Reason
from bot.domain.outbox import InFlightPost, SubscribedEntry
from bot.store import Store
from bot.store.redis.keys import SEEN
from providers.models import Job, JobState
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SERVICE, TERMS


@pytest.mark.parametrize(("event", "attempt"), [("#1/failed", 2), ("#1/started", 1), ("#3/started", 3), ("#2/lost", 3)])
async def test_an_attempt_that_was_decided_on_is_not_started_again(store: Store, event: str, attempt: int):
    job = Job(account=SERVICE[0], service=SERVICE[1], id="again", state=JobState.RUNNING)
    decision = Decision(event=f"{job.ref}{event}", at=NOW, outcome=Outcome.POST, reason=Reason.FIRST)
    step = InFlightPost(id="p1", at=NOW, posts=False, decisions=(Decided(str(job.ref), decision),))
    assert await store.outbox.apply(DESTINATION, step, "")
    await store.link.execute("DEL", SEEN.of("/".join(SERVICE)))
    entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
    await store.tracked.subscribe(job, NOW, NOW + timedelta(minutes=1), DESTINATION, "card", entry, "U1")
    kept, _ = (await store.tracked.read([job.ref]))[job.ref]
    assert kept.attempt.number == attempt
