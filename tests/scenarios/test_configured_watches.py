"""Watches from the configuration exist from the start, and cannot be changed in Slack."""

import pytest

from tests.scenarios.conftest import Stage


@pytest.fixture
def more_settings() -> str:
    return '\n[[watches]]\nchannel = "C0MEDIA"\nwords = "video-ocr after:5/10m"\n'


async def test_a_configured_watch(stage: Stage):
    await stage.dana.hears("The configuration added watch `w1`: *video-ocr*", "C0MEDIA")
    listed = await stage.dana.types("/jobs subscriptions", "C0MEDIA")
    assert listed.says("from the configuration"), listed.text
    assert "Remove" not in listed.buttons()
    assert (await stage.dana.types("/jobs unwatch all", "C0MEDIA")).says("stays: from the configuration")
