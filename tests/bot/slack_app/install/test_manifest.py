"""`callboard manifest`: two variants of one manifest, both valid by Slack's published rules."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import yaml
from typer.testing import CliRunner

from bot.slack_app.install.manifest import FILE, ManifestError, as_yaml, check, manifest
from callboard.cli import app
from sandbox.demo import MANIFEST

URL = "https://bot.example.com"
CALLED = f"{URL}/slack/events"
Json = dict[str, Any]


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return all values of a document, by path."""
    match value:
        case dict():
            inner = ((f"{path}.{key}".lstrip("."), each) for key, each in cast("Json", value).items())
        case list():
            inner = ((f"{path}[{index}]", each) for index, each in enumerate(cast("list[Any]", value)))
        case _:
            return {path: value}
    return {where: what for name, each in inner for where, what in leaves(each, name).items()}


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["manifest", *words])
    return result.exit_code, result.output


def test_the_variants_differ_only_in_the_direction_of_calls():
    socket, http = leaves(manifest()), leaves(manifest(URL))
    assert set(socket) <= set(http)
    called = {where: what for where, what in http.items() if socket.get(where) != what}
    assert called.pop("settings.socket_mode_enabled") is False
    assert set(called.values()) == {CALLED}
    assert {"features.slash_commands[0].url", "settings.interactivity.request_url"} <= set(called)


def test_the_command_prints_them():
    assert yaml.safe_load(run()[1]) == yaml.safe_load(FILE.read_text())
    assert yaml.safe_load(run("--mode", "http", "--url", URL)[1]) == manifest(URL)


@pytest.mark.parametrize(("mode", "called"), [("http", URL), ("socket", None)])
def test_several_workspaces_install_it_over_oauth(mode: str, called: str | None):
    status, text = run("--mode", mode, "--url", URL, "--oauth")
    assert status == 0
    alone, several = leaves(manifest(called)), leaves(yaml.safe_load(text))
    assert {where: what for where, what in several.items() if alone.get(where) != what} == {
        "oauth_config.redirect_urls[0]": f"{URL}/slack/oauth_redirect",
        "settings.org_deploy_enabled": True,
        "settings.token_rotation_enabled": True,
    }


@pytest.mark.parametrize("url", [URL, f"{URL}/", CALLED])
def test_the_address_may_be_given_in_full(url: str):
    assert manifest(url) == manifest(URL)


def test_events_are_requested_too():
    written = manifest()
    written["settings"]["event_subscriptions"] = {"bot_events": ["app_home_opened"]}
    check(written)


@pytest.mark.parametrize(
    "words",
    [
        ("--mode", "http"),
        ("--url", URL),
        ("--oauth",),
        ("--mode", "http", "--oauth"),
        ("--mode", "http", "--url", "http://bot.example.com"),
        ("--mode", "http", "--url", "bot.example.com"),
        ("--mode", "http", "--url", f"{URL}/?a=b"),
        ("--mode", "carrier-pigeon"),
    ],
)
def test_wrong_usage(words: tuple[str, ...]):
    status, text = run(*words)
    assert status == 2
    assert "Traceback" not in text


def test_text_survives():
    assert yaml.safe_load(as_yaml(manifest(URL))) == manifest(URL)


def shortcut(name: str = "Look up jobs", **more: str) -> Json:
    return {"name": name, "type": "message", "callback_id": "look-up", "description": "Finds ids", **more}


LIMITS: list[tuple[str, Callable[[Json], object]]] = [
    ("features.shortcuts", lambda m: m["features"].update(shortcuts=[shortcut()] * 11)),
    ("features.shortcuts.0.name", lambda m: m["features"].update(shortcuts=[shortcut("x" * 25)])),
    ("features.shortcuts.0.description", lambda m: m["features"].update(shortcuts=[shortcut(description="x" * 151)])),
    ("features.shortcuts.0.type", lambda m: m["features"].update(shortcuts=[shortcut(type="secret")])),
    ("features.slash_commands", lambda m: m["features"].update(slash_commands=m["features"]["slash_commands"] * 51)),
    ("features.slash_commands.0.command", lambda m: m["features"]["slash_commands"][0].update(command="jobs")),
    ("features.slash_commands.0.usage_hint", lambda m: m["features"]["slash_commands"][0].update(
        usage_hint="x" * 1001)),
    ("features.unfurl_domains", lambda m: m["features"].update(unfurl_domains=[f"{n}.example.com" for n in range(6)])),
    ("features.unfurl_domains.0", lambda m: m["features"].update(unfurl_domains=["https://example.com"])),
    ("display_information.name", lambda m: m["display_information"].update(name="x" * 36)),
    ("display_information.description", lambda m: m["display_information"].update(description="x" * 141)),
    ("features.bot_user.display_name", lambda m: m["features"]["bot_user"].update(display_name="x" * 81)),
    ("settings.event_subscriptions.bot_events", lambda m: m["settings"].update(
        event_subscriptions={"bot_events": ["message.im"] * 101})),
    ("settings.socket_mode", lambda m: m["settings"].update(socket_mode=True)),
    ("oauth_config.scopes.bot.0", lambda m: m["oauth_config"]["scopes"].update(bot=["Commands"])),
]  # fmt: skip


@pytest.mark.parametrize(("where", "spoil"), LIMITS, ids=[where for where, _ in LIMITS])
def test_a_manifest_that_slack_would_refuse_is_refused(where: str, spoil: Callable[[Json], object]):
    written = manifest()
    spoil(written)
    with pytest.raises(ManifestError) as caught:
        check(written)
    assert str(caught.value).startswith(f"{where}: ")


def test_the_demo_finds_it_beside_the_bot():
    assert MANIFEST == FILE
