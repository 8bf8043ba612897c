"""A command whose answer was lost is sent again: its record is written once."""

from bot.domain.decisions import Decided, Decision, Outcome, Reason
from bot.domain.outbox import InFlightPost
from bot.store import Store
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SLOT

REF = f"{SLOT}/a"


async def test_a_post_is_recorded_once(store: Store):
    decision = Decision(event=f"{REF}#1/failed", at=NOW, outcome=Outcome.POST, reason=Reason.FIRST, rule="w7")
    post = InFlightPost(id="p", at=NOW, decisions=(Decided(REF, decision),))
    assert (await store.outbox.begin(DESTINATION, post, 0.001, "")).ok
    arrived = post.arrived(DESTINATION, "1.2")
    assert [await store.outbox.commit(DESTINATION, arrived) for _ in range(2)] == [True, True]
    assert await store.decisions.read(DESTINATION, REF) == [each.decision for each in arrived.decisions]
