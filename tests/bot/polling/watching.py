"""Watches of a service, as routing reads them."""

import json
from collections.abc import Mapping

from bot.domain.service_key import Service
from bot.domain.watches import WatchSpec
from bot.store import Store
from tests.bot.polling.listing import DESTINATION
from tests.bot.samples import SERVICE


async def watch(
    store: Store, spec: Mapping[str, object] | None = None, watch_id: str = "w1", *, service: Service = SERVICE
) -> None:
    """Create a watch of a service in a destination."""
    wanted = WatchSpec.model_validate(spec or {})
    text = json.dumps({"id": watch_id, "spec": wanted.model_dump(mode="json")})
    await store.routes.put(service, DESTINATION, watch_id, text)
