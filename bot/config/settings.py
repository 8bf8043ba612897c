"""Settings of the operator: `callboard.toml` and the environment, read into frozen models.

A setting never contains a secret. It names the place of the secret, which is read at each use.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core.core_schema import ValidationInfo

from bot.config.errors import (
    EVERY,
    URL_EXPECTED,
    Problem,
    config_error,
    duplicate_names,
    explain,
    unknown_accounts,
    wrong_syntax,
)
from bot.config.watch_tables import ReadWatch, read_watches
from bot.domain.catalog import Catalog
from bot.domain.errors import ConfigError
from bot.domain.redis_support import REDIS_SCHEMES
from bot.domain.watches import ConfiguredWatch
from providers.accounts import Account
from providers.secrets import Secret, SecretMissing, SecretRef

DEFAULT_FILE = Path("callboard.toml")
SLACK_API_URL = "https://slack.com/api/"
_REDIS_URL = SecretRef("env:REDIS_URL")


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"expected {URL_EXPECTED}")
    return value.rstrip("/") + "/"


def _redis_url(value: object) -> SecretRef | str:
    if isinstance(value, SecretRef):
        return value
    if not isinstance(value, str):
        raise ValueError(_REDIS_EXPECTED)  # noqa: TRY004  # pydantic reports ValueErrors
    parts = urlsplit(value)
    if parts.scheme in {"env", "file"}:
        return SecretRef(value)
    secret = parts.password or {"password", "sentinel_password"} & parse_qs(parts.query).keys()
    if parts.scheme not in REDIS_SCHEMES or secret:
        raise ValueError(_REDIS_EXPECTED)
    return value


_REDIS_EXPECTED = (
    'expected "env:NAME" or "file:/path", or a redis://, rediss:// or unix:// URL without a password, also as '
    "redis+sentinel:// or redis+cluster://: keep a URL with a password out of this file"
)


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    if ":" in user or "password" in parse_qs(parts.query):
        raise ValueError("the server's URL already has a password")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}").geturl()


class _Section(BaseModel):
    # A field's description completes the error message "found X, expected ...".
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _ids(kind: str, letters: str, example: str, *words: str) -> AfterValidator:
    """Accept only ids, which start with one of some letters: another person may get a name later."""
    pattern = re.compile(f"[{letters}][A-Z0-9_]{{1,39}}")

    def checked(ids: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in ids if not pattern.fullmatch(each) and each not in words]:
            raise ValueError(f"expected a list of ids of {kind}, such as {example}, and {wrong[0]!r} is not one")
        return ids

    return AfterValidator(checked)


class Slack(_Section):
    """One workspace (`bot_token`), or with `client_id` every workspace that installs the app.

    Workspaces install it at `/slack/install`. Socket Mode requires an app token, HTTP mode a signing secret.
    """

    mode: Literal["socket", "http"] = Field(default="socket", description="how Slack reaches the bot")
    client_id: str | None = Field(
        default=None, pattern=r"^\d+\.\d+$", description='the app\'s client id, such as "3336676.569200954261"'
    )
    bot_token: Secret | None = Field(
        default=None, validate_default=True, description='a reference, such as "env:SLACK_BOT_TOKEN"'
    )
    app_token: Secret | None = Field(
        default=None, validate_default=True, description='a reference, such as "env:SLACK_APP_TOKEN"; for Socket Mode'
    )
    signing_secret: Secret | None = Field(
        default=None, validate_default=True, description='a reference, such as "env:SLACK_SIGNING_SECRET"; for HTTP'
    )
    client_secret: Secret | None = Field(
        default=None,
        validate_default=True,
        description='a reference, such as "env:SLACK_CLIENT_SECRET"; required with client_id',
    )
    encryption_keys: tuple[Secret, ...] = Field(
        default=(),
        validate_default=True,
        description='a list of references, such as ["env:CALLBOARD_KEY"]; required with client_id. The first key '
        "encrypts tokens in Redis, and all of them decrypt: add a new key before the old one",
    )
    workspaces: Annotated[tuple[str, ...], _ids("workspaces", "TE", '"T024BE7LD"')] = Field(
        default=(),
        description="a list of ids of the workspaces or organizations that may install the app; without it, any that "
        "Slack allows",
    )
    connections: int = Field(
        default=1,
        ge=1,
        le=10,
        description="1 to 10 Socket Mode connections of this process, at most 10 in all processes",
    )
    api_url: Annotated[str, AfterValidator(_web_url)] = Field(default=SLACK_API_URL, description=URL_EXPECTED)

    @field_validator("bot_token")
    @classmethod
    def _needed_by_one_workspace(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if value is None and info.data.get("client_id", "wrong") is None:
            raise ValueError('expected a reference, such as "env:SLACK_BOT_TOKEN"')
        if value is not None and info.data.get("client_id"):
            raise ValueError("expected no bot_token with client_id: each workspace gets its own by installing the app")
        return value

    @field_validator("client_secret", "encryption_keys")
    @classmethod
    def _needed_by_many_workspaces(
        cls, value: SecretRef | tuple[SecretRef, ...] | None, info: ValidationInfo
    ) -> SecretRef | tuple[SecretRef, ...] | None:
        expected = {
            "client_secret": 'a reference, such as "env:SLACK_CLIENT_SECRET"',
            "encryption_keys": 'a list of references, such as ["env:CALLBOARD_KEY"]',
        }
        if not value and info.data.get("client_id"):
            raise ValueError(f"expected {expected[info.field_name or '']}, because there is a client_id")
        return value

    @field_validator("app_token")
    @classmethod
    def _needed_by_socket_mode(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if value is None and info.data.get("mode") == "socket":
            raise ValueError('expected a reference, such as "env:SLACK_APP_TOKEN", because mode is "socket"')
        return value

    @field_validator("signing_secret")
    @classmethod
    def _needed_by_http_mode(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if value is None and info.data.get("mode") == "http":
            raise ValueError('expected a reference, such as "env:SLACK_SIGNING_SECRET", because mode is "http"')
        return value


class Redis(_Section):
    """A Redis server by its URL, or an embedded server with its data in `dir`."""

    url: Annotated[SecretRef | str, BeforeValidator(_redis_url)] = Field(
        default=_REDIS_URL, description="a URL without a password, or a reference to a URL with one"
    )
    password: Secret | None = Field(
        default=None, description="a reference to the server's password, for a URL that has none"
    )
    dir: Path | None = Field(default=None, description="a folder for the embedded server's data")

    def address(self) -> str | None:
        """Return the server's URL, which may contain a password, or None for the embedded server.

        Only `env:REDIS_URL`, the default, may be unset. Raises ConfigError if a reference has no usable value.
        """
        url = self._url()
        if url is None or self.password is None:
            return url
        try:
            return _with_password(url, self.password.read())
        except (SecretMissing, ValueError) as error:
            raise ConfigError(f"redis.password: {error}") from None

    def _url(self) -> str | None:
        if isinstance(self.url, str):
            return self.url
        try:
            url = self.url.read()
        except SecretMissing as error:
            if str(self.url) == str(_REDIS_URL):
                return None
            reason = str(error)
        else:
            if url.partition("://")[0] in REDIS_SCHEMES:
                return url
            reason = f"{self.url} has another value"
        expected = "a redis://, rediss:// or unix:// URL, or redis+sentinel:// or redis+cluster://"
        raise ConfigError(f"redis.url: expected {expected}, but {reason}")

    @property
    def data(self) -> Path:
        """The folder of the embedded server's data, by default `callboard/redis` in XDG_DATA_HOME."""
        if self.dir:
            return self.dir.expanduser()
        home = os.environ.get("XDG_DATA_HOME", "")
        return (Path(home) if home else Path.home() / ".local" / "share") / "callboard" / "redis"


