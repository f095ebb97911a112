"""Dispatcher: who is told that shards have work. The only branch between one machine and many."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Engine

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
        """Close the event loop and the drainer."""
        self._runner.close()
        self._drainer.close()


class Procrastinate:
    """Rings for whoever is free, on this machine or on another. PostgreSQL only."""

    def __init__(self, db: Engine) -> None:
        from engine.doorbell import Bell  # the library is there only with the extra `postgres`

        self._bell = Bell(db)

    def wake(self, shards: Iterable[int]) -> None:
        """Ring for each shard, and do not wait. After the commit of what there is to drain."""
        self._bell.ring(shards)

    def close(self) -> None:
        """Close the connections."""
        self._bell.close()
