"""The links in messages that the app declared to know, and its right to show something under them."""

import re
import secrets
from urllib.parse import urlsplit

from sandbox.slack.workspace.manifest import Manifest
from sandbox.slack.workspace.model import Json, Message

KEPT = 10_000
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")


def declared_links(manifest: Manifest, message: Message) -> list[Json]:
    """Each link of a message whose domain, or one above it, is declared; as link_shared lists them.

    A URL stands there as in the message's text: `&` is `&amp;`.
    """
    urls = dict.fromkeys(match[1] for match in _LINK.finditer(message.content.text))
    found = ((url, _domain(manifest, url)) for url in urls)
    return [{"url": url, "domain": domain} for url, domain in found if domain]


def _domain(manifest: Manifest, url: str) -> str | None:
    host = urlsplit(url).hostname or ""
    return next((each for each in manifest.unfurl_domains if host == each or host.endswith(f".{each}")), None)


class Unfurls:
    """The unfurl_ids given out, and the message that each stands for."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}

    def invite(self, message: Message) -> str:
        """A new unfurl_id for the links of that message."""
        unfurl_id = f"{message.channel}-{message.ts}-{secrets.token_hex(16)}"
        self._messages[unfurl_id] = message
        if len(self._messages) > KEPT:
            del self._messages[next(iter(self._messages))]
        return unfurl_id

    def message(self, unfurl_id: str) -> Message | None:
        """The message that an unfurl_id was given out for."""
        return self._messages.get(unfurl_id)
