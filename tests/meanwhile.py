"""What another process does while somebody waits for the writers' lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, event

from engine.agency import Agency
from engine.current_agency import CurrentAgency
from engine.database import open_database, writing
from engine.registering import Decision, DutyTerms, register_duty, settle
from rules.catalogue_files import CatalogueFile
from tests.builders import CALENDAR, day


@contextmanager
def before_the_lock(db: Engine | type[Engine], deed: Callable[[], None]) -> Iterator[None]:
    """Does it when the next writing transaction has read all that it reads before it asks for its
    lock; fails where none did."""
    done: list[str] = []

    def act(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        locks = statement == "BEGIN IMMEDIATE" or "pg_advisory_xact_lock" in statement
        if locks and not done:
            done.append(statement)
            deed()

    event.listen(db, "before_cursor_execute", act)
    yield
    event.remove(db, "before_cursor_execute", act)
    assert done


def registering(
    url: str, configured: Agency, files: tuple[CatalogueFile, ...], rule: str, now: datetime
) -> Callable[[], None]:
    """Has a rule owed by the statistics bureau from 2026-09-01 on, with what it asks for."""

    def register() -> None:
        db = open_database(url)
        current = CurrentAgency(db, configured, files)
        terms = DutyTerms(rule, "statistics", day("2026-09-01"))
        with writing(db) as session:
            agency = current.agency_in(session)
            register_duty(session, agency, terms, Decision("王莉", "分工", now))
            settle(session, current, CALENDAR, now)
        db.dispose()

    return register
