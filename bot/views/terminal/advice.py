"""Findings of `callboard check`: what is wrong, and how to fix it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain.elapsed import OFF_S
from bot.domain.findings import Finding, Status
from bot.domain.redis_support import OLDEST, Server
from bot.domain.slack_scopes import ACCESS_SCOPES, APP_SCOPE, BOT_SCOPES, HANDY_SCOPES, WISHED_SCOPES
from bot.views.text import listed, utc
from bot.views.unreadable_records import numbers
from providers.accounts import Account, HuaweiAccount
from providers.errors import CLOCK_OFF, ProviderError

BOT_TOKEN = "slack.bot_token"  # noqa: S105  # names of settings, not secrets
APP_TOKEN = "slack.app_token"  # noqa: S105
CLIENT_SECRET = "slack.client_secret"  # noqa: S105
SIGNING_SECRET = "slack.signing_secret"  # noqa: S105
REDIS = "redis"
RECORDS = "records"
REDIS_ACCESS = "redis authentication"
_SET_CLOCK = "set this machine's clock, ideally with NTP"
CLOCK_SHOWN_S = 2
"""Smaller clock offsets, in seconds, are not shown: Slack reports whole seconds."""
CLOCK_WARN_S = 60
CLOCK_FAIL_S = 300
"""Slack refuses requests signed more than 5 minutes ago; the clouds allow 15 minutes."""

_SLACK: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "invalid_auth": (
            "Slack doesn't recognize this token",
            "copy it again from the app's page at api.slack.com/apps",
        ),
        "not_authed": ("Slack received no token", "copy it from the app's page at api.slack.com/apps"),
        "account_inactive": ("the app was removed from the workspace", "install the app again and copy the new token"),
        "token_revoked": ("the token was revoked", "install the app again and copy the new token"),
        "token_expired": ("the token has expired", "install the app again and copy the new token"),
        "not_allowed_token_type": (
            "this is the wrong kind of token",
            "slack.bot_token starts with xoxb- (OAuth & Permissions), slack.app_token with xapp- (Basic Information)",
        ),
        "invalid_client_id": (
            "no Slack app has this slack.client_id",
            "copy both again from the app's page at api.slack.com/apps, Basic Information",
        ),
        "bad_client_secret": (
            "this secret doesn't belong to slack.client_id",
            "copy both again from the app's page at api.slack.com/apps, Basic Information",
        ),
        "missing_scope": ("the token lacks a scope", f"create an app token with the scope {APP_SCOPE}"),
        "no_such_subteam": ("this user group doesn't exist", "correct its id in [[access]], or remove it"),
        "ratelimited": ("Slack rate limited this check", "run the check again in a minute"),
    }
)
_UNREACHED = frozenset({"timeout", "unreachable", "broken_connection"})
_MENDS: Mapping[str, str] = MappingProxyType(
    {
        "forbidden": "allow the user of this key to read {service}, in the cloud's access management (IAM or RAM)",
        "not_offered": (
            "activate {service} in the cloud's console, pick a region that has it, "
            "or remove it from the services of {account}"
        ),
        "invalid_query": "check region and endpoints of {account}, and its project_id, which belongs to one region",
        "throttled": "the cloud's rate limit or requests_per_second of {account} is reached: run the check again",
        "malformed": "check endpoints of {account}: something other than {service} responds there",
    }
)
_FSYNC: Mapping[str, str] = MappingProxyType(
    {
        "everysec": " once a second: if Redis itself crashes, the last second may be lost (appendfsync everysec)",
        "always": " before it answers (appendfsync always)",
    }
)
_TROUBLE = "the cloud has a problem: try again later, or contact its support with the request id"


def configuration(accounts: int, services: int, slack_mode: str | None) -> Finding:
    """Return the numbers of accounts and services, and Slack's mode."""
    counted = f"{_many(accounts, 'account')}, {_many(services, 'service')}"
    if slack_mode is None:
        mend = "add a [slack] table to answer in Slack as well"
        return Finding(Status.WARN, "configuration", f"{counted}; no [slack], so only the terminal works", mend)
    return Finding(Status.OK, "configuration", f"{counted}, Slack in {slack_mode} mode")


