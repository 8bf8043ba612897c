"""Access rules of callboard.toml: whom they admit, and errors of invalid rules."""

from pathlib import Path

import pytest

from tests.bot.config_files import WHOLE, read, refused

ACCESS = """
[[access]]
accounts = ["media-cn"]
channels = ["C0ONCALL"]
users = ["U0DANA", "W0LEE"]
groups = ["S0TRANSCODE"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callboard.toml"


def test_access_rules(file: Path):
    settings = read(file, WHOLE + ACCESS + '[[access]]\naccounts = ["*"]\nusers = ["*"]\nsubscribe = false\n')
    assert [rule.subscribe for rule in settings.access] == [True, False]
    assert settings.access[0].channels == ("C0ONCALL",)
    assert read(file, WHOLE).access == ()


@pytest.mark.parametrize(
    ("found", "wrong", "told"),
    [
        (
            '"media-cn"]',
            '"media"]',
            'accounts: found "media", did you mean "media-cn"? expected one of media-cn, vod-sg',
        ),
        ('["media-cn"]', "[]", "accounts: found an empty list, expected a list of names of accounts"),
        ('"C0ONCALL"', '"#on-call"', "channels: found a list, expected a list of ids of channels, such as"),
        ('"U0DANA"', '"@dana"', "users: found a list, expected a list of ids of people"),
        ('"S0TRANSCODE"', '"transcoders"', "groups: found a list, expected a list of ids of user groups"),
        ("groups", "group", 'group: found an unknown key, did you mean "groups"?'),
        ("groups =", 'subscribe = "sometimes"\n#', 'subscribe: found "sometimes", expected true or false'),
    ],
)
def test_wrong_access_rules(file: Path, found: str, wrong: str, told: str):
    assert f"access[0].{told}" in refused(file, WHOLE + ACCESS.replace(found, wrong))


def test_an_access_rule_admits_someone(file: Path):
    told = refused(file, WHOLE + '[[access]]\naccounts = ["media-cn"]\n')
    assert "access[0]: found an incomplete table, expected channels, users or groups" in told


def test_access_rules_say_whom_else_they_let_in(file: Path):
    settings = read(file, WHOLE + ACCESS + "outsiders = true\nguests = false\n")
    assert (settings.access[0].outsiders, settings.access[0].guests) == (True, False)
    assert (read(file, WHOLE + ACCESS).access[0].outsiders, read(file, WHOLE + ACCESS).access[0].guests) == (
        False,
        None,
    )


@pytest.mark.parametrize("name", ["outsiders", "guests"])
def test_whom_else_an_access_rule_lets_in_is_true_or_false(file: Path, name: str):
    told = refused(file, WHOLE + ACCESS + f'{name} = "some"\n')
    assert f'access[0].{name}: found "some", expected true or false' in told
