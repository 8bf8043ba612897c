"""The bot's messages and views in Slack, as JSON, with the elements that people press."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import Any

from sandbox.slack.workspace.model import Content, Message, View
from sandbox.slack.workspace.workspace import Workspace
from tests.scenarios.person import elements
from tests.stored.stage import Stage

Json = dict[str, Any]
DANA = "U0DANA"
ALERT = "VideoOcrStuck"
RESPONSE = "http://slack.example/response"
_RESPONSE = re.compile(r"http://127\.0\.0\.1:\d+/response/[\w/-]+")
_HIDDEN = {"edited", "unfurls", "event"}
_VIEW = ("type", "title", "submit", "close", "blocks", "callback_id", "private_metadata", "external_id")


@dataclass
class Snapshots:
    """Messages and views as they were when a person could press something in them; each kind of element once."""

    acts: dict[str, tuple[Json, Json]] = field(default_factory=dict[str, tuple[Json, Json]])

    def take(self, workspace: Workspace) -> None:
        """Record what the workspace shows now. It replaces earlier records of the same kind."""
        for message in _messages(workspace):
            self._note("message", message_as_json(message), message.content.blocks)
        for view in workspace.modals.stack(DANA)[-1:]:
            self._note("modal", _view_as_json(view), view.body["blocks"])
        if home := workspace.modals.homes.get(DANA):
            self._note("home", _view_as_json(home), home.body["blocks"])

    def submitted(self, payloads: Iterable[Json]) -> None:
        """Record the submitted forms with their values, and the shortcuts that were picked."""
        for payload in payloads:
            match payload:
                case {"type": "view_submission", "view": view}:
                    body = {name: deepcopy(view[name]) for name in _VIEW if view.get(name)}
                    surface = {"surface": "modal", "user": DANA, "channel": None, "body": body}
                    self.acts[f"submit {view['callback_id']}"] = surface, {"submit": view["state"]["values"]}
                case {"type": "shortcut" | "message_action" as kind, "callback_id": name}:
                    self.acts[f"{kind} {name}"] = {"surface": kind}, {"shortcut": name}
                case _:
                    pass

    def as_json(self) -> list[Json]:
        """Return each surface with the elements pressed in it."""
        found: dict[str, Json] = {}
        for surface, act in self.acts.values():
            found.setdefault(json.dumps(surface), {**deepcopy(surface), "acts": []})["acts"].append(act)
        for surface in found.values():
            _leave_out_rows(surface)
        return json.loads(_RESPONSE.sub(RESPONSE, json.dumps([*found.values()])))

    def _note(self, surface: str, body: Json, blocks: list[Json]) -> None:
        noted = {"surface": surface, **deepcopy(body)}
        for block, element in _pressable(blocks):
            for choice in _choices(element):
                act = {"block_id": block["block_id"], "action_id": element["action_id"], "type": element["type"]}
                self.acts[f"{surface} {kind_of(block, element)} {choice.get('option', '')}"] = noted, {**act, **choice}


def _leave_out_rows(surface: Json) -> None:
    """Remove the rows of a list whose buttons are like another row's."""
    pressed = {(act.get("block_id"), act.get("action_id"), act.get("value")) for act in surface["acts"]}
    holder = surface["body"] if "body" in surface else surface.get("content", {})
    holder["blocks"] = [
        block
        for block in holder.get("blocks", [])
        if not (element := block.get("accessory"))
        or (block["block_id"], element["action_id"], element.get("value")) in pressed
    ]


