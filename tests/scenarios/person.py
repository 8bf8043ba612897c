"""A person at the workspace's page. Typing, clicks and reading use the page's own protocol."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import httpx

from sandbox.slack.workspace.workspace import Workspace

Json = dict[str, Any]
PATIENCE_S = 20


@dataclass(frozen=True)
class Answer:
    """A message as the page shows it."""

    json: Json

    @property
    def ts(self) -> str:
        return self.json["ts"]

    @property
    def blocks(self) -> list[Json]:
        return self.json["blocks"]

    @property
    def text(self) -> str:
        """All readable text in the blocks."""
        return "\n".join(_texts(self.blocks))

    @property
    def elements(self) -> list[tuple[Json, Json]]:
        """Every button and select, with its block."""
        return elements(self.blocks)

    def says(self, text: str) -> bool:
        return text in self.text or text in self.json["text"]

    def has(self, traits: Json) -> bool:
        return all(self.json[name] == value for name, value in traits.items())

    def buttons(self) -> list[str]:
        return [element["text"]["text"] for _, element in self.elements if element["type"] == "button"]


@dataclass(frozen=True)
class Person:
    """One user of the workspace."""

    id: str
    page: httpx.AsyncClient
    workspace: Workspace

    async def types(self, text: str, channel: str = "C0ONCALL") -> Answer:
        """Type a command and return the bot's answer, which only this person sees."""
        seen = {answer.ts for answer in await self.sees(channel)}
        return await self._after(
            lambda: self._post("message", channel=channel, text=text),
            lambda answers: next((a for a in answers if a.ts not in seen and a.json["ephemeral"]), None),
            channel,
        )

    async def begins(self, text: str, channel: str = "C0ONCALL") -> None:
        """Type a command without waiting."""
        await self._post("message", channel=channel, text=text)

    async def clicks(self, label: str, on: Answer, channel: str = "C0ONCALL", *, nth: int = 0) -> Answer:
        """Press a button that answers with a new message."""
        seen = {answer.ts for answer in await self.sees(channel)}
        block, button = self._button(label, on, nth)
        return await self._after(
            lambda: self._act(on, block, button, channel),
            lambda answers: next((answer for answer in answers if answer.ts not in seen), None),
            channel,
        )

    async def turns(self, label: str, on: Answer, channel: str = "C0ONCALL") -> Answer:
        """Press a button whose answer replaces the message."""
        block, button = self._button(label, on, 0)
        return await self._after(lambda: self._act(on, block, button, channel), _changed(on), channel)

    async def starts(self, label: str, on: Answer, channel: str = "C0ONCALL") -> None:
        """Press a button without waiting."""
        block, button = self._button(label, on, 0)
        await self._act(on, block, button, channel)

    async def picks(self, option: str, on: Answer, channel: str = "C0ONCALL") -> Answer:
        """Choose an option of a select, by its label. Returns the answer that replaces the message."""
        return await self._after(lambda: self.starts_picking(option, on, channel), _changed(on), channel)

    async def starts_picking(self, option: str, on: Answer, channel: str = "C0ONCALL") -> None:
        """Choose an option of a select, by its label, without waiting."""
        for block, element in on.elements:
            for choice in element.get("options", []):
                if choice["text"]["text"] == option:
                    await self._act(on, block, element, channel, selected_option=choice)
                    return
        raise AssertionError(f"no option {option!r} in {on.text}")

    async def opens(self, label: str, on: Answer, channel: str = "C0ONCALL", *, until: str) -> str:
        """Press a button that opens a modal. Returns its text once it contains `until`."""
        block, button = self._button(label, on, 0)
        await self._act(on, block, button, channel)
        async with asyncio.timeout(PATIENCE_S):
            with self.workspace.feed.page(self.id) as events:
                while True:
                    views = (await self.page.get("/ui/state", params={"user": self.id})).json()["view_stack"]
                    shown = "\n".join(_texts(views[-1]["blocks"])) if views else ""
                    if until in shown:
                        return shown
                    await events.get()

    async def chooses(self, callback_id: str, on: Json, channel: str = "C0ONCALL") -> Answer:
        """Pick a shortcut from a message's menu. Returns the answer that only this person sees."""
        seen = {answer.ts for answer in await self.sees(channel)}
        return await self._after(
            lambda: self._post("shortcut", channel=channel, message_ts=on["ts"], callback_id=callback_id),
            lambda answers: next((a for a in answers if a.ts not in seen and a.json["ephemeral"]), None),
            channel,
        )

    async def opened(self, act: Callable[[], Any], until: str = "", *, after: Json | None = None) -> Json:
        """Do something and return the top modal of the page once it contains this text.

        With `after` it must differ from that modal and its contents.
        """

        def found(state: Json) -> Json | None:
            shown = next(iter(state["view_stack"][-1:]), None)
            return None if shown and after and shown["hash"] == after["hash"] else shown

        return await self._looks(act, found, until)

    async def picks_shortcut(self, callback_id: str) -> None:
        """Pick a shortcut of the workspace, outside of any conversation."""
        await self._post("shortcut", callback_id=callback_id)

    async def looks_at_home(self, *, until: str) -> Json:
        """Open the Home tab and return it once it contains this text."""
        return await self._looks(lambda: self._post("home", tab="home"), lambda state: state["home"], until)

    async def home(self, until: str) -> Json:
        """Wait until the Home tab contains this text."""
        return await self._looks(lambda: asyncio.sleep(0), lambda state: state["home"], until)

    async def asks(self, text: str, channel: str = "C0ONCALL", *, until: str = "", after: Json | None = None) -> Json:
        """Type a command that opens a modal."""
        return await self.opened(lambda: self._post("message", channel=channel, text=text), until, after=after)

    async def uses(self, view: Json, label: str, *, nth: int = 0) -> None:
        """Press a button in a modal or the Home tab."""
        found = [pair for pair in elements(view["blocks"]) if pair[1].get("text", {}).get("text") == label]
        assert len(found) > nth, f"no button {label!r} in {_texts(view['blocks'])}"
        await self._in_view(view, *found[nth], value=found[nth][1].get("value"))

    async def picks_channel(self, view: Json, channel: str) -> None:
        """Choose a channel in the Home tab."""
        [(block, element)] = [each for each in elements(view["blocks"]) if each[1]["type"] == "conversations_select"]
        await self._in_view(view, block, element, selected_conversation=channel)

    async def picks_in(self, view: Json, option: str) -> None:
        """Choose an option of a select in the Home tab or a modal."""
        for block, element in elements(view["blocks"]):
            for choice in element.get("options", []):
                if choice["text"]["text"] == option:
                    return await self._in_view(view, block, element, selected_option=choice)
        raise AssertionError(f"no option {option!r} in {_texts(view['blocks'])}")

    async def selects(self, view: Json, name: str, value: str) -> None:
        """Choose an option of a select in a form that reports every change immediately."""
        block = next(each for each in view["blocks"] if each.get("block_id", "").partition(":")[0] == name)
        element = block["element"]
        option = next(each for each in element["options"] if each["value"] == value)
        await self._in_view(view, block, element, selected_option=option)

    async def _in_view(self, view: Json, block: Json, element: Json, **chosen: Any) -> None:
        where: Json = {"view_id": view["id"], "block_id": block["block_id"], "action_id": element["action_id"]}
        state = {block["block_id"]: {element["action_id"]: chosen}} if block["type"] == "input" else {}
        await self._post("action", **where, type=element["type"], state_values=state, **chosen)

    async def sends(self, view: Json, **fields: Any) -> None:
        """Fill in the fields of a form, by name, and submit it. A value is Slack's state of the field."""
        state: Json = {}
        for block in view["blocks"]:
            name = block.get("block_id", "").partition(":")[0]
            if block["type"] == "input" and name in fields:
                state[block["block_id"]] = {block["element"]["action_id"]: fields[name]}
        await self._post("view_submit", view_id=view["id"], state_values=state)

    async def _looks(self, act: Callable[[], Any], find: Callable[[Json], Json | None], until: str) -> Json:
        async with asyncio.timeout(PATIENCE_S):
            with self.workspace.feed.page(self.id) as events:
                await act()
                while True:
                    shown = find((await self.page.get("/ui/state", params={"user": self.id})).json())
                    if shown and until in str(shown):
                        return shown
                    await events.get()

    async def says(self, text: str, channel: str = "C0ONCALL", *, as_: str = "", thread_ts: str | None = None) -> None:
        """Post a message in Slack's markup; `as_` posts it for another person."""
        said = {"user": as_ or self.id, "channel": channel, "text": text, "thread_ts": thread_ts}
        response = await self.page.post("/test/say", json=said)
        assert response.json()["ok"], response.text

    async def reads_once(self, text: str, *, of: str, channel: str = "C0ONCALL") -> Json:
        """Wait until a message, found by its text, also contains this text, and return it."""
        async with asyncio.timeout(PATIENCE_S):
            with self.workspace.feed.page(self.id) as events:
                while text not in str(message := await self.reads(of, channel)):
                    await events.get()
        return message

    async def reads(self, text: str, channel: str = "C0ONCALL") -> Json:
        """Return a message of the page with this text in any part of it."""
        response = await self.page.get("/test/messages", params={"channel": channel, "user": self.id})
        return next(each for each in response.json() if text in str(each))

    async def hears(self, text: str, channel: str = "C0ONCALL", **traits: object) -> Answer:
        """Wait for the bot's message with this text and these traits (`broadcast=True`). Returns it."""

        def found(answers: list[Answer]) -> Answer | None:
            return next((each for each in answers if each.says(text) and each.has(traits)), None)

        with self.workspace.feed.page(self.id) as events:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    while not (answer := found(await self.sees(channel))):
                        await events.get()
            except TimeoutError:
                said = "\n".join(f"{each.ts} {each.json['thread_ts']} {each.text}" for each in await self.sees(channel))
                raise AssertionError(f"nobody said {text!r} with {traits} in {channel}, but:\n{said}") from None
        return answer

    async def events(self) -> list[Json]:
        """Return the events sent to the app, oldest first, with their attempts and results."""
        return (await self.page.get("/test/events")).json()

    async def sees(self, channel: str = "C0ONCALL") -> list[Answer]:
        """Return the bot's messages in a channel that this person can see, oldest first."""
        response = await self.page.get("/test/messages", params={"channel": channel, "user": self.id})
        return [
            Answer(message)
            for message in response.json()
            if message["bot"] and message["user"] == self.workspace.app.user_id
        ]

    async def _after(
        self, act: Callable[[], Any], find: Callable[[list[Answer]], Answer | None], channel: str
    ) -> Answer:
        """Do something, then wait until the result is visible."""
        async with asyncio.timeout(PATIENCE_S):
            with self.workspace.feed.page(self.id) as events:
                await act()
                while True:
                    if found := find(await self.sees(channel)):
                        return found
                    await events.get()

    async def _post(self, what: str, **body: Any) -> None:
        response = await self.page.post(f"/ui/{what}", json={"user": self.id, **body})
        assert response.json() == {"ok": True}, response.text

    async def _act(self, on: Answer, block: Json, element: Json, channel: str, **chosen: Any) -> None:
        await self._post(
            "action",
            channel=channel,
            message_ts=on.ts,
            block_id=block["block_id"],
            action_id=element["action_id"],
            type=element["type"],
            **(chosen or {"value": element.get("value")}),
        )

    @staticmethod
    def _button(label: str, on: Answer, nth: int) -> tuple[Json, Json]:
        found = [pair for pair in on.elements if pair[1]["type"] == "button" and pair[1]["text"]["text"] == label]
        assert len(found) > nth, f"no button {label!r} among {on.buttons()}"
        return found[nth]


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition that sends no notification."""
    async with asyncio.timeout(PATIENCE_S):
        while not await done():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def elements(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Yield every button and select, with its block."""
    return [
        (block, element)
        for block in blocks
        for element in [*block.get("elements", []), *filter(None, [block.get("accessory")])]
        if "action_id" in element
    ]


def _changed(before: Answer) -> Callable[[list[Answer]], Answer | None]:
    return lambda answers: next((each for each in answers if each.ts == before.ts and each.json != before.json), None)


def _texts(node: Any) -> list[str]:
    match node:
        case {"text": str(text)}:
            return [text]
        case dict():
            return [text for value in cast("Json", node).values() for text in _texts(value)]
        case list():
            return [text for value in cast("list[Any]", node) for text in _texts(value)]
        case _:
            return []
