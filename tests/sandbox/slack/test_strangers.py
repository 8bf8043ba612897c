"""Payloads and answers of the local Slack about outsiders and guests."""

import pytest

from sandbox.slack.workspace.model import Json, Team, User
from sandbox.slack.workspace.seed import ON_CALL
from tests.sandbox.slack.conftest import Slack, until
from tests.sandbox.slack.recorder import Recorder

VERA = User("U0VERA", "vera", "Vera Novak", "#555555", team=Team("T0OTHER", "Other", "other"))


@pytest.fixture(autouse=True)
def _shared(slack: Slack) -> None:
    """Make Vera a person of another organization, with which #on-call is shared."""
    slack.workspace.users[VERA.id] = VERA
    slack.workspace.channels[ON_CALL.id].shared = True


async def sent(app: Recorder, number: int = 1) -> Json:
    async def there() -> Json | None:
        return app.payloads[-1] if len(app.payloads) >= number else None

    return await until(there)


async def test_a_command_names_their_workspace(slack: Slack, app: Recorder) -> None:
    await slack.type("/jobs list", user=VERA.id)
    payload = await sent(app)
    assert (payload["team_id"], payload["team_domain"], payload["user_id"]) == ("T0OTHER", "other", VERA.id)


async def test_a_click_names_the_apps_workspace_and_theirs(slack: Slack, app: Recorder) -> None:
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Press"}}
    ts = await slack.post("Press", blocks=[{"type": "actions", "block_id": "b", "elements": [button]}])
    used: Json = {"channel": ON_CALL.id, "message_ts": ts, "block_id": "b", "action_id": "a", "type": "button"}
    (await slack.ui("action", user=VERA.id, **used)).raise_for_status()
    payload = await sent(app)
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0OTHER", "T0SANDBOX")


async def test_a_mention_names_theirs_beside_the_apps(slack: Slack, app: Recorder) -> None:
    await slack.type("@callboard list", user=VERA.id)
    payload = await sent(app)
    event = app.event("app_mention")
    assert (event["team"], event["user_team"], event["source_team"]) == ("T0SANDBOX", "T0OTHER", "T0OTHER")
    assert (payload["team_id"], payload["is_ext_shared_channel"]) == ("T0SANDBOX", True)
    assert payload["authorizations"][0]["team_id"] == "T0SANDBOX"


async def test_a_message_names_theirs(slack: Slack, app: Recorder) -> None:
    slack.workspace.direct_message(VERA)
    await slack.type("list", user=VERA.id, channel="D0VERA")
    payload = await sent(app)
    assert (payload["team_id"], payload["context_team_id"]) == ("T0OTHER", "T0SANDBOX")
    assert (app.event("message")["team"], payload["is_ext_shared_channel"]) == ("T0OTHER", False)


async def test_the_home_tab(slack: Slack, app: Recorder) -> None:
    await slack.ui("home", user=VERA.id, tab="home")
    assert (await sent(app))["team_id"] == "T0OTHER"


@pytest.mark.parametrize(("guest", "flags"), [("", (False, False)), ("multi", (True, False)), ("single", (True, True))])
async def test_who_is_a_guest(slack: Slack, guest: str, flags: tuple[bool, bool]) -> None:
    await slack.hook("person", user="U0SAM", guest=guest)
    user = (await slack.api("users.info", user="U0SAM"))["user"]
    assert (user["is_restricted"], user["is_ultra_restricted"]) == flags
    assert user["team_id"] == "T0SANDBOX"


async def test_who_is_of_another_organization(slack: Slack) -> None:
    assert (await slack.api("users.info", user=VERA.id))["user"]["team_id"] == "T0OTHER"
    await slack.hook("person", user="U0NEW", team="T0FAR")
    assert (await slack.api("users.info", user="U0NEW"))["user"]["team_id"] == "T0FAR"
    await slack.hook("person", user="U0NEW")
    assert (await slack.api("users.info", user="U0NEW"))["user"]["team_id"] == "T0SANDBOX"


async def test_which_channels_are_shared(slack: Slack) -> None:
    async def shared() -> bool:
        channel = (await slack.api("conversations.info", channel=ON_CALL.id))["channel"]
        assert channel["is_shared"] == channel["is_ext_shared"]
        return channel["is_ext_shared"]

    assert await shared()
    await slack.hook("channel", channel=ON_CALL.id, shared=False)
    assert not await shared()


async def test_the_page_shows_them(slack: Slack) -> None:
    state = (await slack.http.get("/ui/state", params={"user": VERA.id})).json()
    assert {"id": "U0VERA", "name": "vera"}.items() <= next(
        each.items() for each in state["users"] if each["id"] == VERA.id
    )
