"""callboard.toml: a valid file becomes settings, an invalid one a list of errors."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.config.errors import URL_EXPECTED, explain
from bot.config.settings import SLACK_API_URL, Settings, load
from bot.domain.errors import ConfigError
from providers.accounts import AlibabaAccount, HuaweiAccount
from tests.bot.config_files import ACCOUNTS, WHOLE, read, refused


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in ("CALLBOARD_CONFIG", "REDIS_URL", "SLACK_API_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callboard.toml"


def test_the_whole_file(file: Path):
    settings = read(file, WHOLE)
    assert settings.slack
    assert settings.slack.mode == "socket"
    assert str(settings.slack.bot_token) == "env:SLACK_BOT_TOKEN"
    assert settings.slack.api_url == SLACK_API_URL
    assert settings.http.port == 3001
    huawei, alibaba = settings.accounts
    assert isinstance(huawei, HuaweiAccount)
    assert isinstance(alibaba, AlibabaAccount)
    assert huawei.endpoint("video-ocr", "x") == "http://127.0.0.1:9100"


def test_the_terminal_needs_accounts_alone(file: Path):
    settings = read(file, ACCOUNTS)
    assert settings.slack is None
    assert settings.redis.address() is None


def test_the_file_is_the_argument_or_named_by_the_environment_or_in_this_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file.write_text(WHOLE)
    other = tmp_path / "other.toml"
    other.write_text(ACCOUNTS)
    monkeypatch.chdir(tmp_path)
    assert load().slack
    monkeypatch.setenv("CALLBOARD_CONFIG", str(other))
    assert load().slack is None
    assert load(file).slack


def test_settings_cannot_be_changed(file: Path):
    settings = read(file, WHOLE)
    with pytest.raises(ValidationError, match="frozen"):
        settings.http.port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_slack_api_url_overrides_the_file(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9000/api")
    slack = read(file, WHOLE).slack
    assert slack
    assert slack.api_url == "http://127.0.0.1:9000/api/"
    monkeypatch.setenv("SLACK_API_URL", "nonsense")
    assert refused(file, WHOLE).startswith("SLACK_API_URL (environment): expected a URL")


@pytest.mark.parametrize("section", ["", '[redis]\nurl = "env:REDIS_URL"\n', "[redis]\n"])
def test_redis_url_counts_wherever_the_file_says_nothing_else(
    file: Path, section: str, monkeypatch: pytest.MonkeyPatch
):
    redis = read(file, section + ACCOUNTS).redis
    assert redis.address() is None
    for url in ("rediss://:secret@host:6380/1", "redis+sentinel://:secret@a:1,b:2/ours/0", "redis+cluster://host:1"):
        monkeypatch.setenv("REDIS_URL", url)
        assert redis.address() == url
    assert "secret" not in repr(redis)


def test_a_reference_that_leads_nowhere_is_no_reason_to_use_another_server(file: Path, monkeypatch: pytest.MonkeyPatch):
    redis = read(file, '[redis]\nurl = "env:MY_REDIS"\n' + ACCOUNTS).redis
    with pytest.raises(ConfigError, match="MY_REDIS is not set"):
        redis.address()
    monkeypatch.setenv("MY_REDIS", "hunter2")
    with pytest.raises(ConfigError, match="env:MY_REDIS has another value") as caught:
        redis.address()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("redis://host:6379/0", "redis://:p%40s%20s%2F@host:6379/0"),
        ("rediss://me@[::1]:6380/1?timeout=2", "rediss://me:p%40s%20s%2F@[::1]:6380/1?timeout=2"),
        ("unix:///run/redis.sock?db=1", "unix://:p%40s%20s%2F@/run/redis.sock?db=1"),
        (
            "redis+sentinel://a:1,b:2/ours/0?sentinel_password=a@b",
            "redis+sentinel://:p%40s%20s%2F@a:1,b:2/ours/0?sentinel_password=a@b",
        ),
        ("redis+cluster://host:1", "redis+cluster://:p%40s%20s%2F@host:1"),
    ],
)
def test_the_password_of_redis_may_be_in_a_place_of_its_own(
    file: Path, url: str, whole: str, monkeypatch: pytest.MonkeyPatch
):
    secret = file.parent / "redis_password"
    redis = read(file, f'[redis]\npassword = "file:{secret}"\n' + ACCOUNTS).redis
    assert redis.address() is None  # the embedded server has none
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(ConfigError, match=r"redis\.password: the file .* cannot be read"):
        redis.address()
    secret.write_text("p@s s/\n")
    assert redis.address() == whole
    assert "p@s" not in repr(redis)


@pytest.mark.parametrize("url", ["redis://:hunter2@host", "redis://me:hunter2@host/0", "unix:///x?password=hunter2"])
def test_redis_has_one_password(file: Path, url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", url)
    monkeypatch.setenv("REDIS_PASSWORD", "hunter3")
    redis = read(file, '[redis]\npassword = "env:REDIS_PASSWORD"\n' + ACCOUNTS).redis
    with pytest.raises(ConfigError, match=r"redis\.password: the server's URL already has a password") as caught:
        redis.address()
    assert "hunter" not in str(caught.value)


def test_data_of_the_embedded_server_is_the_users_own(file: Path, monkeypatch: pytest.MonkeyPatch):
    assert read(file, ACCOUNTS).redis.data == Path.home() / ".local/share/callboard/redis"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert read(file, ACCOUNTS).redis.data == Path("/data/callboard/redis")
    assert read(file, '[redis]\ndir = "/elsewhere"\n' + ACCOUNTS).redis.data == Path("/elsewhere")


@pytest.mark.parametrize(
    ("found", "replaced", "said"),
    [
        (
            'mode = "socket"',
            'mode = "sockett"',
            ':2: slack.mode: found "sockett", did you mean "socket"? expected "socket" or "http"',
        ),
        ('mode = "socket"', "mode = 3", ':2: slack.mode: found 3, expected "socket" or "http"'),
        (
            'app_token = "env:SLACK_APP_TOKEN"\n',
            "",
            ':1: slack.app_token: found nothing, expected a reference, such as "env:SLACK_APP_TOKEN", because mode',
        ),
        (
            'bot_token = "env:SLACK_BOT_TOKEN"\n',
            "",
            ':1: slack.bot_token: found nothing, expected a reference, such as "env:SLACK_BOT_TOKEN"',
        ),
        (
            'bot_token = "env:SLACK_BOT_TOKEN"',
            'client_id = "1.2"\nclient_secret = "env:S"\nencryption_keys = ["env:K"]\nbot_token = "env:T"',
            ":6: slack.bot_token: found a value that is not shown, because it may be a secret, expected no bot_token",
        ),
        (
            'bot_token = "env:SLACK_BOT_TOKEN"',
            'client_id = "1.2"\nencryption_keys = ["env:K"]',
            ':1: slack.client_secret: found nothing, expected a reference, such as "env:SLACK_CLIENT_SECRET", because',
        ),
        (
            'bot_token = "env:SLACK_BOT_TOKEN"',
            'client_id = "1.2"\nclient_secret = "env:S"',
            ':1: slack.encryption_keys: found nothing, expected a list of references, such as ["env:CALLBOARD_KEY"]',
        ),
        (
            'bot_token = "env:SLACK_BOT_TOKEN"',
            'client_id = "A024BE7LD"',
            ':3: slack.client_id: found "A024BE7LD", expected the app\'s client id, such as "3336676.569200954261"',
        ),
        (
            "port = 3001",
            'port = "http"',
            ':12: http.port: found "http", expected a port from 1 to 65535, or 0 for any free one',
        ),
        (
            "port = 3001",
            "port = 70000",
            ":12: http.port: found 70000, expected a port from 1 to 65535, or 0 for any free one",
        ),
        (
            "port = 3001",
            "port = 3001\nadmin_port = 3001",
            ":13: http.admin_port: found 3001, expected a port other than http.port",
        ),
        (
            "port = 3001",
            "admin_port = -1",
            ":12: http.admin_port: found -1, expected a port other than port, from 1 to 65535, or 0 for any free one",
        ),
        ("port = 3001", "prot = 3001", ':12: http.prot: found an unknown key, did you mean "port"? expected one of '),
        ("[http]", "[https]", ':10: https: found an unknown key, did you mean "http"? expected one of '),
        (
            'region = "cn-north-4"',
            'region = "CN North"',
            ':17: accounts[0].region: found "CN North", expected a region, such as "cn-north-4"',
        ),
        (
            'region = "cn-north-4"\n',
            "",
            ':14: accounts[0].region: found nothing, expected a region, such as "cn-north-4"',
        ),
        ('cloud = "huawei"', 'cloud = "aws"', ':16: accounts[0].cloud: found "aws", expected "huawei" or "alibaba"'),
        ('cloud = "huawei"\n', "", ":14: accounts[0].cloud: found nothing, expected the name of a cloud"),
        (
            '"image-moderation", ',
            '"moderation", ',
            ':19: accounts[0].services[1]: found "moderation", did you mean "image-moderation"? expected "video-ocr", ',
        ),
        (
            '"image-moderation", ',
            '"vod-ai", ',
            ':19: accounts[0].services[1]: found "vod-ai", expected "video-ocr", ',
        ),
        ('"image-moderation", ', "3, ", ':19: accounts[0].services[1]: found 3, expected "video-ocr", '),
        (
            'services = ["vod-ai", "vod-jobs"]',
            "services = []",
            ":28: accounts[1].services: found an empty list, expected a list of at least one service",
        ),
        (
            'access_key_id = "env:VOD_SG_AK"\n',
            "",
            ":24: accounts[1]: found an incomplete table, expected access_key_id and secret_access_key",
        ),
        (
            "{ video-ocr =",
            "{ vod-ai =",
            ":14: accounts[0]: endpoints names vod-ai, which is not among the account's services",
        ),
        (
            '"http://127.0.0.1:9100"',
            '"127.0.0.1:9100"',
            f':22: accounts[0].endpoints.video-ocr: found "127.0.0.1:9100", expected {URL_EXPECTED}',
        ),
        (
            '"http://127.0.0.1:9100"',
            '"http://a:91000"',
            f':22: accounts[0].endpoints.video-ocr: found "http://a:91000", expected {URL_EXPECTED} (invalid port',
        ),
        (
            '"http://127.0.0.1:9100"',
            "9100",
            ":22: accounts[0].endpoints.video-ocr: found 9100, expected a URL that starts with ",
        ),
        (
            'mode = "socket"',
            'api_url = "slack.com/api"',
            ':2: slack.api_url: found "slack.com/api", expected a URL that starts with http:// or https://, such as ',
        ),
        (
            'name = "media-cn"',
            'name = "video-ocr"',
            ':15: accounts[0].name: found "video-ocr", expected a name that no service has',
        ),
        (
            '["vod-ai", "vod-jobs"]',
            '["vod-ai", "vod-jobs", "vod-ai"]',
            ":28: accounts[1].services: found a list, expected each service once, not vod-ai again",
        ),
        (
            'endpoints = { video-ocr = "http://127.0.0.1:9100" }',
            'token = "env:MEDIA_CN_TOKEN"',
            ":14: accounts[0]: found token and access_key_id, secret_access_key, expected one of the two",
        ),
        (
            'name = "vod-sg"',
            'name = "media-cn"',
            ':25: accounts[1].name: found "media-cn", which is already the name of accounts[0], expected a unique name',
        ),
        ("[redis]", "[slack]", ":7: invalid TOML: cannot declare"),
        ("port = 3001", "port = ", ":12: invalid TOML: invalid value"),
    ],
)
def test_a_wrong_line_is_named_with_what_was_found_and_expected(file: Path, found: str, replaced: str, said: str):
    assert found in WHOLE
    message = refused(file, WHOLE.replace(found, replaced, 1))
    assert f"callboard.toml{said}" in message
    assert len(message.splitlines()) == 1


def test_every_problem_is_listed_from_top_to_bottom(file: Path):
    text = WHOLE.replace('"socket"', '"s"').replace("3001", "-1").replace("media-cn", "vod-sg")
    text = text.replace('project_id = "', 'project = "')
    lines = [line.split(":")[1] for line in refused(file, text).splitlines()]
    assert lines == ["2", "12", "14", "18", "25"]


@pytest.mark.parametrize(
    ("found", "replaced"),
    [
        ('"env:SLACK_BOT_TOKEN"', '"xoxb-hunter2"'),
        ('bot_token = "env:SLACK_BOT_TOKEN"', 'bot_toke = "hunter2"'),
        ('"env:MEDIA_CN_SK"', '"hunter2"'),
        ('"env:MEDIA_CN_SK"', '["hunter2"]'),
        ('"env:REDIS_URL"', '"redis://:hunter2@host/0"'),
        ('"env:REDIS_URL"', '"redis+sentinel://a:1,b:2/ours?sentinel_password=hunter2"'),
        ('"env:REDIS_URL"', '"unix:///run/redis.sock?password=hunter2"'),
        ('"env:REDIS_URL"', '"hunter2"'),
        ('"http://127.0.0.1:9100"', '"http://me:hunter2@host:99999"'),
    ],
)
def test_what_may_be_a_secret_is_never_repeated(file: Path, found: str, replaced: str):
    assert found in WHOLE
    assert "hunter2" not in refused(file, WHOLE.replace(found, replaced, 1))


@pytest.mark.parametrize("text", ["", "[[accounts]]\n", 'accounts = "x"\n', "slack = 3\naccounts = [3]\n"])
def test_odd_files_are_refused_in_words_too(file: Path, text: str):
    assert "expected" in refused(file, text)


def test_a_file_that_cannot_be_read(file: Path, tmp_path: Path):
    with pytest.raises(ConfigError, match="no such file: create it, or name another one with --config"):
        load(file)
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="other than text"):
        load(file)


def test_an_unfinished_file_is_placed_at_its_end(file: Path):
    assert "callboard.toml:2: invalid TOML: unterminated string" in refused(file, 'a = 1\nb = """\n')


def test_every_required_key_says_what_it_expects():
    data: dict[str, Any] = {"slack": {}, "accounts": [{"cloud": "huawei"}, {"cloud": "alibaba"}]}
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(data)
    problems = explain(caught.value, data, Settings)
    assert problems
    assert not [problem for problem in problems if "required" in problem.text]
