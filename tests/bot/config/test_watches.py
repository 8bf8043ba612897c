"""`[[watches]]` has the words of `/jobs watch`, and errors name their line."""

from pathlib import Path

import pytest

from bot.config.settings import Settings, load
from bot.diagnostics.configured_watches import configured_watches
from bot.domain.errors import ConfigError
from bot.domain.findings import Status
from handlers.commands.watch_words import watch_spec
from tests.bot.config_files import WHOLE

LINES = len(WHOLE.splitlines())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callboard.toml"


def watching(file: Path, channel: str, words: str, more: str = "", whole: str = WHOLE) -> Settings:
    file.write_text(f'{whole}[[watches]]\nchannel = "{channel}"\nwords = "{words}"\n{more}')
    return load(file, watch_spec)


def test_the_words_are_those_of_the_command(file: Path):
    [read] = watching(file, "C024BE91L", "Media-CN -name:test after:5/10m").configured_watches
    assert (read.channel, read.spec.words()) == ("C024BE91L", "media-cn -name:test after:5/10m")
    [everything] = watching(file, "T024BE7LD/C024BE91L", "").configured_watches
    assert everything.spec.account is None


@pytest.mark.parametrize(
    ("channel", "words", "line", "text"),
    [
        ("C024BE91L", "media-xx", LINES + 3, "watches[0].words: Unknown word `media-xx`"),
        ("C024BE91L", "media-cn since:2h", LINES + 3, "watches[0].words: "),
        ("C024BE91L", "f18320e61e4c4dc685aa2dfc22a28dc5", LINES + 3, "expected the words after `/jobs watch`"),
        ("C024BE91L", "media-cn to:dm", LINES + 3, "remove to:dm"),
        ("#ops", "media-cn", LINES + 2, 'watches[0].channel: found "#ops", expected the id of a channel'),
    ],
)
def test_an_error_names_its_line(file: Path, channel: str, words: str, line: int, text: str):
    with pytest.raises(ConfigError) as refused:
        watching(file, channel, words)
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert text in str(refused.value)


def test_the_same_twice_and_an_unknown_key(file: Path):
    same = '[[watches]]\nchannel = "C024BE91L"\nwords = "-name:test media-cn"\n'
    with pytest.raises(ConfigError, match=r"watches\[1\].words: found a duplicate of watches\[0\]"):
        watching(file, "C024BE91L", "media-cn -name:test", same)
    with pytest.raises(ConfigError, match=r"found an unknown key.*expected one of channel, words"):
        watching(file, "C024BE91L", "media-cn", "word = 1\n")


def test_where_several_workspaces_have_the_app_a_channel_has_its_workspace(file: Path):
    several = WHOLE.replace('bot_token = "env:SLACK_BOT_TOKEN"', 'client_id = "1.2"\nclient_secret = "env:A"\n'
                            'encryption_keys = ["env:B"]')  # fmt: skip
    assert watching(file, "T024BE7LD/C024BE91L", "media-cn", whole=several).configured_watches
    with pytest.raises(ConfigError, match=r"watches\[0\].channel: .*T024BE7LD/C024BE91L"):
        watching(file, "C024BE91L", "media-cn", whole=several)


def test_check_names_a_watch_whose_channel_sees_nothing(file: Path):
    [found] = configured_watches(watching(file, "C024BE91L", "media-cn"))
    assert (found.status, found.text) == (Status.OK, "1 in the configuration")
    rule = '[[access]]\naccounts = ["vod-sg"]\nchannels = ["C024BE91L"]\n'
    [found] = configured_watches(watching(file, "C024BE91L", "media-cn", rule))
    assert found.status is Status.WARN
    assert "can't see any of its accounts" in found.text
    assert [each.status for each in configured_watches(watching(file, "C024BE91L", "", rule))] == [Status.OK]
