"""The shape of what Slack tells: what handlers rely on is there, whatever else is missing or new."""

from typing import Any

import pytest

from bot.door import odd_fields, odd_fields_of

CLICK: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": "U0DANA"},
    "channel": {"id": "C0ONCALL"},
    "container": {"channel_id": "C0ONCALL", "message_ts": "1.2"},
    "trigger_id": "1.2.3",
    "actions": [{"type": "button", "block_id": "b", "action_id": "run:next", "value": "{}"}],
}
COMMAND = {
    "command": "/jobs",
    "text": "",
    "user_id": "U0DANA",
    "channel_id": "D0",
    "trigger_id": "1.2.3",
    "response_url": "https://s.example/1",
}


@pytest.mark.parametrize(
    "payload",
    [
        CLICK,
        COMMAND,
        {
            **CLICK,
            "enterprise": None,
            "new": {"from": "Slack"},
            "team": {"id": "T1", "domain": "d", "enterprise_id": "E1"},
        },
        {"type": "event_callback", "event_id": "Ev1", "event": {"type": "team_join", "user": {"id": "U1"}}},
        {"type": "event_callback", "event_id": "Ev1", "event": {"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}},
        {"type": "url_verification", "challenge": "x"},
        {"ssl_check": "1", "token": "x"},
    ],
)
def test_what_slack_sends_comes_in(payload: dict[str, Any]):
    assert odd_fields(payload) == ""


@pytest.mark.parametrize(
    ("change", "odd"),
    [
        ({"user": None}, "user"),
        ({"user": "U0DANA"}, "user"),
        ({"user": {"id": "<!channel>"}}, "user.id"),
        ({"channel": {"id": ""}}, "channel.id"),
        ({"actions": []}, "actions"),
        ({"actions": [{"block_id": "b", "action_id": 5}]}, "actions.0.action_id"),
        ({"container": {"message_ts": "soon"}}, "container.message_ts"),
        ({"container": None}, "container"),
        ({"event": None}, "event"),
        ({"response_url": "file:///etc/passwd"}, "response_url"),
        ({"view": {"id": "V1", "state": {"values": {"b": 5}}}}, "view.state.values.b"),
        ({"trigger_id": 5, "callback_id": None}, "callback_id, trigger_id"),
    ],
)
def test_what_slack_does_not_send_is_named(change: dict[str, Any], odd: str):
    assert odd_fields({**CLICK, **change}) == odd


@pytest.mark.parametrize("payload", [None, [], "x", 5])
def test_what_is_no_payload(payload: object):
    assert odd_fields(payload) == "all of it"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff", "text/plain"),
        (b"{nope", "application/json"),
        (b"\x00", "application/json; charset=utf-8"),
        (b"payload=%7Bnope", "application/x-www-form-urlencoded"),
        (b"[" * 500_000, "application/json"),
    ],
)
def test_bodies_that_cannot_be_read(body: bytes, kind: str):
    assert odd_fields_of(body, kind) == "all of it"
