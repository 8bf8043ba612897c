"""The texts of why: each reason has its own, with its parameters, and works without them."""

from datetime import timedelta

import pytest

from bot.domain.changes import EventKind
from bot.domain.decisions import SUBSCRIPTION, Decision, Outcome, Reason
from bot.domain.explanations import Act, Action, Explained, KnownEvent, Waiting
from bot.views import why
from bot.views.text import unformatted
from tests.bot.memory import NOW

REF = "acme/video/job-1"
WORDS: dict[Reason, tuple[dict[str, str | int], str]] = {
    Reason.ACCESS: ({"account": "acme"}, "not all readers here may see acme"),
    Reason.BASELINE: ({}, "it happened before w7 started"),
    Reason.NO_RULE: ({}, "no watch or subscription here covers it"),
    Reason.NOT_WANTED: ({"on": "failed,stuck,down"}, "w7 includes only failed,down"),
    Reason.FILTERED: ({}, "the filters of w7 leave it out"),
    Reason.MUTED: ({"mute": "m3"}, "its code is muted here (m3)"),
    Reason.UNSUBSCRIBED: ({}, "the job was no longer followed here"),
    Reason.NOT_REACHED: ({"count": 2, "of": 5, "window_s": 600}, "2 of 5 in 10 min, too few for w7"),
    Reason.AS_BEFORE: ({}, "the job is back in the state posted last"),
    Reason.GROUP: ({"group": "g12"}, "same cause as g12"),
    Reason.BATCH: ({}, "into the message of its batch"),
    Reason.STORM: ({"posts": 3, "window_s": 60}, "into the storm message: the limit is 3 new messages a minute"),
    Reason.CATCH_UP: ({}, "into the catch-up message after Callboard was down"),
    Reason.TOGETHER: ({"event": f"{REF}#2/failed"}, "in one message with failed (attempt 2)"),
    Reason.BACK: ({"group": "g12"}, "into the message about the outage, that of g12"),
    Reason.THRESHOLD: (
        {"count": 3, "ended": 40, "share": 20, "window_s": 3600},
        "3 of 40 jobs in 1 h, 20 % needed so far, for w7",
    ),
    Reason.SNOOZED: ({}, "snoozed"),
    Reason.REMOVED: ({}, "w7 was removed and can be restored until then"),
    Reason.FIRST: ({"group": "g12"}, "first failure of g12"),
    Reason.WANTED: ({}, "w7 includes it"),
    Reason.REACHED: ({"group": "g12", "count": 5, "of": 5, "window_s": 600}, "5 of 5 in 10 min, first message of g12"),
    Reason.BATCH_FAILED: ({}, "first failure of its batch"),
    Reason.BATCH_FINISHED: ({}, "all jobs of its batch finished"),
    Reason.RELEASED: ({}, "held before, posted when the hold ended"),
}


def decision(reason: Reason, outcome: Outcome = Outcome.DROP, **fields: object) -> Decision:
    about = {"event": f"{REF}#1/failed", "at": NOW, "outcome": outcome, "reason": reason, "rule": "w7"}
    return Decision.model_validate({**about, **fields})


def test_every_reason_has_words():
    assert why.REASONS.keys() == WORDS.keys() == {*Reason}
    assert why.EVENTS.keys() == {*EventKind}


@pytest.mark.parametrize("reason", Reason)
def test_texts_with_and_without_parameters(reason: Reason):
    parameters, words = WORDS[reason]
    assert unformatted(why.reason(decision(reason, parameters=parameters))) == words
    bare = unformatted(why.reason(decision(reason)))
    assert bare
    assert not bare.endswith((",", " of", " as", " "))


def test_a_decision_names_its_rules_once():
    held = decision(Reason.SNOOZED, Outcome.HOLD, until=NOW, also=("w9",))
    assert "for `w7` and `w9`" in why.decided(Explained("C1", held))
    wanted = decision(Reason.WANTED, Outcome.POST, also=("w9",))
    assert why.decided(Explained("C1", wanted)) == "*posted*, `w7` includes it · also for `w9`"
    first = decision(Reason.FIRST, Outcome.POST, rule=SUBSCRIPTION)
    assert why.decided(Explained("C1", first)).endswith("for the subscription")


def test_unrecorded_decisions_do_not_claim_a_post():
    line = why.decided(Explained("C1", decision(Reason.FIRST, Outcome.POST), recorded=False))
    assert line == "`w7` includes it, but no decision is recorded"


def test_equal_decisions_are_one_line():
    events = (f"{REF}#1/submitted", f"{REF}#1/started")
    dropped = [Explained("C1", decision(Reason.NO_RULE, event=each)) for each in events]
    [(line, _)] = why.decisions(dropped)
    assert "*submitted* and *started*: *not posted*" in line


def test_an_event_says_how_it_was_noticed():
    noticed = KnownEvent(f"{REF}#1/failed", EventKind.FAILED, NOW, NOW + timedelta(seconds=6), None, "FAILED", "poll")
    assert "*failed* `FAILED` · noticed " in why.event(noticed)
    assert why.event(noticed).endswith("by polling")
    assert "reported by the provider" in why.event(KnownEvent(f"{REF}#1/started", EventKind.STARTED, NOW))


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        (Waiting("C1", f"{REF}#1/failed", suspended="is_archived"), "Slack rejects messages (is_archived)"),
        (Waiting("C1", f"{REF}#1/failed", paused_s=20), "Slack rate limit: waiting 20 s"),
        (Waiting("C1", f"{REF}#1/failed", ahead=3), "behind 3 other events"),
        (Waiting("C1", f"{REF}#1/failed"), "it is next"),
    ],
)
def test_waiting_events_have_a_reason(waits: Waiting, words: str):
    assert unformatted(why.waiting(waits)).endswith(words)


@pytest.mark.parametrize("action", Action)
def test_every_action_has_words(action: Action):
    line = unformatted(why.act(Act(action, "C1", "T1/U1", NOW, "w7")))
    assert "someone" in line
    assert "{" not in line