def _pressable(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    yield from ((block, element) for block, element in elements(blocks) if "url" not in element)
    yield from ((block, block["element"]) for block in blocks if block.get("dispatch_action"))


def _choices(element: Json) -> list[Json]:
    match element:
        case {"options": [*options]}:
            return [{"option": option["value"]} for option in options]
        case {"type": "conversations_select"}:
            return [{"selected_conversation": "C0ONCALL"}]
        case _:
            return [{"value": element["value"]}]


def kind_of(block: Json, element: Json) -> str:
    """Return an element's action, and the fields of the payload in its value or block."""
    block_id, value = block["block_id"], element.get("value") or ""
    name, _, payload = block_id.partition(":")
    asks = [_ask(value), _ask(payload)]
    return " ".join([element["type"], element["action_id"], name if asks[1] or ":" in block_id else "", *asks])


def _ask(text: str) -> str:
    if not text.startswith("{"):
        return ""
    ask = json.loads(text)
    return f"{','.join(sorted({*ask} - {'answer'}))}={ask.get('text', '').partition(' ')[0]}"


def _messages(workspace: Workspace) -> Sequence[Message]:
    channels = [channel for channel in workspace.channels.values() if channel.visible_to(DANA)]
    found = [message for channel in channels for message in workspace.messages.seen_by(channel.id, DANA)]
    return [message for message in found if message.user == workspace.app.user_id]


def message_as_json(message: Message) -> Json:
    """Return a message without its empty fields."""
    return {
        name: value for name, value in asdict(message).items() if value not in (None, "", False) and name not in _HIDDEN
    }


def history(workspace: Workspace) -> list[Json]:
    """Return the bot's posts with their metadata, which history searches read, and without their text."""
    found = [message for name in workspace.channels for message in workspace.messages.seen_by(name, None)]
    mine = [message_as_json(message) for message in found if message.user == workspace.app.user_id]
    return [{**each, "content": {"text": "posted"}} for each in mine if "metadata" in each]


def _view_as_json(view: View) -> Json:
    return {"user": view.user, "channel": view.channel, "body": view.body}


def say(workspace: Workspace, kept: Json) -> Message:
    """Restore a message in the workspace, replacing one with the same timestamp."""
    known: Json = {each.name: deepcopy(kept[each.name]) for each in fields(Message) if each.name in kept}
    known["content"] = Content(**known["content"])
    message = Message(**known)
    workspace.messages._by_channel[message.channel][message.ts] = message  # pyright: ignore[reportPrivateUsage]
    if message.thread_ts:
        replies = workspace.messages._threads[message.channel, message.thread_ts]  # pyright: ignore[reportPrivateUsage]
        replies[:] = [*(reply for reply in replies if reply.ts != message.ts), message]
    return message


async def press(stage: Stage, surface: Json, act: Json) -> Json:
    """Show an earlier message or view, press an element, and return the bot's actions."""
    doing = _doing(stage, surface, act)
    stage.workspace.calls.reset()
    await stage.booth.after(doing)
    answer = stage.answers()
    if not answer["methods"]:  # a card that is refreshed: its message is edited by a worker
        snapshot = await stage.deps.store.outbox.read(stage.place(surface["channel"]), ())
        answer["stale"] = sorted(snapshot.stale)
    return answer


def _doing(stage: Stage, surface: Json, act: Json) -> Callable[[], Awaitable[Any]]:
    workspace = stage.workspace
    match surface["surface"]:
        case "message":
            message = say(workspace, surface)
            used = _used(act, message.content.blocks)
            return partial(_post, stage, "action", channel=message.channel, message_ts=message.ts, **used)
        case "shortcut":
            return partial(_post, stage, "shortcut", callback_id=act["shortcut"])
        case "message_action":
            return partial(_on_alert, stage, act["shortcut"])
        case _:
            view = _show(stage, surface)
    if "submit" in act:
        return partial(_post, stage, "view_submit", view_id=view.id, state_values=act["submit"])
    used = _used(act, view.body["blocks"])
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    state = {act["block_id"]: {act["action_id"]: used}} if act["block_id"] in inputs else {}
    return partial(_post, stage, "action", view_id=view.id, state_values=state, **used)


def _used(act: Json, blocks: list[Json]) -> Json:
    """Return Slack's payload for an element that is used."""
    if "option" not in act:
        return act
    pair = act["block_id"], act["action_id"]
    [options] = [
        each["options"] for block, each in _pressable(blocks) if (block["block_id"], each["action_id"]) == pair
    ]
    [option] = [option for option in options if option["value"] == act["option"]]
    return {**{name: value for name, value in act.items() if name != "option"}, "selected_option": option}


def _show(stage: Stage, surface: Json) -> View:
    modals, user = stage.workspace.modals, surface["user"]
    body = json.loads(json.dumps(surface["body"]).replace(RESPONSE, stage.booth.response_url(user)))
    modals.reset()
    if surface["surface"] == "home":
        return modals.publish(user, body)
    return modals.push(user, body, surface["channel"])


async def _on_alert(stage: Stage, shortcut: str) -> None:
    alert = await stage.booth.dana.reads(ALERT)
    await _post(stage, "shortcut", channel=alert["channel"], message_ts=alert["ts"], callback_id=shortcut)


async def _post(stage: Stage, what: str, **body: Any) -> None:
    answer = await stage.booth.page.post(f"/ui/{what}", json={"user": DANA, **body})
    assert answer.json() == {"ok": True}, answer.text


def shape(data: Json) -> set[str]:
    """Return the strings that Slack keeps for the bot: of elements, forms and metadata."""
    found = {f"act {kind}" for surface in data["surfaces"] for kind in _kinds(surface)}
    for surface in data["surfaces"]:
        body = surface.get("body", {})
        found |= {f"callback {body[name]}" for name in ("callback_id",) if body.get(name)}
        found |= {f"private_metadata {name}" for name in json.loads(body.get("private_metadata") or "{}")}
        found |= {f"field {body.get('callback_id')} {block['block_id'].partition(':')[0]}" for block in _inputs(body)}
    for message in data["history"]:
        metadata = message["metadata"]
        found |= {f"metadata {metadata['event_type']} {name}" for name in metadata["event_payload"]}
    return found


def _inputs(body: Json) -> list[Json]:
    return [block for block in body.get("blocks", []) if block["type"] == "input"]


def _kinds(surface: Json) -> Iterator[str]:
    blocks = surface["body"]["blocks"] if "body" in surface else surface.get("content", {}).get("blocks", [])
    yield from (kind_of(block, element) for block, element in _pressable(blocks))
    yield from (f"shortcut {act['shortcut']}" for act in surface["acts"] if "shortcut" in act)
    yield from (f"option {act['action_id']} {act['option']}" for act in surface["acts"] if "option" in act)
