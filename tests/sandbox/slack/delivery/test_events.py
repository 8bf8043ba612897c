"""The Events API: delivered events, retries, and events that the app never receives."""

import asyncio
from typing import Any

import pytest

from sandbox.slack.delivery.delivery import NotAcknowledgedError, NotConnectedError, RefusedError, Retry
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.seed import ALERTS, DANA, FINANCE, LEE, ON_CALL
from tests.sandbox.slack.conftest import ALL_SCOPES, Slack, until
from tests.sandbox.slack.recorder import Recorder


async def settled(slack: Slack) -> list[Json]:
    """Return the app's events as soon as it has acknowledged all of them."""

    async def found() -> list[Json] | None:
        told = (await slack.http.get("/test/events")).json()
        return told if all(each["acknowledged"] for each in told) else None

    return await until(found)


async def test_an_event_comes_in_slacks_envelope(slack: Slack, app: Recorder) -> None:
    await slack.type("hello", channel="D0DANA")
    await settled(slack)
    envelope = app.payloads[-1]
    assert envelope["type"] == "event_callback"
    assert envelope["team_id"] == "T0SANDBOX"
    assert envelope["api_app_id"] == "A0CALLBOARD"
    assert envelope["event_time"] == int(slack.clock.now)
    assert envelope["authorizations"][0]["user_id"] == "U0CALLBOARD"
    said = envelope["event"]
    assert {key: said[key] for key in ("type", "channel", "channel_type", "user", "text")} == {
        "type": "message",
        "channel": "D0DANA",
        "channel_type": "im",
        "user": DANA.id,
        "text": "hello",
    }
    assert said["event_ts"] == said["ts"]
    await slack.type("again", channel="D0DANA")
    await settled(slack)
    assert len({each["event_id"] for each in app.payloads}) == 2


async def test_a_mention_is_sent_where_the_app_is_and_not_in_direct_messages(slack: Slack, app: Recorder) -> None:
    await slack.type("@Callboard show it")
    await slack.type("@callboard show it", channel=FINANCE.id)
    await slack.type("@callboard show it", channel="D0DANA")
    await settled(slack)
    assert [(each["type"], each["channel"]) for each in app.events] == [
        ("app_mention", ON_CALL.id),
        ("message", "D0DANA"),
    ]
    assert app.event("app_mention")["text"] == "<@U0CALLBOARD> show it"


async def test_a_mention_in_a_thread_names_the_thread(slack: Slack, app: Recorder) -> None:
    root = await slack.post("card")
    await slack.type("@callboard and?", thread_ts=root)
    await settled(slack)
    assert app.event("app_mention")["thread_ts"] == root
    assert (await slack.said("<@U0CALLBOARD> and?"))["thread_ts"] == root


async def test_the_app_does_not_receive_its_own_messages(slack: Slack, app: Recorder) -> None:
    await slack.post("<@U0CALLBOARD> <https://console.example/1>")
    await slack.post("for you", channel=DANA.id)
    await slack.hook("channel", channel=ON_CALL.id, archived=True)
    await settled(slack)
    assert [each["type"] for each in app.events] == ["channel_archive"]


async def test_links_of_declared_domains_are_sent_from_every_conversation(slack: Slack, app: Recorder) -> None:
    await slack.type("https://console.example/job?a=1&b=2 https://eu.console.example https://console.example.org")
    await slack.type("https://console.example/x", channel=FINANCE.id)
    await slack.type("no link of ours: https://notconsole.example")
    await slack.hook("say", user=ALERTS.id, channel=ON_CALL.id, text="<https://console.example/y>")
    await settled(slack)
    first, second = app.events
    assert first["links"] == [
        {"url": "https://console.example/job?a=1&amp;b=2", "domain": "console.example"},
        {"url": "https://eu.console.example", "domain": "console.example"},
    ]
    assert (first["source"], first["is_bot_user_member"]) == ("conversations_history", True)
    assert (second["channel"], second["is_bot_user_member"]) == (FINANCE.id, False)


async def test_opening_the_home_tab_sends_the_published_view(slack: Slack, app: Recorder) -> None:
    await slack.ui("home", tab="home")
    await settled(slack)
    assert "view" not in app.event("app_home_opened")
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    await slack.api("views.publish", user_id=DANA.id, view=view)
    await slack.ui("home", tab="home")
    await slack.ui("home", tab="messages")
    await settled(slack)
    home, messages = app.events[1:]
    assert (home["tab"], home["channel"], home["view"]["type"]) == ("home", "D0DANA", "home")
    assert (messages["tab"], "view" in messages) == ("messages", False)


