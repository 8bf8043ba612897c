"""User groups: who is a member of those that access rules name, and what all are called; as of some minutes ago.

Members are read beforehand rather than when somebody asks: no call to Slack may stand between a command and its
acknowledgement.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Access
from bot.group_names import UserGroup
from bot.refusals import refusal
from bot.services import Services
from providers.parsing import listing, mapping, text

EVERY_S = 300.0
"""Between two looks at the members."""
AGAIN_S = 60.0
"""After a look that failed; usergroups.users.list may be called 20 times a minute (Slack's tier 2)."""
NAMES_KEPT = timedelta(minutes=5)
"""Names of groups are read again after this time; usergroups.list may be called 20 times a minute."""
NAMES_S = 1.0
"""Nobody waits longer for them: a form has to be opened within 3 s."""
KEPT_S = 3600.0
"""Members that cannot be read for so long count as none any more."""

log = structlog.get_logger("callboard")


@asynccontextmanager
async def up_to_date(access: Access, slack: AsyncWebClient) -> AsyncGenerator[None]:
    """Keep the members of the rules' user groups while the block runs; from its start on they are known.

    Nobody is a member of a group that could not be read yet.
    """
    if not access.groups:
        yield
        return
    look = _Look(access, slack)
    wait = await look.at_all()
    looking = asyncio.create_task(look.forever(wait), name="user groups")
    try:
        yield
    finally:
        looking.cancel()


async def names_of(services: Services, slack: AsyncWebClient, workspace: str) -> Sequence[UserGroup]:
    """Return a workspace's user groups, by handle; none where the app may not know, or never could read them."""
    kept = services.group_names.kept
    at, known = kept.get(workspace, (None, ()))
    if at and services.clock() - at < NAMES_KEPT:
        return known
    try:
        async with asyncio.timeout(NAMES_S):
            answer = cast("dict[str, Any]", (await slack.usergroups_list()).data)
    except SlackApiError as error:
        log.info("names of user groups cannot be read", reason=refusal(error))
    except (ClientError, SlackClientError, TimeoutError, OSError) as error:
        log.info("names of user groups cannot be read", reason=type(error).__name__)
    else:
        groups = (mapping(each) for each in listing(answer.get("usergroups")))
        found = [UserGroup(*(text(each.get(part)) or "" for part in UserGroup._fields)) for each in groups]
        known = sorted((each for each in found if each.id and each.handle), key=lambda group: group.handle)
    kept[workspace] = services.clock(), known
    return known


class _Look:
    def __init__(self, access: Access, slack: AsyncWebClient) -> None:
        self._access = access
        self._slack = slack
        self._read_at: dict[str, float] = {}

    async def forever(self, wait: float) -> None:
        while True:
            await asyncio.sleep(wait)
            wait = await self.at_all()

    async def at_all(self) -> float:
        """Read every group; return for how long to wait before the next look."""
        read = [await self._at(group) for group in self._access.groups]
        return EVERY_S if all(read) else AGAIN_S

    async def _at(self, group: str) -> bool:
        """Read one group; whether that went well."""
        now = asyncio.get_running_loop().time()
        try:
            answer = await self._slack.usergroups_users_list(usergroup=group)
        except SlackApiError as error:
            if refusal(error) == "no_such_subteam":
                self._access.members[group] = frozenset()
            return self._failed(group, refusal(error), now)
        except (ClientError, SlackClientError, TimeoutError, OSError) as error:
            return self._failed(group, type(error).__name__, now)
        users = cast("dict[str, Any]", answer.data).get("users", ())
        self._access.members[group] = frozenset(map(str, users))
        self._read_at[group] = now
        return True

    def _failed(self, group: str, reason: str, now: float) -> bool:
        log.warning("a user group of the access rules cannot be read", group=group, reason=reason)
        if now - self._read_at.get(group, now) > KEPT_S:
            self._access.members.pop(group, None)
        return False
