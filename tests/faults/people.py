"""People at the workspace's page, and the control panels of workspace and clouds."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from bot.domain.slack_ids import bare_id

Json = dict[str, Any]
USERS = ("U0DANA", "U0LEE", "U0SAM")
CLICKS, ANSWERED_S, LOOK_S = 8, 4.0, 0.05
"""How often a button is pressed, the seconds to wait for its answer, and how often it is looked for."""


class People:
    """People who type. They do not wait for answers, which may be lost: only what Redis then has counts."""

    def __init__(self, page: httpx.AsyncClient) -> None:
        self._page = page

    async def types(self, user: str, channel: str, text: str) -> None:
        """Type a command; in an archived channel nothing is sent."""
        typed = await self._page.post("/ui/message", json={"user": user, "channel": channel, "text": text})
        if typed.status_code != 200 and typed.json()["error"] != "is_archived":
            typed.raise_for_status()

    async def restores(self, destination: str) -> None:
        """Press Restore for a destination: each person on the newest note about it, as some no longer subscribe."""
        for user in USERS:
            notes = ((message, pair) for message in reversed(await self.messages(user)) for pair in _restoring(message))
            for message, (block, button) in notes:
                if bare_id(json.loads(button["value"])["place"]) == destination:
                    await self._post("/ui/action", _click(user, message, block, button))
                    break

    async def shows_all(self, user: str, message: Json, block: Json, button: Json) -> list[Json]:
        """Press Show all below a head, and then Next until the last page; return the pages."""
        seen = {each["ts"] for each in await self._seen(user, message["channel"])}
        page = await self._press(
            _click(user, message, block, button),
            lambda each: each["ephemeral"] and each["ts"] not in seen and offers_details(each),
        )
        pages = [page]
        while following := [pair for pair in buttons(page["blocks"]) if pair[1]["action_id"].endswith(":next")]:
            ts, blocks = page["ts"], page["blocks"]
            page = await self._press(
                _click(user, page, *following[0]),
                lambda each, ts=ts, blocks=blocks: each["ts"] == ts and each["blocks"] != blocks,
            )
            pages.append(page)
        return pages

    async def _press(self, click: Json, right: Callable[[Json], bool]) -> Json:
        """Press a button until its answer appears: a process of another version may not have the button."""
        for _ in range(CLICKS):
            await self._post("/ui/action", click)
            for _ in range(round(ANSWERED_S / LOOK_S)):
                if found := next(filter(right, await self._seen(click["user"], click["channel"])), None):
                    return found
                await asyncio.sleep(LOOK_S)
        raise TimeoutError(f"nothing answers {click}")

    async def _seen(self, user: str, channel: str) -> list[Json]:
        found = await self._page.get("/test/messages", params={"channel": channel, "user": user})
        found.raise_for_status()
        return found.json()

    async def order(self, what: str, **details: Any) -> None:
        """Make the workspace misbehave: see `sandbox.slack.test_api.workspace_hooks`."""
        await self._post(f"/test/{what}", details)

    async def calm(self) -> None:
        """Remove all faults."""
        (await self._page.delete("/test/fault")).raise_for_status()

    async def messages(self, destination: str) -> list[Json]:
        """Return the bot's messages in a conversation that all members see, oldest first."""
        found = await self._page.get("/test/messages", params={"channel": destination})
        found.raise_for_status()
        return [each for each in found.json() if each["bot"] and each["username"] == "Callboard"]

    async def calls(self) -> list[Json]:
        """Return every call that the workspace got."""
        found = await self._page.get("/test/calls")
        found.raise_for_status()
        return found.json()

    async def _post(self, path: str, body: Json) -> None:
        (await self._page.post(path, json=body)).raise_for_status()


class Clouds:
    """The owner of the jobs at the clouds."""

    def __init__(self, control: httpx.AsyncClient) -> None:
        self._control = control

    async def add(self, service: str, name: str, wait_s: float) -> str:
        """Start a job that runs until it is finished; return its ref."""
        account = account_of(service)
        order = {"account": account, "service": service, "name": name, "wait_s": wait_s, "run_s": 86_400}
        added = await self._control.post("/control/jobs", json=order)
        added.raise_for_status()
        return f"{account}/{service}/{added.json()['id']}"

    async def end(self, ref: str, state: str) -> None:
        """Finish a job."""
        ended = await self._control.post(f"/control/jobs/{ref.rpartition('/')[2]}", json={"state": state})
        ended.raise_for_status()

    async def storm(self, services: Iterable[str], **order: float | str) -> list[str]:
        """Let jobs of the watched account fail; return their refs."""
        body = {"services": [f"media-cn/{each}" for each in services], **order}
        made = await self._control.post("/control/storm", json=body)
        made.raise_for_status()
        return made.json()["failing"]

    async def transitions(self) -> list[Json]:
        """Return the true transitions of each job of the watched account."""
        found = await self._control.get("/control/transitions", params={"account": "media-cn"})
        found.raise_for_status()
        return found.json()["jobs"]

    async def now(self) -> float:
        """Return the clouds' true clock."""
        found = await self._control.get("/control/transitions", params={"account": "nobody"})
        found.raise_for_status()
        return found.json()["now"]

    async def fault(self, **fault: Any) -> None:
        """Make a cloud misbehave: see `sandbox.clouds.faults`."""
        (await self._control.post("/control/fault", json=fault)).raise_for_status()

    async def calm(self) -> None:
        """Remove all faults."""
        (await self._control.delete("/control/fault")).raise_for_status()


def offers_details(message: Json) -> bool:
    """Return whether a message names jobs: another answer says that the button is unknown."""
    return any(button["action_id"] == "open:details" for _, button in buttons(message["blocks"]))


def buttons(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each button with its block."""
    for block in blocks:
        for element in [*block.get("elements", []), *filter(None, [block.get("accessory")])]:
            if element.get("type") == "button":
                yield block, element


def _restoring(message: Json) -> Iterator[tuple[Json, Json]]:
    """Yield the buttons of a note that restore the subscriptions of a destination, with their blocks."""
    return (pair for pair in buttons(message["blocks"]) if pair[1]["action_id"] == "restore")


def _click(user: str, message: Json, block: Json, button: Json) -> Json:
    return {
        "user": user,
        "channel": message["channel"],
        "message_ts": message["ts"],
        "block_id": block["block_id"],
        "action_id": button["action_id"],
        "type": "button",
        "value": button["value"],
    }


def account_of(service: str) -> str:
    """Return the account of a service."""
    return "vod-sg" if service.startswith("vod") else "media-cn"
