"""People at the workspace's page, and the control panels of the workspace and of the clouds."""

from typing import Any

import httpx

Json = dict[str, Any]
USERS = ("U0DANA", "U0LEE", "U0SAM")


class People:
    """Whoever types. Nobody waits for an answer: it may be lost, and what counts is what Redis has then."""

    def __init__(self, page: httpx.AsyncClient) -> None:
        self._page = page

    async def types(self, user: str, channel: str, text: str) -> None:
        """Type a command."""
        await self._post("/ui/message", {"user": user, "channel": channel, "text": text})

    async def order(self, what: str, **details: Any) -> None:
        """Have the workspace misbehave: see `sandbox.slack.hooks`."""
        await self._post(f"/test/{what}", details)

    async def calm(self) -> None:
        """Take all faults back."""
        (await self._page.delete("/test/fault")).raise_for_status()

    async def messages(self, place: str) -> list[Json]:
        """What the bot said in a place for everybody there to see, oldest first."""
        found = await self._page.get("/test/messages", params={"channel": place})
        found.raise_for_status()
        return [each for each in found.json() if each["bot"] and each["username"] == "Callboard"]

    async def calls(self) -> list[Json]:
        """Every call that the workspace got."""
        found = await self._page.get("/test/calls")
        found.raise_for_status()
        return found.json()

    async def _post(self, path: str, body: Json) -> None:
        (await self._page.post(path, json=body)).raise_for_status()


class Clouds:
    """Whoever has jobs at the clouds."""

    def __init__(self, control: httpx.AsyncClient) -> None:
        self._control = control

    async def add(self, service: str, name: str, wait_s: float) -> str:
        """Begin a job that ends when it is told to; return its ref."""
        account = account_of(service)
        order = {"account": account, "service": service, "name": name, "wait_s": wait_s, "run_s": 86_400}
        added = await self._control.post("/control/jobs", json=order)
        added.raise_for_status()
        return f"{account}/{service}/{added.json()['id']}"

    async def end(self, ref: str, state: str) -> None:
        """Have a job end."""
        ended = await self._control.post(f"/control/jobs/{ref.rpartition('/')[2]}", json={"state": state})
        ended.raise_for_status()

    async def fault(self, **fault: Any) -> None:
        """Have a cloud misbehave: see `sandbox.clouds.faults`."""
        (await self._control.post("/control/fault", json=fault)).raise_for_status()

    async def calm(self) -> None:
        """Take all faults back."""
        (await self._control.delete("/control/fault")).raise_for_status()


def account_of(service: str) -> str:
    """The account that a service belongs to."""
    return "vod-sg" if service.startswith("vod") else "media-cn"
