"""The promises of the test run: separate ports, both of Slack's connection modes, and reasons for heavy tests."""

import socket
from dataclasses import dataclass
from typing import cast

import pytest

from tests.conftest import pytest_collection_modifyitems
from tests.ports import FreePort
from tests.scenarios.conftest import modes
from tests.scenarios.roads import MODES, Mode


@pytest.fixture
def item(request: pytest.FixtureRequest) -> pytest.Item:
    """The test that runs."""
    return cast("pytest.Item", request.node)


def test_a_free_port_is_given_to_no_other_process_but_a_server_may_listen_there(free_port: FreePort):
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
        pass
    assert free_port() != port


def test_a_port_and_the_one_above_it_are_free(free_port: FreePort):
    port = free_port(and_above=10_000)
    with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000)):
        pass


@dataclass
class Unmarked:
    """A test without marks."""

    nodeid: str

    def get_closest_marker(self, _: str) -> None: ...


def chosen(test: object) -> tuple[Mode, ...]:
    return tuple(modes(cast("pytest.Item", test)))


def test_ids_cover_both_ways_in():
    tests = [Unmarked(f"test_a.py::test_{number}") for number in range(40)]
    assert {chosen(test) for test in tests} == {("socket",), ("http",)}
    assert all(chosen(test) == chosen(Unmarked(test.nodeid)) for test in tests)


def test_marks_choose_the_way_in(item: pytest.Item):
    item.add_marker(pytest.mark.both_modes)
    assert chosen(item) == MODES
    item.add_marker(pytest.mark.mode("http"))
    assert chosen(item) == ("http",)


def test_a_heavy_test_says_why(item: pytest.Item):
    item.add_marker(pytest.mark.heavy)
    with pytest.raises(pytest.UsageError, match="say why it is heavy"):
        pytest_collection_modifyitems([item])
    item.add_marker(pytest.mark.heavy("counts to a million"))
    pytest_collection_modifyitems([item])


def test_few_tests_are_heavy(item: pytest.Item):
    item.add_marker(pytest.mark.heavy("counts to a million"))
    pytest_collection_modifyitems([item] * 60)
    with pytest.raises(pytest.UsageError, match="61 tests are marked heavy"):
        pytest_collection_modifyitems([item] * 61)


def test_tests_in_the_browser_are_one_group(item: pytest.Item):
    item.add_marker(pytest.mark.browser)
    pytest_collection_modifyitems([item])
    assert [mark.args for mark in item.iter_markers("xdist_group")] == [("browser",)]
