"""The log of the app's calls."""

from sandbox.slack.workspace.call_log import Calls
from sandbox.slack.workspace.seed import ON_CALL
from tests.sandbox.slack.conftest import Slack


async def test_calls_are_numbered_and_dated(slack: Slack) -> None:
    await slack.post("one")
    slack.clock.now += 5
    await slack.api("chat.shout")
    first, second = await slack.calls()
    assert first == {
        "index": 0,
        "at": slack.clock.now - 5,
        "method": "chat.postMessage",
        "arguments": {"channel": ON_CALL.id, "text": "one"},
        "error": None,
        "stored": False,
    }
    assert (second["index"], second["at"], second["error"]) == (1, slack.clock.now, "unknown_method")


async def test_only_the_new_ones(slack: Slack) -> None:
    for text in ("one", "two", "three"):
        await slack.post(text)
    assert [call["index"] for call in await slack.calls(since=1)] == [1, 2]
    assert (await slack.http.delete("/test/calls")).json() == {"ok": True}
    assert await slack.calls() == []
    await slack.post("four")
    assert [call["index"] for call in await slack.calls()] == [3]
    assert (await slack.http.get("/test/calls", params={"since": "x"})).status_code == 400


def test_the_oldest_are_dropped() -> None:
    calls = Calls(lambda: 0.0, kept=3)
    for number in range(5):
        calls.add(f"m{number}", {})
    assert [call.method for call in calls] == ["m2", "m3", "m4"]
    assert [call.index for call in calls.since(3)] == [3, 4]
