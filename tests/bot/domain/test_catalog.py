"""The catalog of accounts and services, and the parts of it that a scope picks."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from bot.domain.catalog import Catalog, ServiceFilter
from providers.base import Provider


@dataclass
class Named:
    account: str
    service: str


PROVIDERS = cast("list[Provider]", [Named("b", "vod-ai"), Named("b", "vod-jobs"), Named("a", "vod-ai")])


def test_names_appear_once_in_the_order_of_the_configuration():
    catalog = Catalog.of(PROVIDERS)
    assert catalog.accounts == ("b", "a")
    assert catalog.services == ("vod-ai", "vod-jobs")
    assert catalog.scopes == ("b/vod-ai", "b/vod-jobs", "a/vod-ai")


@pytest.mark.parametrize(
    ("service_filter", "picked", "text"),
    [
        (ServiceFilter(), [0, 1, 2], ""),
        (ServiceFilter(account="b"), [0, 1], "b"),
        (ServiceFilter(service="vod-ai"), [0, 2], "vod-ai"),
        (ServiceFilter("b", "vod-ai"), [0], "b/vod-ai"),
        (ServiceFilter("a", "vod-jobs"), [], "a/vod-jobs"),
    ],
)
def test_a_scope_picks_its_providers(service_filter: ServiceFilter, picked: list[int], text: str):
    found: list[Any] = service_filter.pick(PROVIDERS)
    assert found == [PROVIDERS[at] for at in picked]
    assert str(service_filter) == text
