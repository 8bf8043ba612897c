"""Puts acknowledgements before answers: a burst of commands may delay answers, but no acknowledgement."""

import asyncio

TICK_S = 0.001
LATE_S = 0.01
"""An event loop that wakes a sleeper later than this many seconds is overloaded."""
LONGEST_S = 2.0
"""The longest wait for a turn in seconds, so that answers also continue on a machine that is always busy."""


class AdmissionGate:
    """Starts answers one after the other, and only while the event loop keeps up.

    An answer takes tens of milliseconds of CPU in small steps, an acknowledgement takes one. If all answers started
    immediately, the acknowledgement of the next command would wait for a step of each of them.
    """

    def __init__(self) -> None:
        self._door = asyncio.Lock()

    async def turn(self) -> None:
        """Return when an answer may start."""
        loop = asyncio.get_running_loop()
        async with self._door:
            give_up = loop.time() + LONGEST_S
            while (woken := loop.time()) < give_up:
                await asyncio.sleep(TICK_S)
                if loop.time() - woken - TICK_S < LATE_S:
                    return
