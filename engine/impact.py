"""影响 Impact: what another agency would do to the obligations that are there, without doing it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.database import trying
from engine.derivation import derive
from engine.obligations import Obligation, Status
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Moved:
    """One open obligation and its dates before and after; None after: it would be withdrawn."""

    id: int
    rule: str
    unit: str
    period: str
    due_on: date
    due_at: datetime | None
    new_due_on: date | None
    new_due_at: datetime | None


@dataclass(frozen=True)
class Impact:
    """影响. `moved` are open obligations with another date, `withdrawn` those that would be waived,
    `added` how many would be new or open again."""

    moved: tuple[Moved, ...]
    withdrawn: tuple[Moved, ...]
    added: int


def impact(
    db: Engine, agency: Agency, changed: Agency, calendar: WorkCalendar, now: datetime
) -> Impact:
    """What is open under `agency`, and what would be under `changed`: both are derived in a
    transaction that is rolled back, so that preview and deed cannot differ."""
    with trying(db) as session:
        derive(session, agency, calendar, now)
        session.flush()
        before = _open(session)
        derive(session, changed, calendar, now)
        session.flush()
        session.expire_all()
        after = _open(session)
    moved = []
    withdrawn = []
    for id_, old in before.items():
        if id_ not in after:
            withdrawn.append(Moved(*old, None, None))
        elif after[id_] != old:
            moved.append(Moved(*old, *after[id_][4:]))
    return Impact(tuple(moved), tuple(withdrawn), len(after.keys() - before.keys()))


_Row = tuple[int, str, str, str, date, datetime | None]


def _open(session: Session) -> dict[int, _Row]:
    query = select(Obligation).where(Obligation.status == Status.OPEN)
    return {
        row.id: (row.id, row.rule, row.unit, row.period_in_words, row.due_on, row.due_at)
        for row in session.exec(query.order_by(col(Obligation.due_on), col(Obligation.id))).all()
        if row.id is not None
    }