class Http(_Section):
    """The HTTP server of `/slack/events`, `/healthz`, `/readyz` and `/metrics`.

    With `admin_port`, the last three are served only there, so that strangers who reach Slack's port can't read them.
    """

    host: str = Field(default="0.0.0.0", description="a host name or address")  # noqa: S104  # it runs in containers
    port: int = Field(default=3000, ge=0, le=65535, description="a port from 1 to 65535, or 0 for any free one")
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="a port other than port, from 1 to 65535, or 0 for any free one; serves `/healthz`, `/readyz` and "
        "`/metrics`",
    )

    @field_validator("admin_port")
    @classmethod
    def _another(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value and value == info.data.get("port"):
            raise ValueError("expected a port other than http.port")
        return value


class AccessRule(_Section):
    """A rule about who can see some accounts: people who ask in `channels`, `users`, and members of `groups`.

    People from other organizations need `outsiders = true`, and guests need `guests = true`. Slack's ids are unique
    within a workspace: `workspaces` says which ones a rule is about, if several have the app. If the file has any rule,
    no one can see an account that no rule names.
    """

    accounts: tuple[str, ...] = Field(min_length=1, description='a list of names of accounts, or ["*"] for all of them')
    channels: Annotated[tuple[str, ...], _ids("channels", "CG", '"C024BE91L"')] = Field(
        default=(), description="a list of ids of channels"
    )
    users: Annotated[tuple[str, ...], _ids("people", "UW", '"U024BE7LH", or "*" for everyone', EVERY)] = Field(
        default=(), description="a list of ids of people"
    )
    groups: Annotated[tuple[str, ...], _ids("user groups", "S", '"S0614TZR7"')] = Field(
        default=(), description="a list of ids of user groups"
    )
    workspaces: Annotated[tuple[str, ...], _ids("workspaces", "TE", '"T024BE7LD"')] = Field(
        default=(), description="a list of ids of workspaces, or of an organization that has the app as a whole"
    )
    subscribe: bool = Field(default=True, description="true or false: whether they may also subscribe to jobs")
    outsiders: bool = Field(
        default=False,
        description="true or false: whether people from other organizations have the same access as members",
    )
    guests: bool | None = Field(
        default=None,
        description="true or false: whether guests of the workspace have the same access as members; needs users:read",
    )

    @property
    def all_accounts(self) -> bool:
        """Whether the rule names every account."""
        return EVERY in self.accounts

    @property
    def everybody(self) -> bool:
        """Whether the rule admits all people, wherever they ask."""
        return EVERY in self.users

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not (self.channels or self.users or self.groups):
            raise ValueError('expected channels, users or groups; users = ["*"] means everyone')
        return self


class WatchTable(_Section):
    """A watch of a channel as code: this file creates, changes and removes it, and it can't be edited in Slack.

    `words` are the words after `/jobs watch`. Mentions have Slack's syntax: `mention:<@U024BE7LH>`.
    """

    channel: str = Field(
        pattern=r"^(?:[TE][A-Z0-9_]{1,39}/)?[CG][A-Z0-9_]{1,39}$",
        description='the id of a channel, such as "C024BE91L", or "T024BE7LD/C024BE91L" if several workspaces have '
        "the app",
    )
    words: str = Field(description='what to watch, such as "media-cn -name:test after:5/10m"')


class Settings(_Section):
    """The whole file. Without `[slack]`, only the terminal works."""

    slack: Slack | None = Field(default=None, description="a table, [slack]")
    redis: Redis = Field(default=Redis(), description="a table, [redis]")
    http: Http = Field(default=Http(), description="a table, [http]")
    accounts: tuple[Account, ...] = Field(min_length=1, description="at least one table, [[accounts]]")
    access: tuple[AccessRule, ...] = Field(default=(), description="tables, [[access]]")
    watches: tuple[WatchTable, ...] = Field(default=(), description="tables, [[watches]]")
    _configured_watches: tuple[ConfiguredWatch, ...] = PrivateAttr(default=())

    @property
    def configured_watches(self) -> tuple[ConfiguredWatch, ...]:
        """The watches of the file, after `load` read their words."""
        return self._configured_watches

    def read_watches(self, read: ReadWatch) -> list[Problem]:
        """Read the words of the watches, and return their problems."""
        pairs = tuple((account.name, service) for account in self.accounts for service in account.services)
        several = self.slack is not None and self.slack.client_id is not None
        found, problems = read_watches(self.watches, read, Catalog(pairs), several=several)
        self._configured_watches = tuple(found)
        return problems


def load(path: Path | None = None, read_watch: ReadWatch | None = None) -> Settings:
    """Read the settings from a file.

    The file is `path`, else the one in CALLBOARD_CONFIG, else ./callboard.toml. SLACK_API_URL overrides
    `slack.api_url`. `read_watch` reads the words of `[[watches]]`.

    Raises:
        ConfigError: The file can't be read or is invalid; the error lists all its problems.
        ValueError: The file has watches, and there is no `read_watch`.
    """
    path = path or Path(os.environ.get("CALLBOARD_CONFIG") or DEFAULT_FILE)
    text = _read(path)
    data, problem = _parse(text)
    if problem:
        raise config_error(path, text, [problem])
    settings, problems = _validate(_with_environment(data))
    if settings and settings.watches:
        if read_watch is None:
            raise ValueError("read_watch is missing: the file has [[watches]]")
        problems += settings.read_watches(read_watch)
    if settings is None or problems:
        raise config_error(path, text, problems)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        reason = "no such file: create it, or name another one with --config or CALLBOARD_CONFIG"
    except UnicodeDecodeError:
        reason = "found something other than text, expected TOML in UTF-8"
    except OSError as error:
        reason = f"can't be read ({error.strerror})"
    raise ConfigError(f"{path}: {reason}")


def _parse(text: str) -> tuple[dict[str, Any], Problem | None]:
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        return {}, wrong_syntax(error, text)


def _with_environment(data: dict[str, Any]) -> dict[str, Any]:
    url = os.environ.get("SLACK_API_URL")
    if not url or not isinstance(data.get("slack"), dict):
        return data
    try:
        return {**data, "slack": {**data["slack"], "api_url": _web_url(url)}}
    except ValueError as error:
        raise ConfigError(f"SLACK_API_URL (environment): {error}") from None


def _validate(data: dict[str, Any]) -> tuple[Settings | None, list[Problem]]:
    problems = [*duplicate_names(data), *unknown_accounts(data)]
    try:
        return Settings.model_validate(data), problems
    except ValidationError as error:
        return None, [*explain(error, data, Settings), *problems]
