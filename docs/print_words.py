"""Print every text that people read, with an example from the tests: `make words`."""

import ast
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

ROOT = Path(__file__).parent.parent
READ_BY_PEOPLE = ("bot/views", "bot/config", "handlers", "callboard")
SHOWING = ("tests/bot/views", "tests/bot/config", "tests/handlers")
"""Tests whose texts become the examples."""
EXAMPLES: dict[tuple[str, int, int], str] = {}
"""The first value of each f-string, by its file, line and column."""
LONGEST = 160


class _Noting(ast.NodeTransformer):
    """Wrap each f-string of a module in a call of `_note`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Wrap only the outermost f-string: those inside a format specification are not texts."""
        place = [ast.Constant(value) for value in (self.path, node.lineno, node.col_offset)]
        return ast.copy_location(ast.Call(ast.Name("__note__", ast.Load()), [*place, node], []), node)


def _note(path: str, line: int, column: int, text: str) -> str:
    EXAMPLES.setdefault((path, line, column), text)
    return text


class _NotingLoader(SourceFileLoader):
    """Loads a module whose f-strings are noted, without reading or writing bytecode."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        relative = str(Path(path).relative_to(ROOT))
        tree = _Noting(relative).visit(ast.parse(Path(path).read_text()))
        return compile(ast.fix_missing_locations(tree), path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__note__"] = _note
        super().exec_module(module)


class _NotingFinder(MetaPathFinder):
    """Finds the modules with texts for people."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.replace(".", "/").startswith(READ_BY_PEOPLE):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.origin and spec.origin.endswith(".py"):
            spec.loader = _NotingLoader(fullname, spec.origin)
        return spec


def texts(path: str, source: str) -> Iterator[tuple[str, str, str]]:
    """Yield each text of a module in order: its function, the text, and an example of an f-string."""
    tree = ast.parse(source)
    yield from _texts(path, tree, "")


def _texts(path: str, node: ast.AST, function: str) -> Iterator[tuple[str, str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.JoinedStr):
            example = EXAMPLES.get((path, child.lineno, child.col_offset), "(no example)")
            yield function, _template(child), " ".join(example.split())[:LONGEST]
        elif isinstance(child, ast.Constant) and isinstance(child.value, str) and " " in child.value.strip():
            yield function, " ".join(child.value.split()), ""
        else:
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            yield from _texts(path, child, child.name if named else function)


def _template(text: ast.JoinedStr) -> str:
    """Return an f-string with `{…}` in place of each expression."""
    parts = [part.value if isinstance(part, ast.Constant) else "{…}" for part in text.values]
    return " ".join("".join(map(str, parts)).split())


def page() -> Iterator[str]:
    """Yield the lines of the page, module by module, without f-strings that have no letters."""
    for folder in READ_BY_PEOPLE:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = str(file.relative_to(ROOT))
            found = [
                each for each in texts(path, file.read_text()) if any(map(str.isalpha, each[1].replace("{…}", "")))
            ]
            if found:
                yield from ("", path)
            for function, text, example in found:
                yield f"  {function or '(module)'}: {text}"
                if example and example != text:
                    yield f"      {example}"


def main() -> int:
    """Run the tests that make the examples, then print the page. Return 1 if a test fails."""
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, _NotingFinder())
    with redirect_stdout(sys.stderr):
        failed = pytest.main(["--quiet", "--no-header", "-m", "not browser and not heavy", *SHOWING])
    print(*page(), sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
