"""The judge finds every fault, so a run without findings means something."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.check import judge
from tests.faults.ledger import Ledger, SubscriptionOptions
from tests.faults.reading import Card, Conversation, Telling
from tests.faults.watching import FIRST, SECOND, STRANGER, THIRD, Failures, Watched

DESTINATION, REF, OTHER = "C1", "acme/video/1", "acme/video/2"
CARD = Card("1.0", (REF,), "✅ Succeeded: film, acme/video/1")
END = Telling("2.0", "reply", REF, "succeeded", thread_ts="1.0")
FINAL = {"ts": "3.0", "broadcast": False}


def kept(*refs: str, on: str = "done", to: str = "") -> Ledger:
    ledger = Ledger()
    for ref in refs:
        ledger.asked(SubscriptionOptions("U1", DESTINATION, on, to), ref)
        ledger.followed(DESTINATION, ref, "card")
        ledger.ending(ref, "succeeded", {DESTINATION: "card"})
    return ledger


def said(*tellings: Telling, cards: tuple[Card, ...] = (CARD,)) -> Conversation:
    found = Conversation(DESTINATION, cards=list(cards))
    for each in tellings:
        found.tellings[each.ref].append(each)
    return found


def kinds(ledger: Ledger, found: Conversation) -> set[str]:
    return {finding.kind for finding in judge(ledger, [found]).findings}


def emptied(found: Conversation) -> tuple[int, list[str]]:
    """Judge a job that was in Redis when it was emptied."""
    ledger = kept(REF)
    ledger.emptied.add((DESTINATION, REF))
    action = judge(ledger, [found])
    return action.emptied, [finding.kind for finding in action.findings]


def test_records_of_an_emptied_redis_may_be_lost_but_not_doubled():
    assert emptied(said(cards=())) == emptied(said(END)) == (1, [])
    assert emptied(said(END, Telling("3.0", "digest", REF, "succeeded"))) == (1, ["doubled"])
    twice = said()
    twice.finals["1.0"] = [FINAL, FINAL]
    assert emptied(twice) == (1, ["doubled"])


def test_other_jobs_are_judged_after_redis_was_emptied():
    ledger = kept(REF, OTHER)
    ledger.emptied.add((DESTINATION, OTHER))
    ledger.cards[DESTINATION, OTHER] = "another card"
    assert kinds(ledger, said(cards=(CARD, Card("1.5", (OTHER,), CARD.text)))) == {"lost"}


def test_a_kept_promise_is_no_finding():
    action = judge(kept(REF), [said(END)])
    assert (action.findings, action.told) == ([], 1)
    assert not kinds(kept(REF, on="failed"), said())


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (said(), "lost"),
        (said(END, cards=()), "lost"),
        (said(END, Telling("3.0", "digest", REF, "succeeded")), "doubled"),
        (said(END, cards=(CARD, Card("1.5", (REF,), CARD.text))), "doubled"),
        (said(END, cards=(Card("1.0", (REF,), "🔄 Running: film"),)), "stale"),
        (said(Telling("2.0", "reply", REF, "failed", thread_ts="1.0", broadcast=True)), "wrong"),
        (said(Telling("2.0", "reply", REF, "succeeded", thread_ts="0.5")), "misplaced"),
        (said(Telling("2.0", "reply", REF, "succeeded", thread_ts="1.0", broadcast=True)), "misplaced"),
        (said(END, Telling("3.0", "reply", REF, "running", thread_ts="1.0")), "disordered"),
        (said(END, Telling("2.0", "reply", OTHER, "succeeded", thread_ts="1.0")), "unasked"),
    ],
)
def test_a_broken_promise_is_found(found: Conversation, kind: str):
    assert kind in kinds(kept(REF), found)


def test_a_result_without_a_subscription_and_one_after_unsubscribing_are_found():
    assert kinds(kept(REF, on="failed"), said(END)) == {"doubled"}
    left = kept(REF)
    left.promised.clear()
    assert "doubled" in kinds(left, said(END))


def test_a_subscription_missing_in_redis_is_lost():
    ledger = kept(REF)
    ledger.ending(REF, "succeeded", {})
    assert "lost" in kinds(ledger, said(END))


def batch(tellings: tuple[Telling, ...], finals: int) -> Conversation:
    found = said(*tellings, cards=(Card("1.0", (REF, OTHER), "All 2 jobs have finished: ✅ 2 succeeded"),))
    found.finals["1.0"] = [FINAL] * finals
    return found


def digest(*refs: str) -> tuple[Telling, ...]:
    return tuple(Telling("4.0", "digest", ref, "succeeded") for ref in refs)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: batch((), 1), set[str]()),
        (lambda: batch(digest(REF, OTHER), 0), set[str]()),
        (lambda: batch((), 0), {"lost"}),
        (lambda: batch((), 2), {"doubled"}),
        (lambda: batch(digest(REF, OTHER), 1), {"doubled"}),
        (lambda: batch(digest(REF), 0), {"wrong"}),
    ],
)
def test_a_batch_is_one_post(found: Callable[[], Conversation], expected: set[str]):
    assert kinds(kept(REF, OTHER), found()) == expected


NEW = Card("1.0", (REF,), CARD.text, unedited=True)
"""A card that was posted after its job finished."""


def test_a_card_posted_for_a_finished_job_is_the_notification():
    assert not kinds(kept(REF), said(cards=(NEW,)))
    assert not kinds(kept(REF, on="failed"), said(cards=(NEW,)))
    assert kinds(kept(REF), said(END, cards=(NEW,))) == {"doubled", "disordered"}
    assert kinds(kept(REF, to="thread"), said(cards=(NEW,))) == {"lost"}
    assert not kinds(kept(REF, to="thread"), said(END, cards=(NEW,)))


def test_a_batch_card_posted_for_finished_jobs_is_their_final_post():
    found = batch((), 0)
    found.cards = [Card("1.0", (REF, OTHER), found.cards[0].text, unedited=True)]
    assert not kinds(kept(REF, OTHER), found)
    found.finals["1.0"] = [FINAL]
    assert kinds(kept(REF, OTHER), found) == {"doubled"}


WANTED = Failures({DESTINATION: {REF}}, {DESTINATION: {REF}})


def failed(*heads: str, ref: str = REF) -> Conversation:
    found = Conversation(DESTINATION)
    found.failures[ref] = list(heads)
    return found


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (failed("1.0"), set[str]()),
        (failed(), {"lost"}),
        (failed("1.0", "2.0"), {"doubled"}),
        (failed("1.0", ref=OTHER), {"lost", "unasked"}),
    ],
)
def test_a_failure_that_a_watch_matches_is_in_one_head(found: Conversation, expected: set[str]):
    assert {each.kind for each in judge(Ledger(), [found], WANTED).findings} == expected


def test_a_failure_that_a_threshold_may_drop_is_in_one_head_or_in_none():
    maybe = Failures({}, WANTED.possible)
    assert [judge(Ledger(), [each], maybe).findings for each in (failed("1.0"), failed())] == [[], []]
    assert judge(Ledger(), [failed("1.0", "2.0")], maybe).findings


def test_a_failure_that_is_subscribed_to_and_watched_is_in_one_head():
    ledger = kept(REF)
    ledger.ends[REF] = "failed"
    card = Card("1.0", (REF,), "❌ Failed: film")
    new = replace(card, unedited=True)
    for shown, heads, expected in (
        (card, ["2.0"], set[str]()),
        (card, [], {"lost"}),
        (card, ["2.0", "3.0"], {"doubled"}),
        (new, [], set[str]()),
        (new, ["2.0"], {"doubled"}),
        (new, ["0.5"], set[str]()),
    ):
        found = said(cards=(shown,))
        found.failures[REF] = heads
        assert {each.kind for each in judge(ledger, [found], WANTED).findings} == expected


@pytest.mark.parametrize(("number", "expected"), [(0, {"lost"}), (1, set[str]()), (2, {"doubled"})])
def test_a_success_without_a_message_is_counted_in_a_storm_message(number: int, expected: set[str]):
    found = said()
    found.counted["succeeded"] = number
    assert kinds(kept(REF), found) == expected


def test_true_failures_are_matched_with_each_watch():
    def job(name: str, service: str, at: float) -> dict[str, object]:
        transitions = [{"state": "running", "at": at - 1}, {"state": "failed", "at": at}]
        return {"account": "media-cn", "service": service, "id": name, "name": name, "transitions": transitions}

    jobs = [job("job-1", "video-ocr", 50), job(f"{STRANGER}-1", "video-ocr", 150), job("x", "digital-human", 400)]
    watched = Watched(since=100, emptied_at=500)
    found = Failures.of(jobs, watched)
    assert {name.rpartition("/")[2] for name in found.wanted[FIRST]} == {f"{STRANGER}-1"}, "400 may not be posted yet"
    assert {name.rpartition("/")[2] for name in found.possible[SECOND]} == {"job-1", "x"}
    assert not found.wanted[THIRD]
