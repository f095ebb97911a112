"""Places: how many messages may be between their claim and their answer at the same time."""

import asyncio


class Places:
    """Counted in messages. Whoever wants several is not overtaken for ever by those who want one."""

    def __init__(self, number: int) -> None:
        self._free = asyncio.Semaphore(number)
        self._turn = asyncio.Lock()

    async def take(self, number: int) -> None:
        """Wait for so many places."""
        async with self._turn:
            for _ in range(number):
                await self._free.acquire()

    def give_back(self, number: int = 1) -> None:
        """Let others have so many."""
        for _ in range(number):
            self._free.release()
