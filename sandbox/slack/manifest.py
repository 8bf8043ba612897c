"""The app's manifest: its name, its commands and the scopes that its token has."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class Command(BaseModel):
    """One slash command as the manifest declares it."""

    model_config = ConfigDict(frozen=True)

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


class Manifest(BaseModel):
    """What installing the app gave it."""

    model_config = ConfigDict(frozen=True)

    name: str
    bot_name: str
    commands: tuple[Command, ...] = ()
    scopes: tuple[str, ...] = ()

    def command(self, name: str) -> Command | None:
        """The command of that name, slash included."""
        return next((command for command in self.commands if command.command == name), None)


class _Display(BaseModel):
    name: str


class _BotUser(BaseModel):
    display_name: str


class _Features(BaseModel):
    bot_user: _BotUser
    slash_commands: tuple[Command, ...] = ()


class _Scopes(BaseModel):
    bot: tuple[str, ...] = ()


class _OAuth(BaseModel):
    scopes: _Scopes


class _File(BaseModel):
    display_information: _Display
    features: _Features
    oauth_config: _OAuth


def read_manifest(path: Path) -> Manifest:
    """Read an app manifest in YAML. Raises OSError, yaml.YAMLError or pydantic.ValidationError."""
    file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    return Manifest(
        name=file.display_information.name,
        bot_name=file.features.bot_user.display_name,
        commands=file.features.slash_commands,
        scopes=file.oauth_config.scopes.bot,
    )
