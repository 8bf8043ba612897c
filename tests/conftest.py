"""Fixtures that every test may use, by what they start."""

pytest_plugins = ("tests.fixtures_redis",)
