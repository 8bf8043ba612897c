"""Links in messages under the app's domains, and its right to unfurl them."""

import re
import secrets
from urllib.parse import urlsplit

from sandbox.slack.workspace.manifest import Manifest
from sandbox.slack.workspace.model import Json, Message

KEPT = 10_000
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")


def declared_links(manifest: Manifest, message: Message) -> list[Json]:
    """Return a message's links under declared domains, as link_shared lists them.

    Subdomains count. A URL is as in the message's text: `&` is `&amp;`.
    """
    urls = dict.fromkeys(match[1] for match in _LINK.finditer(message.content.text))
    found = ((url, _domain(manifest, url)) for url in urls)
    return [{"url": url, "domain": domain} for url, domain in found if domain]


def _domain(manifest: Manifest, url: str) -> str | None:
    host = urlsplit(url).hostname or ""
    return next((each for each in manifest.unfurl_domains if host == each or host.endswith(f".{each}")), None)


class Unfurls:
    """The issued unfurl_ids and their messages."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}

    def invite(self, message: Message) -> str:
        """Return a new unfurl_id for the links of that message."""
        unfurl_id = f"{message.channel}-{message.ts}-{secrets.token_hex(16)}"
        self._messages[unfurl_id] = message
        if len(self._messages) > KEPT:
            del self._messages[next(iter(self._messages))]
        return unfurl_id

    def message(self, unfurl_id: str) -> Message | None:
        """Return the message of an unfurl_id."""
        return self._messages.get(unfurl_id)
