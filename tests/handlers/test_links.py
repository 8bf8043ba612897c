"""Who reads what stands under a link."""

from typing import Any

import pytest

from bot.access import Audience
from handlers.links import readers

SHARED = {"user": "U0DANA", "source": "conversations_history", "is_bot_user_member": True}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"channel": "C0MEDIA"}, Audience(channel="C0MEDIA")),
        ({"channel": "C0MEDIA", "is_bot_user_member": False}, Audience(channel="C0MEDIA")),
        ({"channel": "GGROUP"}, Audience(channel="GGROUP")),
        ({"channel": "D0DANA"}, Audience("U0DANA")),
        ({"channel": "D0OTHERS", "is_bot_user_member": False}, Audience()),
        ({"channel": "D0UNSURE", "is_bot_user_member": None}, Audience()),
        # As Slack documents it, with the bot a member of the composer, and as it is also said to come.
        ({"channel": "COMPOSER", "source": "composer"}, Audience()),
        ({"channel_id": "COMPOSER", "source": "composer"}, Audience()),
    ],
)
def test_who_reads_a_link(event: dict[str, Any], expected: Audience):
    assert readers({**SHARED, **event}) == expected
