"""Patience: how long we wait for others. Time in which we were busy ourselves is not held against them."""

import asyncio
from types import TracebackType
from typing import Self

STEPS = 15
LONGEST = 4  # times as long as was asked for, and then it ends however busy we were


class Patience:
    """`asyncio.timeout`, counted in STEPS: one to which the event loop comes late counts as one step
    all the same. Raises TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._left = seconds, STEPS
        self._scope = asyncio.timeout(None)
        self.over = False  # what was waited for has come

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._latest = self._loop.time() + LONGEST * self._seconds
        self._wait()
        return self

    def _wait(self) -> None:
        if self._left and self._loop.time() < self._latest:
            self._left -= 1
            self._timer = self._loop.call_later(self._seconds / STEPS, self._wait)
        else:
            self._scope.reschedule(self._loop.time())

    def end(self) -> None:
        """It has come: what else is done within takes the time that it takes."""
        self.over = True
        self._timer.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)