def seen_by_nobody(accounts: Sequence[str]) -> Finding:
    """Report accounts that no access rule names."""
    text = f"no one can see {listed(accounts, 'and')} in Slack: no [[access]] table names it"
    mend = 'name it in an [[access]] table; users = ["*"] means everyone'
    return Finding(Status.WARN, "access", text, mend)


def watches(number: int) -> Finding:
    """Report that all watches of the configuration can post."""
    return Finding(Status.OK, "watches", f"{number} in the configuration")


def unseen_watch(channel: str, words: str) -> Finding:
    """Report a watch of the configuration whose channel can see none of its accounts."""
    text = f"the watch of {channel} ({words}) posts nothing: the channel can't see any of its accounts"
    return Finding(Status.WARN, "watches", text, "add the channel to an [[access]] table of the account")


def ports(admin_port: int | None) -> Finding:
    """Report whether the port that Slack calls also serves probes and metrics."""
    if admin_port is not None:
        return Finding(Status.OK, "http", "probes and metrics have their own port")
    text = "anyone who reaches the port that Slack calls can read /metrics and /readyz there"
    mend = "set http.admin_port, and keep that port closed to the outside"
    return Finding(Status.WARN, "http", text, mend)


def group(name: str, members: int) -> Finding:
    """Report a user group that access rules name."""
    return Finding(Status.OK, f"user group {name}", _many(members, "member"))


def keys_usable(number: int) -> Finding:
    """Report the number of keys that encrypt tokens."""
    return Finding(Status.OK, "slack.encryption_keys", _many(number, "key"))


def keys_unusable(reason: str) -> Finding:
    """Report an encryption key that is missing or invalid."""
    mend = "create one with `openssl rand -base64 32`, and store it with your other secrets"
    return Finding(Status.FAIL, "slack.encryption_keys", reason.removeprefix("slack.encryption_keys: "), mend)


def installation_locked(workspace: str) -> Finding:
    """Report a workspace whose tokens were encrypted with a removed key."""
    mend = "add that key to slack.encryption_keys again, or reinstall the app there"
    return Finding(Status.FAIL, f"workspace {workspace}", "none of slack.encryption_keys decrypts its tokens", mend)


def encrypted_with_old_key(workspace: str) -> Finding:
    """Report a workspace whose tokens were not encrypted with the first key."""
    mend = "restart the bot with both keys; remove the old one when this line no longer appears"
    return Finding(
        Status.WARN, f"workspace {workspace}", "its tokens are encrypted with an old key of slack.encryption_keys", mend
    )


def nobody_installed() -> Finding:
    """Report that no workspace has installed the app."""
    mend = "open /slack/install of the running bot in a browser"
    return Finding(Status.WARN, "workspaces", "no workspace has installed the app yet", mend)


def secret_missing(subject: str, reference: object, reason: str) -> Finding:
    """Report a reference to a missing secret."""
    return Finding(Status.FAIL, subject, reason, _provide([str(reference)]))


def slack_accepts(subject: str, who: str) -> Finding:
    """Report a token or secret that works."""
    return Finding(Status.OK, subject, who)


def slack_refuses(subject: str, code: str) -> Finding:
    """Report a token or request that Slack refuses with an error code."""
    text, mend = _SLACK.get(code, (f"Slack answered {code}", "look up the code at docs.slack.dev"))
    return Finding(Status.FAIL, subject, text, mend)


def slack_unreachable(subject: str, url: str, reason: str) -> Finding:
    """Report that the Web API doesn't respond."""
    mend = "check this machine's network, proxy and DNS, and slack.api_url or SLACK_API_URL"
    return Finding(Status.FAIL, subject, f"can't reach {url} ({reason})", mend)


