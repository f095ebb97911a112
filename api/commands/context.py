"""What every command shares: the configuration to use, and how results are printed."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from api.configuration import (
    Configuration,
    decided_in,
    load_calendar_settings,
    load_configuration,
)
from api.settings_file import read_settings
from api.typed_dates import typed_calendar
from engine.clock import read_clock
from engine.current_agency import CurrentAgency
from engine.database import open_database, reading
from engine.errors import BadDatabase
from engine.imported_notices import imported_notices
from engine.instants import local_day
from engine.notices import CN, Notice
from engine.schema import check
from engine.unit_entries import unit_entries
from engine.workdays import WorkCalendar
from rules.catalogue_files import Catalogue, load_catalogue

CONFIG_VARIABLE = "QIXIAN_CONFIG"
DEFAULT_CONFIG = Path("config.toml")


@dataclass
class Context:
    """The global options. Everything else is made when a command first asks for it."""

    config: Path | None
    json: bool
    _opened: list[Engine] = field(default_factory=list)

    @property
    def config_path(self) -> Path | None:
        """--config, else config.toml here, else the environment variable; None for none."""
        if self.config:
            return self.config
        if DEFAULT_CONFIG.exists():
            return DEFAULT_CONFIG
        return Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None

    @cached_property
    def configuration(self) -> Configuration:
        """Raises BadConfig, also when there is no configuration file, and BadDatabase when there
        is a database of another version: nobody can say what was accepted in it."""
        # The console channel prints to the output of this moment; after --json that is for JSON.
        with redirect_stdout(sys.stderr) if self.json else nullcontext():
            return load_configuration(self.config_path or DEFAULT_CONFIG, decided_in)

    @property
    def database_url(self) -> str:
        """The address of the database, whatever else the configuration says. Raises BadConfig."""
        return load_calendar_settings(self.config_path or DEFAULT_CONFIG).database_url

    @cached_property
    def catalogue(self) -> Catalogue:
        """The configured catalogue; without a configuration the bundled one."""
        if self.config_path is None:
            return load_catalogue()
        return self.configuration.agency.catalogue

    @cached_property
    def database(self) -> Engine:
        """The database with this version's schema. Raises BadDatabase."""
        db = self.open(self.configuration.database_url)
        check(db)
        return db

    @cached_property
    def current(self) -> CurrentAgency:
        """The agency for whoever writes: as it is when it is his turn."""
        found = self.configuration
        return CurrentAgency(self.database, found.agency, found.files)

    def open(self, url: str) -> Engine:
        """The database of an address, whatever its schema, until the command ends. Raises
        BadDatabase."""
        db = open_database(url)
        self._opened.append(db)
        return db

    def close(self) -> None:
        """Let go of the databases."""
        for db in self._opened:
            db.dispose()

    @cached_property
    def bare_database(self) -> Engine:
        """The same, whatever else the configuration says: who makes an account or a token need not
        have every channel's secret. Raises BadConfig, BadDatabase."""
        db = self.open(self.database_url)
        check(db)
        return db

    @property
    def unit_ids(self) -> set[str]:
        """The ids of the units, configured and registered. Raises BadConfig, BadDatabase."""
        settings = read_settings(self.config_path or DEFAULT_CONFIG)
        with reading(self.bare_database) as session:
            beside = {entry.unit for entry in unit_entries(session) if not entry.ended}
        return beside.union(table.id for table in settings.unit)

    @cached_property
    def imported(self) -> tuple[Notice, ...]:
        """The notices that were imported; none without a configuration or its database."""
        if not self.config_path:
            return ()
        db = self.open(load_calendar_settings(self.config_path).database_url)
        try:
            check(db)
        except (BadDatabase, DBAPIError):  # told by the commands that need it
            return ()
        with reading(db) as session:
            return imported_notices(session)

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working calendar of the office's region, as it is known now."""
        return self.calendar_as()

    def calendar_as(self, region: str | None = None, known_on: str | None = None) -> WorkCalendar:
        """The calendar of a region, the office's where none is given, as it was known on a day.

        Raises BadInput, OutsideCalendar.
        """
        if region is None:
            path = self.config_path
            region = load_calendar_settings(path).region if path else CN
        return typed_calendar(self.imported, region, known_on, self.today)

    @property
    def now(self) -> datetime:
        """The clock, read here and handed on as an argument."""
        return read_clock()

    @property
    def today(self) -> date:
        """Today in Asia/Shanghai."""
        return local_day(self.now)

    def emit(self, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
        """Print rows: one JSON object a line, or a table whose headings are in Chinese."""
        if self.json:
            for row in rows:
                print_json(row)
            return
        table = Table()
        for name in columns.values():
            table.add_column(name, overflow="fold")  # Chinese has no blanks to break a line at
        for row in rows:
            table.add_row(*(_cell(row.get(key)) for key in columns))
        console().print(table)


def console() -> Console:
    """A console that wraps to the terminal, and not at all when the output is a file."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)


def at_work(text: str) -> AbstractContextManager[object]:
    """Says on a terminal what is being done, for as long as it is done; elsewhere nothing."""
    return Console(stderr=True).status(text) if sys.stderr.isatty() else nullcontext()


def print_json(row: Mapping[str, Any]) -> None:
    """One object on one line, its Chinese readable."""
    print(json.dumps(row, ensure_ascii=False, default=str))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(map(str, value))
    # A paper's control characters are not for the terminal.
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in str(value))
