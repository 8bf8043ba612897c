"""References to secrets: they name a location, never the secret."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from providers.secrets import Secret, SecretMissing, SecretRef


class Config(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    key: Secret


def test_a_variable_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch):
    reference = SecretRef("env:A_TEST_SECRET")
    for value in ("first", " second\n"):
        monkeypatch.setenv("A_TEST_SECRET", value)
        assert reference.read() == value.strip()


def test_a_file_is_read_when_it_is_needed(tmp_path: Path):
    reference = SecretRef(f"file:{tmp_path / 'key'}")
    for value in ("first", "second\n"):
        (tmp_path / "key").write_text(value)
        assert reference.read() == value.strip()


@pytest.mark.parametrize("value", ["", "  ", "SECRET\nSECRET", "SECRET\x07", "SÉCRET"])
def test_an_invalid_secret_is_missing_and_not_quoted(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_TEST_SECRET", value)
    (tmp_path / "key").write_text(value)
    for place in ("env:A_TEST_SECRET", f"file:{tmp_path / 'key'}"):
        with pytest.raises(SecretMissing) as caught:
            SecretRef(place).read()
        assert "CRET" not in str(caught.value).replace("A_TEST_SECRET", "")


def test_a_file_that_cannot_be_read_is_missing(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("nothing", "binary", "."):
        with pytest.raises(SecretMissing, match="cannot be read"):
            SecretRef(f"file:{tmp_path / name}").read()


@pytest.mark.parametrize("value", ["AKIASECRET", "env:", "file:", "", "http://x", 7, None, ["env:A"]])
def test_a_secret_in_the_configuration_is_refused_without_being_repeated(value: object):
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"key": value})
    (error,) = caught.value.errors(include_input=False)
    assert 'expected "env:NAME"' in error["msg"]
    assert "AKIASECRET" not in error["msg"]


def test_its_text_is_its_location(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_TEST_PLACE", "hidden")
    config = Config.model_validate({"key": "env:A_TEST_PLACE"})
    assert repr(config) == "Config(key=SecretRef('env:A_TEST_PLACE'))"
    assert str(config.key) == "env:A_TEST_PLACE"
    assert Config.model_validate({"key": config.key}) == config
