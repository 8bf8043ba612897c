"""Only `callboard.toml` configures the Bolt app, and Slack must accept its token."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.store import Store
from sandbox.slack.workspace.credentials import BOT_TOKEN
from tests.bot.memory import services
from tests.desk import Desk


class TestStart:
    async def test_bolt_logs_no_warnings(self, desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch):
        for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
            monkeypatch.setenv(name, "xoxb-somebody-elses")
        client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{desk.slack}/api/")
        app = create_app(await OneWorkspace.of(client), services(store), client.base_url)
        assert desk.log.getvalue() == ""
        assert app.oauth_flow is None

    async def test_a_token_that_slack_refuses(self, desk: Desk):
        client = AsyncWebClient(token="xoxb-wrong", base_url=f"{desk.slack}/api/")
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await OneWorkspace.of(client)
