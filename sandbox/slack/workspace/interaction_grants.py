"""The app's temporary rights after an interaction: open a modal, answer in the conversation."""

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.errors import SlackError

TRIGGER_SECONDS = 3
RESPONSE_SECONDS = 30 * 60
RESPONSE_USES = 5
KEPT = 100_000
"""How many triggers and response_urls are kept, to explain why an old one no longer works."""


@dataclass
class _Trigger:
    user: str
    expires: float
    channel: str | None
    used: bool = False


@dataclass
class Response:
    """The target of a response_url: in `channel`, to `user`, about the message `source` if there is one."""

    user: str
    channel: str
    expires: float
    source: str | None = None
    uses: int = 0


class Grants:
    """trigger_ids live 3 s and work once; response_urls live 30 minutes and work five times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, _Trigger] = {}
        self._responses: dict[str, Response] = {}

    def trigger(self, user: str, channel: str | None = None) -> str:
        """Return a new trigger_id for a person's action in that conversation."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = _Trigger(user, self._clock() + TRIGGER_SECONDS, channel)
        _forget_oldest(self._triggers)
        return trigger_id

    def knows(self, trigger_id: str) -> bool:
        """Return whether this workspace issued a trigger_id."""
        return trigger_id in self._triggers

    def exchange(self, trigger_id: str) -> str:
        """Use up a trigger_id and return its person.

        Raises:
            SlackError: `invalid_trigger_id`, `expired_trigger_id` or `exchanged_trigger_id`.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if self._clock() >= trigger.expires:
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        trigger.used = True
        return trigger.user

    def looking_at(self, trigger_id: str) -> str | None:
        """Return the conversation on the page of a trigger_id's person, if there was one."""
        trigger = self._triggers.get(trigger_id)
        return trigger.channel if trigger else None

    def response(self, user: str, channel: str, source: str | None = None) -> str:
        """Return a new token for the last part of a response_url."""
        token = secrets.token_urlsafe(18)
        self._responses[token] = Response(user, channel, self._clock() + RESPONSE_SECONDS, source)
        _forget_oldest(self._responses)
        return token

    def channel(self, token: str) -> str | None:
        """Return the channel of a response_url, if it exists."""
        response = self._responses.get(token)
        return response.channel if response else None

    def answer(self, token: str) -> Response:
        """Use a response_url once. Raises `invalid_url`, `expired_url` or `used_url`."""
        response = self._responses.get(token)
        if response is None:
            raise SlackError("invalid_url")
        if self._clock() >= response.expires:
            raise SlackError("expired_url")
        if response.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        response.uses += 1
        return response


def _forget_oldest(granted: dict[str, Any]) -> None:
    if len(granted) > KEPT:
        del granted[next(iter(granted))]