def scopes(granted: Iterable[str], *, groups: bool = False) -> Finding:
    """Compare the bot token's scopes with those that the bot needs or can use.

    With `groups`, access rules name user groups, which need more scopes.
    """
    has = set(granted)
    mend = "update the app with the output of `callboard manifest`, then reinstall it to the workspace"
    needs = {**BOT_SCOPES, **(ACCESS_SCOPES if groups else {})}
    if missing := [name for name in needs if name not in has]:
        needed = ", ".join(f"{name} ({needs[name]})" for name in missing)
        return Finding(Status.FAIL, "slack scopes", f"missing: {needed}", mend)
    if missing := [name for name in WISHED_SCOPES if name not in has]:
        wished = ", ".join(f"{name} ({WISHED_SCOPES[name]})" for name in missing)
        without = "without it, a crash during a post may post one message twice"
        return Finding(Status.WARN, "slack scopes", f"works, but lacks {wished}: {without}", mend)
    lacking = [name for name in HANDY_SCOPES if name not in has | needs.keys()]
    without = f"; without {', '.join(f'{name} ({HANDY_SCOPES[name]})' for name in lacking)}" if lacking else ""
    granted = dict.fromkeys((*needs, *WISHED_SCOPES, *(name for name in HANDY_SCOPES if name in has)))
    return Finding(Status.OK, "slack scopes", f"{', '.join(granted)}{without}")


def clock(seconds: float) -> Finding:
    """Compare this machine's clock with Slack's, by an offset in seconds."""
    off = abs(seconds)
    if off < CLOCK_SHOWN_S:
        return Finding(Status.OK, "clock", "matches Slack's")
    text = f"{_offset(seconds)} Slack's"
    if off < CLOCK_WARN_S:
        return Finding(Status.OK, "clock", text)
    return Finding(Status.FAIL if off >= CLOCK_FAIL_S else Status.WARN, "clock", text, _SET_CLOCK)


def redis_clock(seconds: float) -> list[Finding]:
    """Compare this machine's clock with Redis's. Returns nothing if they match."""
    if abs(seconds) < CLOCK_SHOWN_S:
        return []
    text = f"{_offset(seconds)} Redis's, which all processes use"
    if abs(seconds) < OFF_S:
        return [Finding(Status.OK, "redis clock", text)]
    return [Finding(Status.WARN, "redis clock", text, "set this machine's clock and that of Redis, ideally with NTP")]


