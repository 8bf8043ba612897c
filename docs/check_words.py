"""Find words that `words.toml` replaces, in code and in pages: a part of `make check`."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = "docs/words.toml"
PAGES = (".md", ".html", ".js", ".css", ".yml", ".yaml", ".toml", ".lua")
EXEMPT = ("# stored", "# vendor")
"""Ends of lines whose words another process or a vendor wrote."""


@dataclass(frozen=True)
class Found:
    """A replaced word, where it is, and what to write instead."""

    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        """Return a line in the format of linters: `PATH:LINE: "WORD": what to write instead`."""
        return f'{self.path}:{self.line}: "{self.word}": {self.instead}'


@dataclass(frozen=True)
class Words:
    """The list: patterns with what to write instead, and files that hold vendors' texts."""

    instead: dict[str, str]
    vendor_texts: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> "Words":
        """Read the list from a TOML file.

        Raises:
            KeyError: The table `instead` or the list `vendor_texts` is missing.
            re.error: A pattern is not a regular expression.
        """
        read = tomllib.loads(path.read_text())
        return cls({rf"\b(?:{pattern})\b": text for pattern, text in read["instead"].items()}, (*read["vendor_texts"],))

    def find(self, path: str, texts: Iterator[tuple[int, str]]) -> Iterator[Found]:
        """Yield each replaced word of texts, which come with their first line."""
        for first, text in texts:
            for pattern, instead in self.instead.items():
                for match in re.finditer(pattern, text, re.IGNORECASE):
                    yield Found(path, first + text.count("\n", 0, match.start()), match[0], instead)


def python_texts(source: str, *, literals: bool) -> Iterator[tuple[int, str]]:
    """Yield comments and docstrings with their lines; with `literals`, also other texts of several words."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) in docstrings or (literals and " " in text.strip()):
                yield node.lineno, text
            case _:
                pass


def texts_of(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file that people read. Literals of tests are input or stored, and do not count."""
    lines = source.splitlines()
    if path.endswith(".py"):
        texts = python_texts(source, literals=not path.startswith("tests/"))
        return ((line, text) for line, text in texts if not lines[line - 1].endswith(EXEMPT))
    return ((number, line) for number, line in enumerate(lines, 1) if not line.endswith(EXEMPT))


def main() -> int:
    """Print the replaced words of all files under version control; return 1 if there are any."""
    words = Words.load(ROOT / LIST)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()  # noqa: S607
    wanted = [path for path in listed if path.endswith((".py", *PAGES)) and path not in (LIST, *words.vendor_texts)]
    if len(sys.argv) > 1:
        wanted = [path for path in wanted if path.startswith(tuple(sys.argv[1:]))]
    found = [each for path in wanted for each in words.find(path, texts_of(path, (ROOT / path).read_text()))]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
