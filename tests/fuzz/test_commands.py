"""Any typed text is answered once, in words that Slack accepts, and reveals nothing hidden."""

import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.slack.workspace.model import Content
from tests.fuzz.booth import DANA, SEEN, UNSEEN, Booth
from tests.fuzz.conftest import Door
from tests.fuzz.judging import bounded, judge
from tests.handlers.requests import CATALOG, requests, typed

Json = dict[str, Any]
JOBS = tuple(f"{account}/video/job-{number:04}" for account in (SEEN, UNSEEN) for number in (0, 3, 17))
WORDS = st.sampled_from(
    [*JOBS, SEEN, UNSEEN, f"{UNSEEN}/video", "job-0003", "video", "audio", "valut", "media:x", "payload"]
)
wordy = st.lists(st.one_of(WORDS, typed), max_size=6).map(" ".join)


@st.composite
def mistyped(draw: st.DrawFn) -> str:
    """Draw a valid command over the accounts here, with some of its letters wrong."""
    text = str(draw(requests))
    for account in CATALOG.accounts:
        text = text.replace(account, draw(st.sampled_from([SEEN, UNSEEN, account])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 3)) :]
    return text


commands = st.one_of(
    st.text(max_size=200),
    typed,
    mistyped(),
    st.tuples(
        st.sampled_from(["list", "show", "subscribe", "unsubscribe", "find", "failed", "help", "subscriptions", ""]),
        wordy,
    ).map(" ".join),
    st.text(min_size=1, max_size=20).map(lambda piece: piece * 400),
)


def typing(booth: Booth, text: str) -> Json:
    """Return the payload of a command of Dana's."""
    return {
        "command": "/jobs",
        "text": text,
        "team_id": booth.workspace.team.id,
        "user_id": DANA,
        "channel_id": "C0ONCALL",
        "trigger_id": booth.workspace.grants.trigger(DANA),
        "response_url": booth.response_url(),
    }


@bounded(250)
@example(text="payload")
@given(text=commands)
def test_anything_typed_is_answered_once(door: Door, text: str):
    door.booth.workspace.modals.close_all(DANA)
    outcome = door.run(door.booth.hand("slash_commands", typing(door.booth, text)))
    judge(outcome)
    told = [each for each in outcome.answers if each.method in {"response_url", "views.open"}]
    assert len(told) == 1
    assert told[0].arguments.get("text") or told[0].arguments.get("view")
    assert not re.search(UNSEEN, outcome.shown) or UNSEEN in text.casefold()


@bounded(60)
@given(text=commands)
def test_anything_said_to_the_bot_is_answered_once_where_it_was_said(door: Door, text: str):
    booth = door.booth
    said = booth.workspace.messages.post("C0ONCALL", DANA, Content("<@U0CALLBOARD> …"))
    event = {
        "type": "app_mention",
        "user": DANA,
        "channel": "C0ONCALL",
        "ts": said.ts,
        "text": f"<@U0CALLBOARD> {text}",
    }
    told = {"type": "event_callback", "event_id": f"Ev{said.ts}", "team_id": booth.workspace.team.id, "event": event}
    outcome = door.run(booth.hand("events_api", told))
    judge(outcome)
    posted = [each.arguments for each in outcome.answers if each.method == "chat.postMessage"]
    assert len([each for each in posted if each.get("thread_ts") == said.ts]) == 1