def _offset(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"


def redis(server: Server, *, embedded: bool) -> Finding:
    """Report the version and persistence of a Redis server."""
    text = f"version {server.version}{', embedded' if embedded else ''}"
    oldest = ".".join(str(part) for part in OLDEST)
    if not server.supported:
        return Finding(Status.FAIL, REDIS, text, f"use version {oldest} or newer")
    if not server.durable:
        mend = "turn on append-only persistence (appendonly yes)"
        return Finding(Status.WARN, REDIS, f"{text}, persistence is off: a restart loses the recent jobs", mend)
    if server.fsync == "no":
        mend = "set appendfsync to everysec, or to always, which loses nothing"
        return Finding(Status.WARN, REDIS, f"{text}, fsync is left to the OS: a crash may lose much", mend)
    return Finding(Status.OK, REDIS, f"{text}, saves its data to disk{_FSYNC.get(server.fsync or '', '')}")


def redis_open(servers: Sequence[str]) -> Finding:
    """Report Redis servers that accept connections without a password."""
    text = f"{listed(servers, 'and')} can be used without a password, and Callboard trusts all data in Redis"
    mend = "set a password there and name it in redis.password, or use a Unix socket (docs/operations.md, Redis)"
    return Finding(Status.WARN, REDIS_ACCESS, text, mend)


def redis_unusable(reason: str, *, embedded: bool) -> Finding:
    """Report a Redis server that doesn't respond, or can't be started."""
    mend = None if embedded else "start it, correct redis.url or REDIS_URL, or remove both to use the embedded server"
    return Finding(Status.FAIL, REDIS, reason, mend)


def records(newer: Mapping[tuple[str, str], int], corrupt: Mapping[tuple[str, str], int]) -> list[Finding]:
    """Report records that this version can't read, by destination or service."""
    found: list[Finding] = []
    if newer:
        mend = "run that version again: until then, nothing is posted to these destinations, and nothing is lost"
        text = f"a newer version of Callboard wrote records: {numbers(newer)}"
        found.append(Finding(Status.FAIL, RECORDS, text, mend))
    if corrupt:
        mend = "see docs/operations.md, Records that cannot be read; records moved aside are kept for 30 days"
        found.append(Finding(Status.WARN, RECORDS, f"records can't be read: {numbers(corrupt)}", mend))
    return found


def database_reset(at: datetime, *, acknowledged: bool) -> Finding:
    """Report a database that was emptied or replaced."""
    text = f"Callboard's database was reset on {utc(at)}: subscriptions made before are lost"
    if acknowledged:
        return Finding(Status.OK, REDIS, f"{text}, acknowledged")
    mend = "restore a backup, or have people subscribe again; then run `callboard check --acknowledge-reset`"
    return Finding(Status.WARN, REDIS, text, mend)


def service_answers(account: str, service: str, seconds: float) -> Finding:
    """Report a service that answered a real call."""
    return Finding(Status.OK, f"{account}/{service}", f"responded in {seconds:.2f} s")


def service_late(account: Account, service: str, seconds: float, regions: Collection[str] = ()) -> Finding:
    """Report a service that did not answer in time. `regions` are documented to have it."""
    mend = _network(account.name, service) + _elsewhere(account, service, regions)
    return Finding(Status.FAIL, f"{account.name}/{service}", f"no response within {seconds:g} s", mend)


def service_fails(
    account: Account, service: str, error: ProviderError, missing: Sequence[str], regions: Collection[str] = ()
) -> Finding:
    """Report a service that refused the call.

    `missing` are the account's references to missing secrets. `regions` are documented to have the service.
    """
    status = Status.WARN if error.kind == "throttled" else Status.FAIL
    text = f"{error.code}: {error.message}" if error.message and error.message != error.code else error.code
    if error.request_id:
        text += f" (request id {error.request_id})"
    mend = None if error.kind == "rejected" else _mend(account, service, error, missing)
    if mend and (error.code in _UNREACHED or error.kind == "not_offered"):
        mend += _elsewhere(account, service, regions)
    return Finding(status, f"{account.name}/{service}", text, mend)


def _mend(account: Account, service: str, error: ProviderError, missing: Sequence[str]) -> str:
    if error.kind == "unauthorized":
        return _provide(missing) if missing else _credentials(account, error)
    if error.code in _UNREACHED:
        return _network(account.name, service)
    if "suspended" in f"{error.code} {error.message}".lower():
        return "the cloud account has an overdue payment: pay it in the cloud's console"
    return _MENDS.get(error.kind, _TROUBLE).format(account=account.name, service=service)


def _credentials(account: Account, error: ProviderError) -> str:
    told = f"{error.code} {error.message}".lower()
    if "timestamp" in told or error.message.startswith(CLOCK_OFF):
        return "set this machine's clock, ideally with NTP"
    if "locked" in told:
        return "stop the bot for 5 minutes, and correct the keys before you restart it"
    if "securitytoken" in told or "temporary token" in told:
        return "the temporary credentials have expired: get new ones"
    if isinstance(account, HuaweiAccount) and account.token:
        return f"{account.token}: get a new token; it is valid for 24 hours and one project"
    if "signature" in told:
        return f"{account.secret_access_key} doesn't belong to {account.access_key_id}: copy both again"
    return (
        f"check that {account.access_key_id} is an enabled key of this cloud and region "
        f"and {account.secret_access_key} its secret, and that this machine's clock is correct"
    )


def _provide(references: Sequence[str]) -> str:
    """Return how to provide the secrets that references name."""
    places = (reference.partition(":") for reference in references)
    return " and ".join(
        f"set {place}" if scheme == "env" else f"write the secret into {place}" for scheme, _, place in places
    )


def _network(account: str, service: str) -> str:
    return f"check this machine's network, proxy and DNS, and region and endpoints ({service}) of {account}"


def _elsewhere(account: Account, service: str, regions: Collection[str]) -> str:
    """Return a note if the account's region is not documented to have the service."""
    if not regions or account.region in regions:
        return ""
    known = listed(sorted(regions), "and")
    return f"; {service} is documented only for {known}, and {account.name} is in {account.region}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
