"""Fixtures that every test may use, by what they start."""

from hypothesis import settings

pytest_plugins = ("tests.fixtures_redis", "tests.desk")

# No test asserts a time, and a busy machine makes any example slow.
settings.register_profile("callboard", deadline=None)
settings.load_profile("callboard")
