"""The schema of payloads: required fields must be present, and other fields may be missing or new."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from bot.slack_app.payload_schema import checked, drop_empty_fields, invalid_fields, payload_of

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
        {**COMMAND, "user_id": "U_ALICE", "channel_id": "C-ops", "team_id": "team.1", "enterprise_id": ""},
        {**CLICK, "user": {"id": "alice"}, "response_url": "", "view": None, "container": None, "event": None},
        {**CLICK, "message": {"ts": "1700000000", "thread_ts": None}, "actions": [{"action_id": "run:next"}]},
        {"ssl_check": "1", "token": "x"},
    ],
)
def test_valid_payloads_are_accepted(payload: dict[str, Any]):
    assert invalid_fields(payload) == ""


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
        ({"response_url": "file:///etc/passwd"}, "response_url"),
        ({"view": {"id": "V1", "state": {"values": {"b": 5}}}}, "view.state.values.b"),
        ({"trigger_id": 5, "callback_id": {}}, "callback_id, trigger_id"),
    ],
)
def test_invalid_fields_are_named(change: dict[str, Any], odd: str):
    assert invalid_fields({**CLICK, **change}) == odd


def test_empty_fields_count_as_missing():
    assert drop_empty_fields({"a": None, "b": "", "c": 0, "d": [], "e": "x"}) == {"c": 0, "d": [], "e": "x"}
    assert drop_empty_fields([None]) == [None]


def test_a_refusal_is_logged_with_field_names_and_without_values():
    with capture_logs() as log:
        assert checked({**CLICK, "view": None, "callback_id": ""}) == CLICK
        assert checked({**CLICK, "user": {"id": "<!channel>"}, "trigger_id": 5}) is None
        assert checked(None) is None
    assert [(line["log_level"], line["fields"]) for line in log] == [
        ("warning", "trigger_id, user.id"),
        ("warning", "all of it"),
    ]


@pytest.mark.parametrize("payload", [None, [], "x", 5])
def test_a_value_without_fields_is_no_payload(payload: object):
    assert invalid_fields(payload) == "all of it"


@pytest.mark.parametrize("text", ["payload", "find payload.mp4", "a&b=c+d", "", "{", "\u6587"])
def test_a_command_keeps_the_typed_text(text: str):
    assert payload_of(urlencode({**COMMAND, "text": text}).encode()) == {**COMMAND, "text": text}


def test_clicks_are_json_in_a_form_and_events_are_json():
    assert payload_of(urlencode({"payload": json.dumps(CLICK)}).encode()) == CLICK
    assert payload_of(json.dumps(CLICK).encode()) == CLICK


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"{nope",
        b"payload=%7Bnope",
        b'{"a":' * 150_000,
        b"payload=" + b"[" * 500_000,
        b'{"text": "\\ud800"}',
        b'{"limit": NaN}',
    ],
)
def test_unreadable_bodies(body: bytes):
    with pytest.raises(ValueError, match=r".+"):
        payload_of(body)
