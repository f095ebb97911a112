"""门铃 Doorbell: Procrastinate, which carries the word that a shard has work between machines.

A job is a ring at the door of a shard and holds nothing but the shard's number; the rows are the
record. So a ring that is lost is rung again with the next wake, one too many finds nothing to do,
and the tables of the library may be made anew at any time. They have a schema of PostgreSQL for
themselves. Only `queueing_lock` is used, so that of one shard one ring waits at most; `lock`, together
with it and a rescue of dead jobs, waits for ever.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, wait
from contextlib import suppress
from hashlib import sha256
from threading import Event, Thread
from typing import Any, cast

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from engine.postgres import connect_arguments

log = logging.getLogger(__name__)

SCHEMA = "qixian_doorbell"
TASK = "drain"
AT_ONCE = 8  # shards that one process drains at the same time
PAUSE = 5.0  # seconds until a worker that lost the database tries again
DEAD = 60.0  # seconds without a sign of life


class Bell:
    """Rings for shards, from any thread."""

    def __init__(self, db: Engine) -> None:
        self._connector = SyncPsycopgConnector(**_pool(db, 1))
        self._app = App(connector=self._connector)

    def ring(self, shards: Iterable[int]) -> None:
        """An immediate job for each shard, unless one waits already. Not inside a transaction:
        the refusal of a second one would abort it."""
        self._connector.open()
        for shard in shards:
            job = self._app.configure_task(TASK, queueing_lock=str(shard))
            try:
                job.defer(shard=shard)
            except AlreadyEnqueued:
                log.debug("shard %s is rung for already", shard)

    def close(self) -> None:
        """Close the connections."""
        self._connector.close()


class Answering:
    """Answers the bell in a thread and an event loop of its own: drains the shards rung for."""

    def __init__(self, db: Engine, drain: Callable[[int], Awaitable[object]]) -> None:
        self._db, self._drain = db, drain
        self._thread = Thread(target=self._run, name="doorbell")
        self._begun = Event()
        self._taken: dict[int, Future[None]] = {}

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()
        self._begun.wait()

    def take(self, shards: Iterable[int]) -> None:
        """Drain shards here without a ring, each unless that is under way."""
        for shard in shards:
            if shard not in self._taken or self._taken[shard].done():
                self._taken[shard] = asyncio.run_coroutine_threadsafe(
                    self._taking(shard), self._loop
                )

    async def _taking(self, shard: int) -> None:
        try:
            await self._drain(shard)
        except Exception as error:  # the next wake takes it again
            log.error("shard %s: %r", shard, error)

    def stop(self) -> None:
        """Let the jobs in hand finish, then stop."""
        wait(self._taken.values())  # cancelled they would leave messages whose fate nobody knows
        with suppress(RuntimeError):  # it ended already
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError), asyncio.Runner() as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        """Until cancelled. A database that went away is tried again."""
        self._loop, self._task = (
            asyncio.get_running_loop(),
            cast("asyncio.Task[None]", asyncio.current_task()),
        )
        self._begun.set()
        while True:
            try:
                await self._answer()
            except Exception as error:  # whatever it was: without a worker nothing is sent
                log.error("doorbell: %r", error.__cause__ or error)
            await asyncio.sleep(PAUSE)

    async def _answer(self) -> None:
        connector = PsycopgConnector(**_pool(self._db, AT_ONCE))
        app = App(connector=connector)
        app.task(name=TASK, retry=False)(self._drain)
        try:
            await connector.open_async()
            await _sweep(app)
            await app.run_worker_async(
                name="qixian",
                concurrency=AT_ONCE,
                stalled_worker_timeout=DEAD,
                delete_jobs="always",  # what failed is in the log, and its rows ring again
                install_signal_handlers=False,
            )
        finally:
            await connector.close_async()


async def _sweep(app: App) -> None:
    """Remove the jobs of workers that died; their shards are rung for again."""
    await app.job_manager.prune_stalled_workers(DEAD)
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD):
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


def hang(connection: Connection) -> None:
    """Make the tables of the library, anew where they are those of another version of it."""
    if is_hung(connection):
        return
    connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
    connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    path = connection.execute(text("SELECT current_setting('search_path')")).scalar_one()
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
    cursor = connection.connection.cursor()
    cursor.execute(SchemaManager.get_schema())  # several statements, without parameters
    cursor.close()
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})
    connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{_version()}'"))


def is_hung(connection: Connection) -> bool:
    """Are the tables there, and those of this version of the library?"""
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"
    return connection.execute(text(query), {"name": SCHEMA}).scalar() == _version()


def _version() -> str:
    return sha256(SchemaManager.get_schema().encode()).hexdigest()


def _pool(db: Engine, size: int) -> dict[str, Any]:
    """Arguments of a pool of connections to the same database, in the bell's own schema."""
    place, options = db.dialect.create_connect_args(db.url)
    return {
        "conninfo": place[0] if place else "",
        "kwargs": {**options, **connect_arguments(db.url, search_path=SCHEMA)},
        "min_size": 1,
        "max_size": size,
        "timeout": 10,
    }
