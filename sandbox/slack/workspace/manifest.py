"""The app's manifest: its features, its events, and its token's scopes."""

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field

_LOOPBACK = ("127.0.0.1", "localhost")


class Command(BaseModel):
    """One slash command as the manifest declares it."""

    model_config = ConfigDict(frozen=True)

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


class Shortcut(BaseModel):
    """A shortcut in a message's menu, or in the workspace's."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: Literal["global", "message"]
    callback_id: str
    description: str = ""


class AppHome(BaseModel):
    """The tabs of the app's own screen, and whether people can write there."""

    model_config = ConfigDict(frozen=True)

    home_tab_enabled: bool = False
    messages_tab_enabled: bool = False
    messages_tab_read_only_enabled: bool = False

    @property
    def writable(self) -> bool:
        """Whether people can write to the app in the Messages tab."""
        return self.messages_tab_enabled and not self.messages_tab_read_only_enabled


UNDECLARED_HOME = AppHome(messages_tab_enabled=True)
"""The screen of an app whose manifest does not describe it: only direct messages."""


class Manifest(BaseModel):
    """The app's features and rights. `unfurl_domains` are the domains of its link_shared events."""

    model_config = ConfigDict(frozen=True)

    name: str
    bot_name: str
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    home: AppHome = UNDECLARED_HOME
    unfurl_domains: tuple[str, ...] = ()
    bot_events: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    redirect_urls: tuple[str, ...] = ()
    org_deploy: bool = False
    token_rotation: bool = False

    def redirects_to(self, url: str) -> bool:
        """Return whether the app can redirect to that URL: a declared one, or one below it."""
        return any(_covers(declared, url) for declared in self.redirect_urls)

    def command(self, name: str) -> Command | None:
        """Return the command with that name, slash included, for example `/jobs`."""
        return next((command for command in self.commands if command.command == name), None)

    def shortcut(self, kind: Literal["global", "message"], callback_id: str) -> Shortcut | None:
        """Return the shortcut of that kind with that id."""
        found = (each for each in self.shortcuts if (each.type, each.callback_id) == (kind, callback_id))
        return next(found, None)


class _Display(BaseModel):
    name: str


class _BotUser(BaseModel):
    display_name: str


class _Features(BaseModel):
    bot_user: _BotUser
    slash_commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = Field(default=(), max_length=10)
    app_home: AppHome = UNDECLARED_HOME
    unfurl_domains: tuple[str, ...] = Field(default=(), max_length=5)


class _Scopes(BaseModel):
    bot: tuple[str, ...] = ()


class _OAuth(BaseModel):
    scopes: _Scopes
    redirect_urls: tuple[str, ...] = Field(default=(), max_length=1000)


class _Subscriptions(BaseModel):
    bot_events: tuple[str, ...] = Field(default=(), max_length=100)


class _Settings(BaseModel):
    event_subscriptions: _Subscriptions = _Subscriptions()
    org_deploy_enabled: bool = False
    token_rotation_enabled: bool = False


class _File(BaseModel):
    display_information: _Display
    features: _Features
    oauth_config: _OAuth
    settings: _Settings = _Settings()


def read_manifest(path: Path) -> Manifest:
    """Read an app manifest in YAML.

    Raises:
        OSError: The file cannot be read.
        yaml.YAMLError: It is not YAML.
        pydantic.ValidationError: It is not a manifest.
    """
    return _manifest(path.read_text(encoding="utf-8"))


@cache  # many workspaces share one text, and parsing it takes longer than building the rest of a workspace
def _manifest(text: str) -> Manifest:
    file = _File.model_validate(yaml.safe_load(text))
    return Manifest(
        name=file.display_information.name,
        bot_name=file.features.bot_user.display_name,
        commands=file.features.slash_commands,
        shortcuts=file.features.shortcuts,
        home=file.features.app_home,
        unfurl_domains=file.features.unfurl_domains,
        bot_events=file.settings.event_subscriptions.bot_events,
        scopes=file.oauth_config.scopes.bot,
        redirect_urls=file.oauth_config.redirect_urls,
        org_deploy=file.settings.org_deploy_enabled,
        token_rotation=file.settings.token_rotation_enabled,
    )


def _covers(declared: str, url: str) -> bool:
    """Return whether a URL is at or below a declared one, with the same origin.

    A declared loopback address without a port allows every port (RFC 8252). Slack itself accepts only https.
    """
    own, asked = urlsplit(declared), urlsplit(url)
    any_port = own.hostname in _LOOPBACK and own.port is None
    if (own.scheme, own.hostname) != (asked.scheme, asked.hostname) or not (any_port or own.port == asked.port):
        return False
    path = own.path.rstrip("/")
    return asked.path.rstrip("/") == path or asked.path.startswith(f"{path}/")
