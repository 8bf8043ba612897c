"""Events of a service: it cannot be read, or can be read again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.domain.answers import ServiceError
from bot.domain.changes import EventKind
from providers.models import Moment


class ServiceEvent(BaseModel):
    """A watched service is `down`, or `up` again.

    `since` is when the failure started, and part of the id of both events, such as
    `media-cn/video-ocr#1795516864/down`. `at` is when it was noticed, `error` why the service cannot be read, `found`
    how many failures were found once it was back.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    service: str
    happened: Literal[EventKind.DOWN, EventKind.UP]
    since: Moment
    at: Moment
    error: ServiceError | None = None
    found: int = 0

    @property
    def id(self) -> str:
        """The id of the event, made from the start of the failure."""
        return f"{self.account}/{self.service}#{int(self.since.timestamp())}/{self.happened}"

    @property
    def services(self) -> Sequence[str]:
        """The service, in the form in which rules name it."""
        return (self.service,)

    @property
    def late(self) -> bool:
        """Always False: only the present state of a service matters, so old events are not caught up on."""
        return False

    @property
    def happened_at(self) -> datetime:
        """When it happened: for `up`, when it was noticed."""
        return self.since if self.happened is EventKind.DOWN else self.at
