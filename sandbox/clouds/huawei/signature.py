"""SDK-HMAC-SHA256, checked from the raw request (provider API notes, section 4.3)."""

import calendar
import hashlib
import hmac
import re
import time
from urllib.parse import quote, unquote

from sandbox.clouds.accounts import Keys
from sandbox.clouds.calls import Call, Refused

SKEW_S = 15 * 60
_AUTHORIZATION = re.compile(r"SDK-HMAC-SHA256 Access=([^,\s]+), SignedHeaders=([^,\s]+), Signature=([0-9a-f]{64})")
_MUST_BE_SIGNED = {"host", "x-sdk-date"}


def incorrect(why: str) -> Refused:
    """Return the gateway's error for every problem with a caller's identity."""
    return Refused(401, "APIGW.0301", f"Incorrect IAM authentication information: {why}")


def access_key_of(call: Call) -> str:
    """Return the access key id of the signature. Raises Refused for a header of another scheme."""
    return _parts(call)[0]


def verify(call: Call, keys: Keys, now: float) -> None:
    """Raise Refused unless these keys signed this request within the last 15 minutes."""
    _, signed, signature = _parts(call)
    date = call.header("x-sdk-date")
    _check_date(date, now)
    names = signed.split(";")
    if not set(names) >= _MUST_BE_SIGNED or names != sorted(names):
        raise incorrect("verify aksk signature fail, signed headers are incomplete or not sorted")
    text = f"SDK-HMAC-SHA256\n{date}\n{_sha256(_canonical_request(call, names).encode())}"
    expected = hmac.new(keys.secret_access_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise incorrect(f"verify aksk signature fail,ak:{keys.access_key_id}")
    _check_security_token(call, keys, names)


def _parts(call: Call) -> tuple[str, str, str]:
    match = _AUTHORIZATION.fullmatch(call.header("authorization"))
    if match is None:
        raise incorrect("the Authorization header is malformed")
    return match[1], match[2], match[3]


def _check_date(date: str, now: float) -> None:
    try:
        sent = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise incorrect("the X-Sdk-Date header is malformed") from None
    if abs(now - sent) > SKEW_S:
        raise incorrect("the request time differs from the server time by more than 15 minutes")


def _canonical_request(call: Call, names: list[str]) -> str:
    path = "/".join(_encode(unquote(part)) for part in call.raw_path.split("/"))
    query = "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(call.pairs))
    headers = "".join(f"{name}:{call.header(name)}\n" for name in names)
    body_hash = call.header("x-sdk-content-sha256") or _sha256(call.body)
    slash = "" if path.endswith("/") else "/"
    return f"{call.method}\n{path}{slash}\n{query}\n{headers}\n{';'.join(names)}\n{body_hash}"


def _check_security_token(call: Call, keys: Keys, names: list[str]) -> None:
    sent = call.header("x-security-token")
    if sent != (keys.security_token or ""):
        raise incorrect("the security token does not fit the access key")
    if sent and "x-security-token" not in names:
        raise incorrect("the security token is not signed")
    if keys.expired:
        raise incorrect("the security token has expired")


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
