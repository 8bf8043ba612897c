"""Features of this version that the release of the stored data did not have: nothing stored has them."""

import json
import re
from typing import Any

_OF_A_SLOT = """
watches rules rules:log numbers watched discovery seen events outcomes groups group:{} group:{}:closed edited
decisions:{} decided:{}
""".split()  # noqa: SIM905  # so many words read more easily as text
KEYS = frozenset(f"{{{{{{}}}}}}:{name}" for name in _OF_A_SLOT) | {"configured:watches"}
ENTRIES = frozenset({"ServiceEntry"})
NOTES = frozenset({"ChangedWatches", "ChangedMute", "WatchTest", "SnoozedGroup"})
TASKS = frozenset({"deliver-at"})
LISTENERS = frozenset(
    """
    watch edit-watch test-watch undo-unwatch mute-code mute-for-ever unmute group-jobs ^group-jobs: ^watch(?::(w\\d+))?$
    """.split()  # noqa: SIM905
)
BEFORE = re.compile(r"callboard:digest:|see-all")
"""Records of the release before that only this version reads: digests, and the button that shows all of one."""


def _said(channel: str, *jobs: str, reply: bool = True) -> dict[str, Any]:
    return {"channel": channel, "reply": reply, "broadcast": False, "jobs": list(jobs)}


_DIGESTS = (
    _said("C0ONCALL", "film 0", "film 1", "film 11", "film 2", "job-7777", reply=False),
    _said("C0WAITING", "film 21", "film 29", reply=False),
)
_INSTEAD = (
    _said("C0ONCALL", reply=False),  # a storm message counts them
    _said("C0ONCALL", "film 1", "job-0001"),  # the final post of a batch
    _said("C0WAITING", reply=False),
)


def without_digests(posted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return this version's posts for the digests of the release before."""
    return sorted([*(each for each in posted if each not in _DIGESTS), *_INSTEAD], key=json.dumps)
