"""A table with 200 units and 4,000 duties is imported: how long nobody else can write, beside the time in
which the rows that it leaves are copied by plain SQL; and a tick afterwards that finds nothing to do.
Run: make bench"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy import Engine, event

from engine.current_agency import CurrentAgency
from engine.database import open_database
from engine.importing import Wanted, carry_out_import
from engine.registering import Decision, DutyTerms
from engine.schema import migrate
from engine.tick import tick
from engine.workdays import work_calendar
from rules.catalogue_files import CatalogueFile
from tests.builders import DOCUMENT, build_agency, build_rule, build_unit

UNITS, VALUES = 200, ["P1M"] * 4 + ["P3M"] * 5 + ["P6M"] * 6 + ["P1Y"] * 5
NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
COPIED = ("obligation", "duty_entry", "unit_entry", "journal", "ledger", "watermark")


class Silent:
    """A dispatcher that rings for nobody: what is measured is the tick."""

    def wake(self, shards: object) -> None:
        """Nothing."""


def main() -> None:
    rules = tuple(build_rule(f"r{number:02}", value=value) for number, value in enumerate(VALUES))
    units = [build_unit(f"u{number}", f"第{number}局") for number in range(UNITS)]
    agency = build_agency(rules, [], units=[build_unit("office", "市政府办公室")])
    since = date(2026, 9, 1)
    wanted = Wanted(
        list(enumerate(units)),
        list(enumerate(DutyTerms(rule.id, unit.id, since) for unit in units for rule in rules)),
    )
    with TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{folder}/qixian.db")
        migrate(db)
        files = (CatalogueFile(Path("paper.toml"), DOCUMENT, rules, (), ()),)
        current, calendar = CurrentAgency(db, agency, files), work_calendar()
        current.agency()
        with locked(db) as held:
            carry_out_import(db, current, calendar, wanted, Decision("张三", "导入", NOW))
        copied, plain = copy(db)
        print(f"{UNITS * len(rules):,} duties imported, {copied:,} rows written in all")
        print(
            f"nobody else can write for {held[0]:.2f} s, {held[0] / plain:.1f} times plain copying"
        )
        tick(db, current, calendar, Silent(), NOW)
        with locked(db) as held:
            tick(db, current, calendar, Silent(), NOW)
        print(f"a tick with nothing to do: {sum(held):.2f} s, {sum(held) / plain:.1f} times that")
        db.dispose()


@contextmanager
def locked(db: Engine) -> Iterator[list[float]]:
    """The seconds for which each writing transaction of the block holds the writers' lock."""
    begun, held = list[float](), list[float]()

    def begin(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            begun.append(perf_counter())

    def end(_connection: object) -> None:
        held.extend(perf_counter() - start for start in begun)
        begun.clear()

    event.listen(db, "before_cursor_execute", begin)
    event.listen(db, "commit", end)
    yield held
    event.remove(db, "before_cursor_execute", begin)
    event.remove(db, "commit", end)


def copy(db: Engine) -> tuple[int, float]:
    """All that was imported, into an empty database of the same form: rows, and seconds."""
    with TemporaryDirectory() as folder:
        target = open_database(f"sqlite:///{folder}/copy.db")
        migrate(target)
        with db.connect() as connection:
            tables = {
                name: connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall()
                for name in COPIED
            }
        begin = perf_counter()
        with target.begin() as connection:
            for name, rows in tables.items():
                marks = ", ".join("?" for _ in rows[0])
                statement = f"INSERT INTO {name} VALUES ({marks})"
                connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        seconds = perf_counter() - begin
        target.dispose()
    return sum(map(len, tables.values())), seconds


if __name__ == "__main__":
    main()
