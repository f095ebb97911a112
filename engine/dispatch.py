"""Dispatcher: who is told that shards have work. Here: the process itself, at once."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from engine.drain import Drainer, settle


class Dispatcher(Protocol):
    """Rings at the door of shards. The rows are the record; ringing twice does no harm."""

    def wake(self, shards: Iterable[int]) -> None: ...


class Inline:
    """Drains in this thread, before `wake` returns. One event loop, so that connections last."""

    def __init__(self, drainer: Drainer) -> None:
        self._drainer = drainer
        self._runner = asyncio.Runner()

    def wake(self, shards: Iterable[int]) -> None:
        """Drain the shards, all at the same time."""
        self._runner.run(self._drain(tuple(shards)))

    async def _drain(self, shards: tuple[int, ...]) -> None:
        await settle(self._drainer.drain(shard) for shard in shards)

    def close(self) -> None:
        """Close the event loop."""
        self._runner.close()
