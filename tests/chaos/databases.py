"""A fresh database for each round, copied from one that was prepared once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, make_url

from engine.database import open_database
from engine.schema import migrate
from tests.servers.postgres import postgres

Fill = Callable[[Engine], None]  # writes what every round begins with


class Databases(Protocol):
    """`new()` gives the address of a copy, `drop` removes it."""

    def new(self) -> str: ...

    def drop(self, url: str) -> None: ...


class Sqlite:
    """Files in a folder."""

    def __init__(self, folder: Path, fill: Fill) -> None:
        self._folder, self._template = folder, folder / "template.db"
        _prepare(f"sqlite:///{self._template}", fill)

    def new(self) -> str:
        copy = self._folder / "round.db"
        shutil.copy(self._template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{suffix}").unlink(missing_ok=True)


class Postgresql:
    """Databases on the server of the tests."""

    def __init__(self, _folder: Path, fill: Fill) -> None:
        self._server = postgres()
        url = self._server.new()
        self._template = make_url(url).database or ""
        _prepare(url, fill)

    def new(self) -> str:
        return self._server.new(self._template)

    def drop(self, url: str) -> None:
        self._server.drop(url)


DATABASES: dict[str, Callable[[Path, Fill], Databases]] = {
    "sqlite": Sqlite,
    "postgresql": Postgresql,
}


def _prepare(url: str, fill: Fill) -> None:
    db = open_database(url)
    migrate(db)
    fill(db)
    db.dispose()
