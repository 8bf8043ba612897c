"""Encryption of workspace tokens and OAuth states: any of the keys decrypts them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from bot.domain.errors import ConfigError
from bot.slack_api.token_encryption import Installation, TokenCipher
from providers.secrets import SecretMissing, SecretRef

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NORTH = Installation(workspace="T0NORTH", bot_token="xoxb-hunter2", installed_at=NOW)


def test_an_installation_of_another_version_is_not_read_and_not_quoted(cipher: TokenCipher, key: str):
    sealed = Fernet(key).encrypt(b'{"bot_token": "xoxb-hunter2"}').decode()
    assert cipher.decrypt(sealed) is None


def test_an_invalid_key_counts_as_missing(cipher: TokenCipher, monkeypatch: pytest.MonkeyPatch):
    sealed = cipher.encrypt(NORTH)
    monkeypatch.setenv("CALLBOARD_KEY", "not a key")
    with pytest.raises(SecretMissing, match="32 random bytes"):
        cipher.decrypt(sealed)
    with pytest.raises(ConfigError, match=r"slack\.encryption_keys: env:CALLBOARD_KEY is not 32 random bytes"):
        cipher.check()


class TestStates:
    """The state identifies a started installation, which is not stored."""

    def test_our_state_is_accepted(self, cipher: TokenCipher):
        state = cipher.new_state(NOW)
        assert re.fullmatch("[A-Za-z0-9_-]+", state)  # the characters allowed in cookies and URLs
        assert cipher.state_id(state, NOW) is not None

    def test_each_state_has_its_own_id(self, cipher: TokenCipher):
        names = {cipher.state_id(cipher.new_state(NOW), NOW) for _ in range(100)}
        assert len(names) == 100

    @pytest.mark.parametrize("off", [timedelta(minutes=-9), timedelta(minutes=9)])
    def test_the_clocks_of_two_processes_may_differ(self, cipher: TokenCipher, off: timedelta):
        assert cipher.state_id(cipher.new_state(NOW), NOW + off) is not None

    @pytest.mark.parametrize("off", [timedelta(minutes=-11), timedelta(minutes=11)])
    def test_a_state_expires(self, cipher: TokenCipher, off: timedelta):
        assert cipher.state_id(cipher.new_state(NOW), NOW + off) is None

    def test_a_replaced_key_still_decrypts_it(self, cipher: TokenCipher, monkeypatch: pytest.MonkeyPatch):
        state = cipher.new_state(NOW)
        monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
        newer = TokenCipher([SecretRef("env:NEW_KEY"), SecretRef("env:CALLBOARD_KEY")])
        assert newer.state_id(state, NOW) == cipher.state_id(state, NOW)
        assert TokenCipher([SecretRef("env:NEW_KEY")]).state_id(state, NOW) is None

    def test_an_installation_is_no_state(self, cipher: TokenCipher):
        assert cipher.state_id(cipher.encrypt(NORTH), NOW) is None

    def test_a_state_is_no_installation(self, cipher: TokenCipher):
        assert cipher.decrypt(cipher.new_state(NOW)) is None

    @pytest.mark.parametrize("state", ["", "=", "x", "\xe9", "gAAAA" * 4_000, "\ud800", "a" * 120])
    def test_any_other_text_is_no_state(self, cipher: TokenCipher, state: str):
        assert cipher.state_id(state, NOW) is None
