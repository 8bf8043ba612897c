"""An encryption key, and a cipher with it."""

import pytest
from cryptography.fernet import Fernet

from bot.slack_api.token_encryption import TokenCipher
from providers.secrets import SecretRef


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("CALLBOARD_KEY", key)
    return key


@pytest.fixture
def cipher(key: str) -> TokenCipher:
    del key
    return TokenCipher([SecretRef("env:CALLBOARD_KEY")])
