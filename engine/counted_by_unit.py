"""What was counted before, unit by unit: of a great many obligations only those of the units are
counted anew at which something has happened since.

All that counts rest on comes with a row: what is new with an obligation, what changes with a
journal entry about one. The rest is time: a due day, or the instant of an open limit in hours, that
is past.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.instants import local_day
from engine.journal import JournalEntry
from engine.obligations import Obligation, Status

MOST = 20  # answers that are kept
FEW = 50  # units; of more all are counted
_Count = TypeVar("_Count")


class _Counted(NamedTuple):
    """An answer, when it was counted, and the last obligation and the last journal entry then."""

    at: datetime
    rows: tuple[int, int]
    found: Mapping[str, Any]


class CountedByUnit:
    """The answers of one process, each under a key that says what was asked."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Counted] = {}

    def get(
        self,
        session: Session,
        key: Hashable,
        now: datetime,
        count: Callable[[list[Any]], Mapping[str, _Count]],
    ) -> Mapping[str, _Count]:
        """By unit what `count` gives without further conditions in SQL."""
        rows, before = _last_rows(session), self._kept.get(key)
        units = _changed(session, before, rows, now) if before else None
        if before is None or units is None or len(units) > FEW:
            found = count([])
        elif units:
            of_others = {unit: one for unit, one in before.found.items() if unit not in units}
            found = of_others | dict(count([col(Obligation.unit).in_(sorted(units))]))
        else:
            found = before.found
        self._kept.pop(key, None)  # what is asked again stands last
        self._kept[key] = _Counted(now, rows, found)
        while len(self._kept) > MOST:
            self._kept.pop(next(iter(self._kept)), None)
        return found


def _last_rows(session: Session) -> tuple[int, int]:
    obligation = session.exec(select(func.max(Obligation.id))).one()
    return obligation or 0, session.exec(select(func.max(JournalEntry.id))).one() or 0


def _changed(
    session: Session, before: _Counted, rows: tuple[int, int], now: datetime
) -> set[str] | None:
    """The units whose counts may be others by now; None for all of them."""
    day = local_day(now)
    if now < before.at or local_day(before.at) != day or rows < before.rows:
        return None
    last_obligation, last_entry = before.rows
    # Not the different ones: for those SQLite would go through all that is open, in their order.
    unit, due_at = select(col(Obligation.unit)), col(Obligation.due_at)
    found: set[str] = set()
    if rows != before.rows:
        about = unit.join(JournalEntry, col(JournalEntry.obligation_id) == col(Obligation.id))
        found.update(session.exec(unit.where(col(Obligation.id) > last_obligation)).all())
        found.update(session.exec(about.where(col(JournalEntry.id) > last_entry)).all())
    passed = (due_at >= before.at, due_at < now)
    is_open = (Obligation.due_on == day, Obligation.status == Status.OPEN)
    return found.union(session.exec(unit.where(*is_open, *passed)).all())
