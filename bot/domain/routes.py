"""Copies of watches beside the jobs of their service."""

from collections.abc import Mapping
from typing import NamedTuple


class Route(NamedTuple):
    """A watch in a destination: one copy in a service's slot."""

    destination: str
    watch: str


class Routes(NamedTuple):
    """The watches on a service, as JSON, and the version of its rules that they are."""

    version: str = "0"
    watches: Mapping[Route, str] = {}


class RulesChangedError(Exception):
    """The watches on a service changed since they were read: nothing was recorded."""
