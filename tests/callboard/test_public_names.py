"""Provider packages import only `callboard`."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import callboard


def _typed_names() -> list[str]:
    """Return the names that pyright sees, imported under TYPE_CHECKING."""
    tree = ast.parse(Path(callboard.__file__).read_text())
    [block] = [each for each in tree.body if isinstance(each, ast.If)]
    return [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]


def test_the_public_names_are_exact_and_sorted():
    assert sorted(_typed_names()) == callboard.__all__
    assert dir(callboard) == callboard.__all__


@pytest.mark.parametrize("name", callboard.__all__)
def test_each_public_name_is_the_one_of_its_home(name: str):
    value = getattr(callboard, name)
    assert value.__name__ == name
    assert value is getattr(sys.modules[value.__module__], name)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = callboard.Nothing  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]


def test_importing_the_package_loads_nothing_of_it():
    program = "import sys, callboard; print({'bot', 'handlers', 'providers', 'pydantic', 'httpx'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
