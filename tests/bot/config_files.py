"""The files that the tests of `bot.config.settings` read."""

from pathlib import Path

import pytest

from bot.config.settings import Settings, load
from bot.domain.errors import ConfigError

WHOLE = """\
[slack]
mode = "socket"
bot_token = "env:SLACK_BOT_TOKEN"
app_token = "env:SLACK_APP_TOKEN"
signing_secret = "env:SLACK_SIGNING_SECRET"

[redis]
url = "env:REDIS_URL"

[http]
host = "127.0.0.1"
port = 3001

[[accounts]]
name = "media-cn"
cloud = "huawei"
region = "cn-north-4"
project_id = "6204a5bd270343b5885144cf9c8c158d"
services = ["video-ocr", "image-moderation", "digital-human"]
access_key_id = "env:MEDIA_CN_AK"
secret_access_key = "env:MEDIA_CN_SK"
endpoints = { video-ocr = "http://127.0.0.1:9100" }

[[accounts]]
name = "vod-sg"
cloud = "alibaba"
region = "ap-southeast-1"
services = ["vod-ai", "vod-jobs"]
access_key_id = "env:VOD_SG_AK"
secret_access_key = "file:/run/secrets/vod_sg_sk"
"""
ACCOUNTS = WHOLE[WHOLE.index("[[accounts]]") :]


def read(file: Path, text: str) -> Settings:
    file.write_text(text)
    return load(file)


def refused(file: Path, text: str) -> str:
    """Return what is said about a wrong file, without the folder of the test."""
    with pytest.raises(ConfigError) as caught:
        read(file, text)
    return str(caught.value).replace(f"{file.parent}/", "")