async def test_an_invitation_and_an_archive_are_sent(slack: Slack, app: Recorder) -> None:
    await slack.hook("channel", channel=ON_CALL.id, bot_member=False)
    await slack.ui("channel", channel=ON_CALL.id, bot_member=True)
    await slack.ui("channel", channel=ON_CALL.id, archived=True)
    await settled(slack)
    assert [each["type"] for each in app.events] == ["member_joined_channel", "channel_archive"]
    assert (app.events[0]["user"], app.events[0]["inviter"]) == ("U0CALLBOARD", DANA.id)


async def test_an_uninstalled_app_is_notified_and_locked_out(slack: Slack, app: Recorder) -> None:
    await slack.hook("installed", installed=False)
    await settled(slack)
    assert [each["type"] for each in app.events] == ["tokens_revoked", "app_uninstalled"]
    assert (await slack.api("auth.test"))["error"] == "account_inactive"
    await slack.hook("installed", installed=False, revoked=True)
    assert (await slack.api("auth.test"))["error"] == "token_revoked"
    await slack.hook("installed", installed=True)
    assert (await slack.api("auth.test"))["ok"] is True


class TestUndeclared:
    @pytest.fixture
    def bot_events(self) -> list[str]:
        return []

    async def test_nothing_is_sent(self, slack: Slack) -> None:
        await slack.type("@callboard https://console.example/1")
        await slack.type("hello", channel="D0DANA")
        await slack.ui("home", tab="home")
        assert (await slack.http.get("/test/events")).json() == []


class TestWithoutScopes:
    @pytest.fixture
    def scopes(self) -> list[str]:
        return [each for each in ALL_SCOPES if each not in ("app_mentions:read", "im:history", "links:read")]

    async def test_events_outside_the_tokens_scopes_are_not_sent(self, slack: Slack, app: Recorder) -> None:
        await slack.type("@callboard https://console.example/1")
        await slack.type("hello", channel="D0DANA")
        await slack.ui("home", tab="home")
        await settled(slack)
        assert [each["type"] for each in app.events] == ["app_home_opened"]


class TestReadOnly:
    @pytest.fixture
    def home(self) -> Json:
        return {"home_tab_enabled": False, "messages_tab_enabled": True, "messages_tab_read_only_enabled": True}

    async def test_people_cannot_write_to_a_read_only_app(self, slack: Slack) -> None:
        refused = await slack.ui("message", channel="D0DANA", text="hello")
        assert (refused.status_code, refused.json()["error"]) == (400, "restricted_action")
        assert (await slack.ui("home", tab="home")).json()["error"] == "not_enabled"
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        assert (await slack.api("views.publish", user_id=LEE.id, view=view))["error"] == "not_enabled"


class TestRetries:
    @pytest.fixture
    def retry_after(self) -> list[float]:
        return [0.0, 0.01, 0.02]

    async def test_an_unacknowledged_event_is_retried_with_the_same_id(self, slack: Slack, app: Recorder) -> None:
        app.fails.extend([NotAcknowledgedError(), RefusedError(), NotConnectedError()])
        await slack.type("hello", channel="D0DANA")
        told = await settled(slack)
        assert app.retries == [
            None,
            Retry(1, "http_timeout"),
            Retry(2, "http_error"),
            Retry(3, "connection_failed"),
        ]
        assert len({each["event_id"] for each in app.payloads}) == 1
        assert (told[0]["attempts"], told[0]["acknowledged"]) == (4, True)

    async def test_the_fourth_failure_is_the_last(self, slack: Slack, app: Recorder) -> None:
        app.fails.extend(NotConnectedError() for _ in range(4))
        await slack.type("hello", channel="D0DANA")

        async def given_up() -> Any:
            told = (await slack.http.get("/test/events")).json()
            return told if len(told[0]["failures"]) == 4 else None

        assert (await until(given_up))[0]["acknowledged"] is False
        await asyncio.sleep(0)
        assert len(app.payloads) == 4

    async def test_an_app_can_refuse_retries(self, slack: Slack, app: Recorder) -> None:
        app.fails.append(RefusedError(final=True))
        await slack.type("hello", channel="D0DANA")
        await slack.type("then", channel="D0DANA")

        async def both() -> bool:
            return len(app.payloads) == 2

        await until(both)
        assert app.retries == [None, None]
