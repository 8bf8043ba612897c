"""When a snooze is over, in the person's time zone if Slack returns it."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.domain.snooze import Rest, until
from bot.slack_api.users import offset_of
from tests.bot.slack import Reply, refused


@pytest.mark.parametrize(
    ("rest", "now", "hours", "ends"),
    [
        (Rest.HOUR, "2026-11-24T20:15", 8, "2026-11-24T21:15"),
        (Rest.HOURS, "2026-11-24T20:15", 8, "2026-11-25T00:15"),
        (Rest.MORNING, "2026-11-24T20:15", 0, "2026-11-25T09:00"),
        (Rest.MORNING, "2026-11-24T02:15", 0, "2026-11-24T09:00"),
        (Rest.MORNING, "2026-11-24T08:15", 0, "2026-11-25T09:00"),
        (Rest.MORNING, "2026-11-24T08:00", 0, "2026-11-24T09:00"),
        (Rest.MORNING, "2026-11-24T09:00", 0, "2026-11-25T09:00"),
        (Rest.MORNING, "2026-11-24T20:15", 8, "2026-11-25T01:00"),
        (Rest.MORNING, "2026-11-24T20:15", -5, "2026-11-25T14:00"),
        (Rest.MORNING, "2026-11-24T03:15", -8, "2026-11-24T17:00"),
    ],
)
def test_until(rest: Rest, now: str, hours: int, ends: str):
    begins = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert until(rest, begins, timedelta(hours=hours)) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


class People:
    """Slack's directory, with one answer for all people."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def users_info(self, **_: str) -> Reply:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Reply(cast("dict[str, Any]", self.answer))


@pytest.mark.parametrize(
    ("answer", "hours"),
    [
        ({"user": {"tz_offset": -18000}}, -5),
        ({"user": {}}, None),
        ({"user": None}, None),
        ({"user": {"tz_offset": "noon"}}, None),
        (refused("missing_scope"), None),
        (TimeoutError(), None),
    ],
)
async def test_time_zone_of_a_person(answer: object, hours: int | None):
    expected = None if hours is None else timedelta(hours=hours)
    assert await offset_of(cast("Any", People(answer)), "U1") == expected
