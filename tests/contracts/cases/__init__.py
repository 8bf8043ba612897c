"""One case a service: a module here with a `CASE` takes part in the contract suite."""

from importlib import import_module
from pkgutil import iter_modules

from tests.contracts.case import Case


def cases() -> list[Case]:
    """Every case of this folder."""
    return [import_module(f"{__name__}.{module.name}").CASE for module in iter_modules(__path__)]
