"""Figures that were counted before: of a great many obligations they are counted anew only when
something has happened since.

All that figures rest on comes with a row: what is new with an obligation, what changes with a
journal entry. The rest is time: a due day, or the instant of an open limit in hours, that is past.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.figures import Statistics
from engine.instants import local_day
from engine.journal import JournalEntry
from engine.obligations import Obligation, Status

MOST = 100  # answers that are kept


class _Counted(NamedTuple):
    """An answer, and when and on what it was counted."""

    at: datetime
    rows: tuple[int | None, int | None]
    found: Statistics


class CountedFigures:
    """The answers of one process, each under a key that says what was asked."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Counted] = {}

    def get(
        self, session: Session, key: Hashable, now: datetime, count: Callable[[], Statistics]
    ) -> Statistics:
        """What `count` would give."""
        rows, before = _rows(session), self._kept.get(key)
        if before and before.rows == rows and not _passed(session, before.at, now):
            return before.found
        found = count()
        while len(self._kept) >= MOST:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[key] = _Counted(now, rows, found)
        return found


def _rows(session: Session) -> tuple[int | None, int | None]:
    last_obligation = session.exec(select(func.max(Obligation.id))).one()
    return last_obligation, session.exec(select(func.max(JournalEntry.id))).one()


def _passed(session: Session, before: datetime, now: datetime) -> bool:
    """Can something have become late, or not be late any more, between two moments?"""
    day = local_day(now)
    if now < before or local_day(before) != day:
        return True
    due_at = col(Obligation.due_at)
    query = select(Obligation.id).where(
        Obligation.due_on == day,
        Obligation.status == Status.OPEN,
        due_at >= before,
        due_at < now,
    )
    return session.exec(query.limit(1)).first() is not None
