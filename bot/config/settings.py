"""What the operator decides: `callboard.toml` and the environment, read into frozen settings.

Secrets are not among them: a setting names the place of a secret, which is read when it is needed.
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
    "redis+sentinel:// or redis+cluster://: a URL with a password stays out of this file"
)


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    if ":" in user or "password" in parse_qs(parts.query):
        raise ValueError("the server's URL has a password already")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}").geturl()


class _Section(BaseModel):
    # A field's description says what is expected where the file has something else.
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _ids(kind: str, letters: str, example: str, *words: str) -> AfterValidator:
    """Accept ids of a kind, which begin with one of some letters: names may change, and be somebody else's then."""
    pattern = re.compile(f"[{letters}][A-Z0-9_]{{1,39}}")

    def checked(ids: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in ids if not pattern.fullmatch(each) and each not in words]:
            raise ValueError(f"expected a list of ids of {kind}, such as {example}, and {wrong[0]!r} is none")
        return ids

    return AfterValidator(checked)


class Slack(_Section):
    """One workspace by its bot token, or with `client_id` every workspace that installs the app at `/slack/install`.

    Socket Mode needs an app token, HTTP mode a signing secret.
    """

    mode: Literal["socket", "http"] = Field(default="socket", description="who opens the connection: we, or Slack")
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
        description='a reference, such as "env:SLACK_CLIENT_SECRET"; goes with client_id',
    )
    encryption_keys: tuple[Secret, ...] = Field(
        default=(),
        validate_default=True,
        description='a list of references, such as ["env:CALLBOARD_KEY"]; goes with client_id. The first key encrypts '
        "tokens in Redis, all of them decrypt: a new one is put before the old",
    )
    workspaces: Annotated[tuple[str, ...], _ids("workspaces", "TE", '"T024BE7LD"')] = Field(
        default=(),
        description="a list of ids of the workspaces or organisations that may install the app; else any may that "
        "Slack lets in",
    )
    connections: int = Field(
        default=1, ge=1, le=10, description="connections of Socket Mode in this process, 1 to 10 over all processes"
    )
    api_url: Annotated[str, AfterValidator(_web_url)] = Field(default=SLACK_API_URL, description=URL_EXPECTED)

    @field_validator("bot_token")
    @classmethod
    def _needed_by_one_workspace(cls, value: SecretRef | None, info: ValidationInfo) -> SecretRef | None:
        if value is None and info.data.get("client_id", "wrong") is None:
            raise ValueError('expected a reference, such as "env:SLACK_BOT_TOKEN"')
        if value is not None and info.data.get("client_id"):
            raise ValueError("expected nothing beside client_id: each workspace gets a token when it installs the app")
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
    """A server by its URL, or an embedded one with its data in `dir`."""

    url: Annotated[SecretRef | str, BeforeValidator(_redis_url)] = Field(
        default=_REDIS_URL, description="a URL without a password, or a reference to one with it"
    )
    password: Secret | None = Field(
        default=None, description="a reference to the server's password, for a URL that has none"
    )
    dir: Path | None = Field(default=None, description="a folder for the embedded server's data")

    def address(self) -> str | None:
        """The server's URL, which may hold a password; None stands for the embedded server.

        Raises ConfigError when a reference leads nowhere. Only `env:REDIS_URL` may be unset: it is the default.
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
            reason = f"{self.url} holds something else"
        expected = "a redis://, rediss:// or unix:// URL, or redis+sentinel:// or redis+cluster://"
        raise ConfigError(f"redis.url: expected {expected}, but {reason}")

    @property
    def data(self) -> Path:
        """The folder of the embedded server's data, by default the user's own (XDG base directories)."""
        if self.dir:
            return self.dir.expanduser()
        home = os.environ.get("XDG_DATA_HOME", "")
        return (Path(home) if home else Path.home() / ".local" / "share") / "callboard" / "redis"


class Http(_Section):
    """Where `/slack/events`, `/healthz`, `/readyz` and `/metrics` are served.

    With `admin_port` the last three are served only there, out of reach for strangers who reach Slack's port.
    """

    host: str = Field(default="0.0.0.0", description="a host name or address")  # noqa: S104  # it runs in containers
    port: int = Field(default=3000, ge=0, le=65535, description="a port from 1 to 65535, or 0 for any free one")
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="a port from 1 to 65535, or 0 for any free one, other than port: for `/healthz`, `/readyz` and "
        "`/metrics`",
    )

    @field_validator("admin_port")
    @classmethod
    def _another(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value and value == info.data.get("port"):
            raise ValueError("expected another port than http.port")
        return value


class AccessRule(_Section):
    """Who may see some accounts: people who ask in `channels`, `users`, and members of `groups`.

    People of other organizations and guests are let in only if `outsiders` and `guests` say so.

    Slack's ids are unique within a workspace: `workspaces` says in which one these are, where several have the app.

    The only rules are those that the file has: with any, an account that none of them names is seen by nobody.
    """

    accounts: tuple[str, ...] = Field(min_length=1, description='a list of names of accounts, or ["*"] for all of them')
    channels: Annotated[tuple[str, ...], _ids("channels", "CG", '"C024BE91L"')] = Field(
        default=(), description="a list of ids of channels"
    )
    users: Annotated[tuple[str, ...], _ids("people", "UW", '"U024BE7LH", or "*" for everybody', EVERY)] = Field(
        default=(), description="a list of ids of people"
    )
    groups: Annotated[tuple[str, ...], _ids("user groups", "S", '"S0614TZR7"')] = Field(
        default=(), description="a list of ids of user groups"
    )
    workspaces: Annotated[tuple[str, ...], _ids("workspaces", "TE", '"T024BE7LD"')] = Field(
        default=(), description="a list of ids of workspaces, or of an organisation that has the app as a whole"
    )
    subscribe: bool = Field(default=True, description="true or false: whether they may subscribe to jobs too")
    outsiders: bool = Field(
        default=False, description="true or false: whether people of other organizations are let in as members are"
    )
    guests: bool | None = Field(
        default=None,
        description="true or false: whether guests of the workspace are let in as members are; needs users:read",
    )

    @property
    def all_accounts(self) -> bool:
        """Whether this is about every account."""
        return EVERY in self.accounts

    @property
    def everybody(self) -> bool:
        """Whether this admits all people, wherever they ask."""
        return EVERY in self.users

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> Self:
        if not (self.channels or self.users or self.groups):
            raise ValueError('expected channels, users or groups; users = ["*"] is everybody')
        return self


class WatchTable(_Section):
    """A watch of a channel as code: it is created, changed and removed with this file, and not editable in Slack.

    `words` are what follows `/jobs watch`; mentions are written as Slack does: `mention:<@U024BE7LH>`.
    """

    channel: str = Field(
        pattern=r"^(?:[TE][A-Z0-9_]{1,39}/)?[CG][A-Z0-9_]{1,39}$",
        description='the id of a channel, such as "C024BE91L", where several workspaces have the app as '
        '"T024BE7LD/C024BE91L"',
    )
    words: str = Field(description='what to watch, such as "media-cn -name:test after:5/10m"')


class Settings(_Section):
    """The whole file. Without `[slack]` it serves the terminal alone."""

    slack: Slack | None = Field(default=None, description="a table, [slack]")
    redis: Redis = Field(default=Redis(), description="a table, [redis]")
    http: Http = Field(default=Http(), description="a table, [http]")
    accounts: tuple[Account, ...] = Field(min_length=1, description="at least one table, [[accounts]]")
    access: tuple[AccessRule, ...] = Field(default=(), description="tables, [[access]]")
    watches: tuple[WatchTable, ...] = Field(default=(), description="tables, [[watches]]")
    _configured_watches: tuple[ConfiguredWatch, ...] = PrivateAttr(default=())

    @property
    def configured_watches(self) -> tuple[ConfiguredWatch, ...]:
        """The watches of the file, as `load` read their words."""
        return self._configured_watches

    def read_watches(self, read: ReadWatch) -> list[Problem]:
        """Read the words of the watches; return what is wrong with them."""
        pairs = tuple((account.name, service) for account in self.accounts for service in account.services)
        several = self.slack is not None and self.slack.client_id is not None
        found, problems = read_watches(self.watches, read, Catalog(pairs), several=several)
        self._configured_watches = tuple(found)
        return problems


def load(path: Path | None = None, read_watch: ReadWatch | None = None) -> Settings:
    """Read the settings from `path`, else from the file CALLBOARD_CONFIG names, else from ./callboard.toml.

    `read_watch` reads the words of `[[watches]]`. Raises ConfigError, which lists everything that is wrong with the
    file. SLACK_API_URL overrides `slack.api_url`.
    """
    path = path or Path(os.environ.get("CALLBOARD_CONFIG") or DEFAULT_FILE)
    text = _read(path)
    data, problem = _parse(text)
    if problem:
        raise config_error(path, text, [problem])
    settings, problems = _validate(_with_environment(data))
    if settings and settings.watches:
        if read_watch is None:
            raise ValueError("nothing reads the words of [[watches]]")
        problems += settings.read_watches(read_watch)
    if settings is None or problems:
        raise config_error(path, text, problems)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        reason = "there is no such file; write one, or name another with --config or CALLBOARD_CONFIG"
    except UnicodeDecodeError:
        reason = "found something that is not text, expected TOML in UTF-8"
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
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
