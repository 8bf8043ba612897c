"""The contract suite's cases, one for each service: every module here with a `CASE`."""

from importlib import import_module
from pkgutil import iter_modules

from tests.contracts.case import Case


def cases() -> list[Case]:
    """Return every case of this folder."""
    return [import_module(f"{__name__}.{module.name}").CASE for module in iter_modules(__path__)]
