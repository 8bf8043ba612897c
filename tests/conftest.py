"""Fixtures that every test may use, by what they start."""

import os

from hypothesis import settings

pytest_plugins = ("tests.fixtures_redis", "tests.desk")

# No test asserts a time, and a busy machine makes any example slow. Examples are the same each time, so that a commit
# that passed passes again, unless more of them, at random, are asked for.
_STORIES = os.environ.get("CALLBOARD_STORIES")
settings.register_profile("callboard", deadline=None, derandomize=not _STORIES, max_examples=int(_STORIES or 100))
settings.load_profile("callboard")
