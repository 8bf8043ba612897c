"""Any signed payload gets an answer or a plain refusal, and leaks nothing."""

import json
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from bot.domain.button_payloads import REFRESH
from tests.fuzz.conftest import Door
from tests.fuzz.judging import bounded, judge
from tests.fuzz.mutations import ODD, mutated, of_dana

Json = dict[str, Any]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NOT_OURS, NOT_SLACKS, UNSIGNED = 404, 400, 401
"""Bolt's refusal of a payload without a listener, and ours of one that is not Slack's or not signed."""
seeds = st.integers(0, 2**64)
"""Mutations. Their sources are known only after the walk."""


@bounded(250)
@given(seed=seeds)
def test_mutations_of_what_slack_really_sent(walked: Door, seed: int):
    kind, payload = mutated(Random(seed), walked.corpus)
    note(json.dumps(payload))
    outcome = walked.run(walked.booth.hand(kind, walked.booth.fresh(payload)))
    judge(outcome, NOT_OURS, NOT_SLACKS)
    if outcome.status == 200 and kind != "events_api" and not acts_alone(payload):
        assert outcome.heard


def acts_alone(payload: Json) -> bool:
    """Return whether the click itself has no answer: Refresh on a card, whose message changes."""
    return any(action["action_id"] == REFRESH for action in payload.get("actions", []))


def test_other_peoples_actions_done_by_dana(walked: Door):
    for kind, payload in walked.corpus:
        outcome = walked.run(walked.booth.hand(kind, walked.booth.fresh(of_dana(payload))))
        judge(outcome, *([NOT_OURS] if payload.get("type") in {"block_suggestion", "view_closed"} else []))


odd: st.SearchStrategy[Any] = st.sampled_from(ODD)
bodies = st.one_of(
    st.binary(min_size=1, max_size=60),
    st.recursive(odd, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)).map(
        lambda odd: json.dumps(odd).encode()
    ),
    odd.map(lambda odd: urlencode({"payload": json.dumps(odd)}).encode()),
    st.dictionaries(
        st.sampled_from(["command", "payload", "ssl_check", "type", "text", "user_id", "challenge"]),
        st.text(max_size=9),
    ).map(lambda fields: urlencode(fields, errors="replace").encode() or b"x"),
)


@bounded(100)
@given(body=bodies, kind=st.sampled_from([FORM, JSON, "text/plain", "application/json; charset=utf-8", ""]))
def test_bodies_of_any_kind(door: Door, body: bytes, kind: str):
    judge(door.run(door.booth.send(body, kind)), NOT_OURS, NOT_SLACKS, UNSIGNED)


@pytest.mark.parametrize(
    "body", [b"[" * 900_000, b'{"a":' * 150_000, b"payload=" + b"%5B" * 300_000, b"payload=%22%ud8"]
)
def test_bodies_that_break_readers(door: Door, body: bytes):
    judge(door.run(door.booth.send(body, FORM)), NOT_OURS, NOT_SLACKS)


headers = st.dictionaries(
    st.sampled_from(["x-slack-signature", "x-slack-request-timestamp", "content-type"]),
    st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=20),
)


@bounded(60)
@given(seed=seeds, headers=headers)
def test_without_a_signature_nothing_is_read(walked: Door, seed: int, headers: dict[str, str]):
    kind, payload = mutated(Random(seed), walked.corpus)
    outcome = walked.run(walked.booth.unsigned(kind, payload, headers))
    judge(outcome, UNSIGNED, 413)
    assert outcome.status != 200
    assert not outcome.calls
