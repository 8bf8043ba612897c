"""Copies of watches stored with the jobs of their services."""

from collections.abc import Mapping
from typing import NamedTuple


class Route(NamedTuple):
    """A watch in a destination: one copy in a service's slot."""

    destination: str
    watch: str


class Routes(NamedTuple):
    """The watches on a service, as JSON, with the version of its rules."""

    version: str = "0"
    watches: Mapping[Route, str] = {}


class RulesChangedError(Exception):
    """The watches on a service changed after they were read. Nothing was recorded."""
