import pytest


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, no_backoff: None) -> None:
    """Set the key pair that `cloud.account` names."""
    monkeypatch.setenv("HUAWEI_TEST_AK", "testak")
    monkeypatch.setenv("HUAWEI_TEST_SK", "testsk")
