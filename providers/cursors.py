"""Cursors: a provider returns one with a page, and takes it to return the next page."""

import re

from providers.errors import InvalidQuery


def position(cursor: str | None) -> int:
    """Read the number of an entry or a page, such as `100`; raises InvalidQuery for any other."""
    if cursor is None:
        return 0
    if not re.fullmatch("[0-9]{1,9}", cursor):
        raise wrong_cursor()
    return int(cursor)


def wrong_cursor() -> InvalidQuery:
    """Return the error for a cursor that does not belong to the list."""
    return InvalidQuery("this page is no longer available, start again from the first")
