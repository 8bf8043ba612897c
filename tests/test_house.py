"""The house: its rooms and floors, their names and sizes."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.xdist_group("house")  # one process parses each file once
SOURCE = ("bot", "callboard", "handlers", "providers", "sandbox")
GERUNDS = {"polling", "rendering", "paging", "testing", "listing", "quoting"}
"""Allowed module names: each is the field's term for the module's content."""
OLD_NAMES = frozenset(
    """
    Told SoughtInVain SuspendedPlace take_out draw_soon freshen_homes seek_from leave_soon visit_all UnderWay odd_fields
    NO_ANSWER InChannel ask_all is_old RIPE_S EARLY KNOWN_S PATIENCE_S TRY_S INSIST_S SOON AWAY BURST CATCH_UP LOOK_S
    PACE PACE_S slack_pace SlackPace UNSURE HOLD DETACH PLAIN id_of is_person is_personal owners_told was_told
    tell_of_lost tell_of_suspension read_box Folded owed owing Step cards_of
    """.split()  # noqa: SIM905  # so many words read more easily as text
)
"""Names that the glossary replaced, in any role."""
OLD_WORDS = frozenset(
    """
    place places followed follower followers follow told tell owners box begun settle clear visit wake look tend retire
    leave forget seek sought fate gone terms asked finishing working minding silent pace door filled refusal verdict
    judge reply below beside seal scope naming addresses extracting words corrections groups happenings neighbours
    orders typed responding
    """.split()  # noqa: SIM905  # so many words read more easily as text
)
"""Plain words that the glossary replaced, as the whole name of a class, a function or a module."""
ROOM_OF_WORDS = {
    ("terms", "bot/views/terms.py"),
    ("groups", "bot/domain/access.py"),
    ("words", "bot/domain/watches.py"),
    ("words", "bot/config/watch_tables.py"),
    ("hold", "bot/domain/decisions.py"),
    ("catch_up", "bot/domain/decisions.py"),
}
"""Exceptions.

A view, keys of `callboard.toml` (`groups` of a rule, `words` of a watch), and stored words of decisions.
"""


class Name(NamedTuple):
    """A name where it is defined; `whole` are those of classes, functions and modules."""

    text: str
    whole: bool
    path: str
    line: int


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _given(node: ast.AST) -> tuple[str, bool] | None:
    """Return the name that a node defines, and whether it is a class's or function's."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name, True
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name, False
        case _:
            return None


def _names(path: Path) -> Iterator[Name]:
    lines, where = path.read_text().splitlines(), str(path.relative_to(ROOT))
    yield Name(path.stem, whole=True, path=where, line=1)
    for node in ast.walk(_tree(path)):
        if (given := _given(node)) and "# stored" not in lines[(line := getattr(node, "lineno", 1)) - 1]:
            yield Name(*given, path=where, line=line)


def _is_old(name: Name) -> bool:
    word = name.text.strip("_")
    if (word.lower(), name.path) in ROOM_OF_WORDS:
        return False
    return word in OLD_NAMES or (name.whole and word.lower() in OLD_WORDS)


def test_the_old_names_are_not_used():
    names = [name for path in _files("bot", "handlers", "providers", "sandbox") for name in _names(path)]
    assert len(names) > 10_000
    assert [f"{each.path}:{each.line} {each.text}" for each in names if _is_old(each)] == []


def test_module_names_are_nouns():
    stems = {path.stem for path in _files(*SOURCE)} | {path.parent.name for path in _files(*SOURCE)}
    assert {stem for stem in stems if re.fullmatch(r"[a-z]+ing", stem)} <= GERUNDS


def _imported(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports at run time; imports only for types do not count."""
    for_types = {
        part
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in ast.walk(node)
    }
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node not in for_types:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _rooms() -> Mapping[str, set[str]]:
    """Return the rooms of `bot/`, each with its imported rooms."""
    rooms: dict[str, set[str]] = defaultdict(set)
    for path in _files("bot"):
        room = path.relative_to(ROOT / "bot").parts[0].removesuffix(".py")
        if room != "__init__":
            rooms[room] |= {name.split(".")[1] for name in _imported(path) if name.startswith("bot.")} - {room}
    return rooms


def test_the_house_is_small():
    rooms = _rooms()
    floors: dict[str, int] = {}
    while len(floors) < len(rooms):
        ready = {room: below for room, below in rooms.items() if room not in floors and below <= floors.keys()}
        assert ready, f"these rooms import each other: {rooms.keys() - floors.keys()}"
        floors |= {room: 1 + max((floors[each] for each in below), default=0) for room, below in ready.items()}
    assert len(rooms) <= 20
    assert max(floors.values()) <= 8


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_modules_import_each_other():
    paths = {_module(path): path for path in _files(*SOURCE)}
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        tops = [node for node in _tree(path).body if isinstance(node, ast.ImportFrom) and node.module]
        named = {(node.module or "", alias.name) for node in tops for alias in node.names}
        graph[module] = {
            full if (full := f"{source}.{name}") in paths else source for source, name in named
        } & paths.keys()
    assert len(list(TopologicalSorter(graph).static_order())) == len(paths)


def test_the_map_has_every_room_and_fits_on_a_page():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(page.splitlines()) <= 120
    assert [room for room in _rooms() if not re.search(rf"^  {room}(/|\.py) ", page, re.MULTILINE)] == []


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions and methods of a module; a nested one is part of the outer one."""
    nodes: list[ast.stmt] = [*tree.body]
    while nodes:
        match nodes.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                yield function
            case ast.ClassDef(body=body):
                nodes += body
            case _:
                pass


def test_files_and_functions_are_short():
    paths = [*_files(*SOURCE, "bench", "docs", "tests")]
    files = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert {path: lines for path, lines in files.items() if lines > 400} == {}
    functions = {
        f"{path.relative_to(ROOT)}:{each.lineno} {each.name}": (each.end_lineno or 0) - each.lineno + 1
        for path in paths
        for each in _functions(_tree(path))
    }
    assert {name: lines for name, lines in functions.items() if lines > 50} == {}
