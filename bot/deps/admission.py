"""Acknowledgements before answers: a burst of commands may make answers late, never an acknowledgement."""

import asyncio

TICK_S = 0.001
LATE_S = 0.01
"""An event loop that wakes a sleeper later than this has more to do than it can."""
LONGEST_S = 2.0
"""Nobody waits longer for a turn: on a machine that is always busy answers must go on too."""


class AdmissionGate:
    """Lets answers begin one after the other, and only while the event loop keeps up.

    An answer costs tens of milliseconds of CPU in small steps, an acknowledgement one. With every answer begun at once
    the acknowledgement of the next command would wait behind a step of each of them.
    """

    def __init__(self) -> None:
        self._door = asyncio.Lock()

    async def turn(self) -> None:
        """Return when an answer may begin."""
        loop = asyncio.get_running_loop()
        async with self._door:
            give_up = loop.time() + LONGEST_S
            while (woken := loop.time()) < give_up:
                await asyncio.sleep(TICK_S)
                if loop.time() - woken - TICK_S < LATE_S:
                    return
