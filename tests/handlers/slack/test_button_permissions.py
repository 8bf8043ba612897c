"""Permissions of buttons: another destination's button works only for its subscribers."""

import pytest

from bot.domain.button_payloads import RESTORE, SEEK, CommandPayload
from bot.store import Store
from providers.models import JobRef
from tests.desk import Desk
from tests.scenarios.person import until

MEDIA, LEE = "T0SANDBOX/C0MEDIA", "T0SANDBOX/U0LEE"
JOB = JobRef("acme", "video", "job-0000")
UNKNOWN = "0123456789abcdef0123456789abcdef"
FORGED = (
    ("open:x", CommandPayload(text="unsubscribe all", place=MEDIA)),
    ("open:x", CommandPayload(text=f"unsubscribe {JOB}", place=MEDIA)),
    ("open:x", CommandPayload(text="subscriptions here", place=MEDIA)),
    ("run:x", CommandPayload(text="subscribe acme/video/job-0001", place=MEDIA, card="x")),
    (SEEK, CommandPayload(text=f"subscribe {UNKNOWN}", place=MEDIA)),
    (RESTORE, CommandPayload(place=MEDIA)),
    (RESTORE, CommandPayload(place=LEE)),
)


@pytest.fixture
async def followed(desk: Desk, store: Store) -> Desk:
    """Have Lee follow a job in a channel without Dana."""
    await desk.hand({"command": "/jobs", "text": f"subscribe {JOB}", "user_id": "U0LEE", "channel_id": "C0MEDIA"})

    await desk.under_way.nothing()
    assert MEDIA in await store.tracked.subscribed_cards(JOB)
    return desk


@pytest.mark.parametrize(("action_id", "command"), FORGED)
async def test_a_channel_without_a_subscription_of_the_person_is_refused(
    followed: Desk, store: Store, action_id: str, command: CommandPayload
):
    answer = await followed.action(action_id=action_id, value=command.encode())
    assert "where you never subscribed" in answer.text
    assert "job-0" not in answer.text
    assert list(await store.tracked.subscribed_cards(JOB)) == [MEDIA]
    assert not await store.tracked.subscribed_cards(JobRef("acme", "video", "job-0001"))


async def test_who_subscribed_there_may_end_it_from_anywhere(followed: Desk, store: Store):
    click = followed.acted(action_id="open:x", value=CommandPayload(text="unsubscribe all", place=MEDIA).encode())
    await followed.hand({**click, "user": {"id": "U0LEE"}})

    async def ended() -> bool:
        return not await store.tracked.subscribed_cards(JOB)

    await until(ended)
