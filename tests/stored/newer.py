"""What this version has, and the release that wrote the stored data had not: nothing stored has it."""

import re

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
"""What the release before wrote, and this version reads alone: digests, and the button that shows all of one."""
