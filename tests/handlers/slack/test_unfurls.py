"""The readers of an unfurl."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltContext

from bot.domain.access import Audience
from handlers.slack.unfurls import readers

SHARED = {"user": "U0DANA", "is_bot_user_member": True}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"channel": "C0MEDIA"}, Audience(channel="T1/C0MEDIA")),
        ({"channel": "C0MEDIA", "is_bot_user_member": False}, Audience(channel="T1/C0MEDIA")),
        ({"channel": "GGROUP"}, Audience(channel="T1/GGROUP")),
        ({"channel": "D0DANA"}, Audience("T1/U0DANA")),
        ({"channel": "D0OTHERS", "is_bot_user_member": False}, Audience(channel="T1/D0OTHERS")),
        ({"channel": "D0UNSURE", "is_bot_user_member": None}, Audience(channel="T1/D0UNSURE")),
        # As Slack documents it, with the bot as a member of the composer, and in the other reported form.
        ({"channel": "COMPOSER", "source": "composer"}, Audience(channel="T1/COMPOSER")),
        ({"channel_id": "COMPOSER", "source": "composer"}, Audience(channel="T1/COMPOSER")),
    ],
)
def test_who_reads_a_link(event: dict[str, Any], expected: Audience):
    assert readers({**SHARED, **event}, AsyncBoltContext({"workspace": "T1"})) == expected
