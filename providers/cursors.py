"""Cursors: what a provider hands out, so that it can be asked for the page behind the one it gave."""

import re

from providers.errors import InvalidQuery


def position(cursor: str | None) -> int:
    """Read a cursor that is the number of an entry or a page, from 0; raises InvalidQuery for any other."""
    if cursor is None:
        return 0
    if not re.fullmatch("[0-9]{1,9}", cursor):
        raise wrong_cursor()
    return int(cursor)


def wrong_cursor() -> InvalidQuery:
    """Return what to say about a cursor that does not belong to the list."""
    return InvalidQuery("this page can no longer be found, ask again")
