"""Payloads that Slack never sends: fields dropped, retyped, cut off, enlarged, or taken from other payloads."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any, cast

from bot.domain import button_payloads
from sandbox.slack.delivery.delivery import Kind
from tests.fuzz.booth import DANA, HUSH, LEE, UNSEEN

Json = dict[str, Any]
Path = tuple[str | int, ...]
NOTED = {
    "value", "block_id", "action_id", "callback_id", "private_metadata", "selected_option", "actions", "view", "state",
    "values", "text", "user", "channel", "event", "links", "message", "container", "thread_ts", "response_urls", "type",
    "url", "ts",
}  # fmt: skip
"""Fields that handlers read: they are mutated as often as all the others together."""
ASKS = (
    {"v": 1, "text": f"list {UNSEEN}"},
    {"v": 1, "text": f"show {UNSEEN}/video/job-0001"},
    {"v": 1, "text": f"subscribe {UNSEEN}/video/job-0001", "place": "C0FINANCE", "card": "abc"},
    {"v": 1, "text": "unsubscribe all", "place": LEE},
    {"v": 1, "text": "subscriptions here", "place": LEE},
    {"v": 1, "text": "", "place": LEE, "card": "x"},
    {"v": 1, "key": "0"},
    {"v": 1, "text": "list", "offset": 10**12},
    {"v": 2, "text": "list"},
    {"v": 1, "text": "help", "shared_by": LEE},
)
ACTIONS = tuple(value for name, value in vars(button_payloads).items() if name.isupper() and isinstance(value, str))
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**20, 1.5, float("nan"), float("inf"),
    "", " ", "null", "[]", "{}", "x" * 4000, "🙂" * 1500, "\x00", "\ud800", "<!channel>", "１", "1.2", "1.2.3",
    LEE, "C0LEGAL", "C0MEDIA", "D0LEE", "T0OTHER",
    [], {}, [None], [[]], [{}], {"id": None}, {"id": LEE}, {"": {}}, {"value": 5}, {"type": []},
    *map(json.dumps, ASKS), *ACTIONS, *map("{}:x".format, ACTIONS),
)  # fmt: skip
"""Values that replace a field's value."""


def paths(node: Any, here: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a payload, except the payload itself."""
    match node:
        case dict():
            inner: Any = cast("Json", node).items()
        case list():
            inner = enumerate(cast("list[Any]", node))
        case _:
            return
    for key, value in inner:
        yield (*here, key)
        yield from paths(value, (*here, key))


def at(node: Any, path: Path) -> Any:
    """Return the value at a path."""
    for key in path:
        node = node[key]
    return node


def mutated(random: Random, corpus: Sequence[tuple[Kind, Json]]) -> tuple[Kind, Json]:
    """Return a payload of the corpus with up to four mutations, as if by Dana."""
    kind, payload = random.choice(corpus)
    payload = deepcopy(payload)
    for _ in range(random.randint(1, 4)):
        _mutate(random, payload, corpus)
    return kind, of_dana(payload)


def _mutate(random: Random, payload: Json, corpus: Sequence[tuple[Kind, Json]]) -> None:
    everywhere = list(paths(payload))
    noted = [path for path in everywhere if path[-1] in NOTED]
    if not everywhere:
        return
    path = random.choice(noted if noted and random.random() < 0.5 else everywhere)
    holder, key = at(payload, path[:-1]), path[-1]
    match random.choice(["drop", "odd", "cut", "inside", "inside", "another's", "twice"]):
        case "drop":
            del holder[key]
        case "cut" if isinstance(holder[key], str | list):
            holder[key] = holder[key][: random.randrange(len(holder[key]) or 1)]
        case "inside":
            holder[key] = _inside(random, holder[key], corpus)
        case "another's":
            _, other = random.choice(corpus)
            same = [each for each in paths(other) if each[-1] == key]
            holder[key] = deepcopy(at(other, random.choice(same))) if same else None
        case "twice" if isinstance(holder[key], list):
            holder[key] = holder[key] * 2
        case _:
            holder[key] = deepcopy(random.choice(ODD))


def _inside(random: Random, value: Any, corpus: Sequence[tuple[Kind, Json]]) -> Any:
    """Return JSON in a text, mutated as the payload around it."""
    start = value.find("{") if isinstance(value, str) else -1
    try:
        held = json.loads(value[start:]) if start >= 0 else None
    except ValueError:
        held = None
    if not isinstance(held, dict):
        return deepcopy(random.choice(ODD))
    _mutate(random, cast("Json", held), corpus)
    return f"{value[:start]}{json.dumps(held)}"


def of_dana(payload: Json) -> Json:
    """Return the payload as Slack would sign it: Dana caused it, and she knows no hidden name."""
    payload = json.loads(json.dumps(payload).replace(HUSH, "hash"))
    for holder in (payload, payload.get("event")):
        if not isinstance(holder, dict):
            continue
        named = cast("Json", holder)
        if LEE in json.dumps(named.get("user")):
            named["user"] = DANA if isinstance(named["user"], str) else {"id": DANA}
        if named.get("user_id") == LEE:
            named["user_id"] = DANA
    return payload
