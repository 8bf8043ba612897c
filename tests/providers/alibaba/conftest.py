import pytest


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key pair that `cloud.account` names."""
    monkeypatch.setenv("VOD_TEST_AK", "testid")
    monkeypatch.setenv("VOD_TEST_SK", "testsecret")
