"""ACS3-HMAC-SHA256, checked from the raw request (provider API notes, sections 3.3 and 3.5)."""

import calendar
import hashlib
import hmac
import re
import time
from urllib.parse import quote

from sandbox.clouds.accounts import Keys
from sandbox.clouds.calls import Call, Refused

SKEW_S = 15 * 60
_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,\s]+),SignedHeaders=([^,\s]+),Signature=([0-9a-f]{64})")
_MUST_BE_SENT = ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")


def access_key_of(call: Call) -> str | None:
    """Return the access key id of the signature, if the header has this scheme."""
    match = _AUTHORIZATION.fullmatch(call.header("authorization"))
    return match[1] if match else None


def verify(call: Call, keys: Keys, now: float) -> None:
    """Raise Refused unless these keys signed this request within the last 15 minutes."""
    names, signature = _signed_headers(call)
    _check_date(call.header("x-acs-date"), now)
    if call.header("x-acs-content-sha256") != _sha256(call.body):
        raise Refused(400, "InvalidParameter.ContentSHA256", "The hash of the content does not match the content.")
    canonical = _canonical_request(call, names)
    text = f"ACS3-HMAC-SHA256\n{_sha256(canonical.encode())}"
    expected = hmac.new(keys.secret_access_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise _mismatch(canonical, text)
    _check_security_token(call, keys)


def _signed_headers(call: Call) -> tuple[list[str], str]:
    """Return the signed names: at least the host and every `x-acs-` header of the request."""
    match = _AUTHORIZATION.fullmatch(call.header("authorization"))
    names = match[2].split(";") if match else []
    missing = [name for name in _MUST_BE_SENT if name not in call.headers]
    if missing:
        raise Refused(400, "MissingParameter", f"The request misses the header {missing[0]}.")
    needed = {"host", *(name.lower() for name in call.headers if name.lower().startswith("x-acs-"))}
    if match is None or not needed <= set(names) or names != sorted(names):
        raise Refused(400, "IncompleteSignature", "The request signature does not conform to Alibaba Cloud standards.")
    return names, match[3]


def _check_date(date: str, now: float) -> None:
    try:
        sent = calendar.timegm(time.strptime(date, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise Refused(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
    if abs(now - sent) > SKEW_S:
        raise Refused(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _canonical_request(call: Call, names: list[str]) -> str:
    query = "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(call.pairs))
    headers = "".join(f"{name}:{call.header(name)}\n" for name in names)
    body_hash = call.header("x-acs-content-sha256")
    return f"{call.method}\n{call.raw_path}\n{query}\n{headers}\n{';'.join(names)}\n{body_hash}"


def _mismatch(canonical: str, text: str) -> Refused:
    """Return the vendor's error, which echoes the signed text.

    The text includes the access key and a security token (section 3.6).
    """
    echo = f"server string to sign is:{text}\nserver canonical request is:{canonical}"
    return Refused(400, "SignatureDoesNotMatch", f"Specified signature is not matched with our calculation. {echo}")


def _check_security_token(call: Call, keys: Keys) -> None:
    sent = call.header("x-acs-security-token")
    if keys.security_token is None:
        if sent:
            raise Refused(400, "InvalidSecurityToken.MismatchWithAccessKey", "The token is not the access key's.")
        return
    if not sent:
        raise Refused(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if sent != keys.security_token:
        raise Refused(400, "InvalidSecurityToken.Malformed", "The specified SecurityToken is malformed.")
    if keys.expired:
        raise Refused(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")


def _encode(text: str) -> str:
    return quote(text, safe="~")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
