"""Listeners, manifest and scopes of the app agree."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import yaml
from slack_bolt.async_app import AsyncApp

from bot.domain import slack_scopes
from handlers.slack import register
from handlers.slack.buttons import ANYTHING
from providers.services import every_ids

MANIFEST: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "manifest.yml").read_text())
FEATURES: dict[str, Any] = MANIFEST["features"]

EVENT_SCOPES = {
    "app_home_opened": set[str](),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set[str](),
    "link_shared": {"links:read"},
    "message.im": {"im:history"},
    "tokens_revoked": set[str](),
}
"""The scopes of each event, from Slack's reference."""
CALLS = {
    "chat:write": ("chat_postMessage", "chat_postEphemeral", "chat_update", "chat_delete"),
    "links:write": ("chat_unfurl",),
    "im:write": ("conversations_open",),
    "channels:history": ("conversations.history", "conversations.replies"),
    "channels:read": ("users_conversations",),
    "groups:read": ("users_conversations",),
    "usergroups:read": ("usergroups_list", "usergroups_users_list"),
    "users:read": ("users_info",),
    "groups:history": ("conversations.history", "conversations.replies"),
    "im:history": ("conversations.history", "conversations.replies"),
}
"""The methods that need each scope."""


class Recorder:
    """A fake app that records the registered listeners."""

    def __init__(self) -> None:
        self.listens: dict[str, list[Any]] = defaultdict(list)

    def __getattr__(self, kind: str) -> Callable[[Any], Callable[[Any], Any]]:
        def listen(constraint: Any) -> Callable[[Any], Any]:
            self.listens[kind].append(constraint)
            return lambda handler: handler

        return listen


def registered() -> dict[str, list[Any]]:
    recorder = Recorder()
    register(cast("AsyncApp", recorder))
    return dict(recorder.listens)


def test_every_command_is_declared_and_every_declared_one_answered():
    assert registered()["command"] == [each["command"] for each in FEATURES["slash_commands"]]


def test_every_shortcut_is_declared_and_every_declared_one_answered():
    kinds = {"message": "message_action", "global": "shortcut"}
    declared = {(kinds[each["type"]], each["callback_id"]) for each in FEATURES["shortcuts"]}
    answered = [each for each in registered()["shortcut"] if each != ANYTHING]
    assert {(each["type"], each["callback_id"]) for each in answered} == declared


def test_every_event_is_subscribed_to_and_every_subscribed_one_heard():
    declared = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert set(registered()["event"]) == {each.partition(".")[0] for each in declared}
    assert set(EVENT_SCOPES) == set(declared)


def test_there_is_nothing_else_to_register():
    assert set(registered()) == {"command", "shortcut", "event", "action", "view"}


def test_the_tabs_that_events_speak_of_are_there():
    home = FEATURES["app_home"]
    assert home == {
        "home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False
    }  # fmt: skip


def test_the_domains_are_those_whose_links_are_read():
    assert FEATURES["unfurl_domains"] == list(dict.fromkeys(link.host for ids in every_ids() for link in ids.links))


def test_slacks_limits_of_a_manifest():
    assert len(FEATURES["shortcuts"]) <= 10
    assert all(len(each["name"]) <= 24 for each in FEATURES["shortcuts"])
    assert len(FEATURES["unfurl_domains"]) <= 5


def test_every_scope_is_needed_and_every_needed_scope_exists():
    source = "\n".join(
        path.read_text()
        for folder in ("bot", "handlers")
        for path in (Path(__file__).parents[3] / folder).rglob("*.py")
    )
    called = {
        scope
        for scope, methods in CALLS.items()
        if any(f"{method}(" in source or f'"{method}"' in source for method in methods)
    }
    needed = {"commands", *called, *(scope for needs in EVENT_SCOPES.values() for scope in needs)}
    assert needed == {*slack_scopes.BOT_SCOPES, *slack_scopes.WISHED_SCOPES, *slack_scopes.HANDY_SCOPES}
