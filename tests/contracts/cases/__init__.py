"""One case a service: a module here with a `CASE` takes part in the contract suite."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from tests.contracts.case import Case


def cases() -> Iterator[Case]:
    """Every case of this folder."""
    for module in iter_modules(__path__):
        yield import_module(f"{__name__}.{module.name}").CASE
