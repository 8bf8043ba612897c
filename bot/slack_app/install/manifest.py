"""The app's manifest for Slack: manifest.yml for Socket Mode, and its variant for HTTP."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_SHIPPED = Path(__file__).with_name("manifest.yml")
FILE = _SHIPPED if _SHIPPED.is_file() else Path(__file__).parents[3] / "manifest.yml"
"""The file is at the top of a checkout. In a wheel it is beside this module."""
EVENTS = "/slack/events"
"""The path that Slack calls for commands, clicks and events."""
REDIRECT = "/slack/oauth_redirect"
"""The path to which Slack's consent page redirects."""


class ManifestError(Exception):
    """A manifest that Slack would refuse, or an address that it cannot call. The text has one reason on each line."""


def manifest(url: str | None = None, *, oauth: bool = False, socket: bool = False) -> dict[str, Any]:
    """Return the manifest for Socket Mode or, with the bot's address, for HTTP.

    With `oauth`, it is for several workspaces, which install the app at this address, also with a `socket`.

    Example: `manifest("https://bot.example.com")`.

    Raises ManifestError.
    """
    written = cast("dict[str, Any]", yaml.safe_load(FILE.read_text(encoding="utf-8")))
    base = None if url is None else _base(url)
    if base is not None and not socket:
        _call(written, base + EVENTS)
    if base is not None and oauth:
        written["oauth_config"] = {"redirect_urls": [base + REDIRECT], **written["oauth_config"]}
        written["settings"] |= {"org_deploy_enabled": True, "token_rotation_enabled": True}
    check(written)
    return written


def as_yaml(written: dict[str, Any]) -> str:
    """Return a manifest as YAML."""
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120)


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.netloc or parts.query or parts.fragment:
        raise ManifestError(f"{url!r} is not an address that Slack can call: use https://, without ? and #")
    return url.rstrip("/").removesuffix(EVENTS)


def _call(written: dict[str, Any], address: str) -> None:
    """Make Slack call an address for everything that it would otherwise send through the socket."""
    settings = written["settings"]
    settings["socket_mode_enabled"] = False
    # Slack requests the options of a select from a separate address, which may be the same.
    settings["interactivity"] |= {"request_url": address, "message_menu_options_url": address}
    if events := settings.get("event_subscriptions"):
        settings["event_subscriptions"] = {"request_url": address, **events}
    for command in written["features"].get("slash_commands", ()):
        command["url"] = address


def check(written: dict[str, Any]) -> None:
    """Check a manifest against the rules that Slack publishes. Raises ManifestError."""
    try:
        _Manifest.model_validate(written)
    except ValidationError as error:
        found = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ManifestError("\n".join(found)) from None


class _Part(BaseModel):
    # The limits below are from slackapi/manifest-schema, schemas/manifest.schema.2.0.0.json.
    model_config = ConfigDict(extra="forbid", strict=True)


_Address = Annotated[str, Field(pattern=r"^https?://", max_length=3000)]
_Scopes = Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z:._]+$", max_length=50)]], Field(max_length=255)]
_Events = Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z._]+$", max_length=50)]], Field(max_length=100)]


class _Metadata(_Part):
    major_version: Literal[2]
    minor_version: int = 1


class _Display(_Part):
    name: str = Field(min_length=1, max_length=35)
    description: str = Field(min_length=1, max_length=140)
    long_description: str | None = Field(default=None, min_length=175, max_length=4000)
    background_color: str = Field(pattern=r"^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$")


class _BotUser(_Part):
    display_name: str = Field(min_length=1, max_length=80)
    always_online: bool = False


class _Home(_Part):
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = False
    messages_tab_read_only_enabled: bool = False


class _Command(_Part):
    command: str = Field(pattern=r"^/\S+$", max_length=32)
    description: str = Field(min_length=1, max_length=2000)
    usage_hint: str | None = Field(default=None, min_length=1, max_length=1000)
    should_escape: bool = False
    url: _Address | None = None


class _Shortcut(_Part):
    name: str = Field(min_length=1, max_length=24)
    type: Literal["message", "global"]
    callback_id: str = Field(min_length=1, max_length=255)
    description: str = Field(min_length=1, max_length=150)


class _Features(_Part):
    bot_user: _BotUser
    app_home: _Home | None = None
    slash_commands: list[_Command] | None = Field(default=None, min_length=1, max_length=50)
    shortcuts: list[_Shortcut] | None = Field(default=None, min_length=1, max_length=10)
    unfurl_domains: list[Annotated[str, Field(pattern=r"^[a-z0-9][-a-z0-9.]*[a-z0-9]$", max_length=255)]] | None = (
        Field(default=None, min_length=1, max_length=5)
    )


class _BotScopes(_Part):
    bot: _Scopes
    bot_optional: _Scopes | None = None


class _OAuth(_Part):
    scopes: _BotScopes
    redirect_urls: list[_Address] | None = Field(default=None, max_length=1000)


class _Interactivity(_Part):
    is_enabled: bool
    request_url: _Address | None = None
    message_menu_options_url: _Address | None = None


class _EventSubscriptions(_Part):
    request_url: _Address | None = None
    bot_events: _Events | None = None


class _Settings(_Part):
    interactivity: _Interactivity
    event_subscriptions: _EventSubscriptions | None = None
    org_deploy_enabled: bool
    socket_mode_enabled: bool
    token_rotation_enabled: bool


class _Manifest(_Part):
    metadata: _Metadata = Field(alias="_metadata")
    display_information: _Display
    features: _Features
    oauth_config: _OAuth
    settings: _Settings
