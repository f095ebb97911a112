"""影响 Impact: what a changed agency or calendar would do to the obligations, without doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Engine, Row
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.database import trying
from engine.derivation import derive
from engine.obligations import Obligation, Status
from engine.workdays import WorkCalendar

SHOWN = 10  # of what would be added, the first by due day


@dataclass(frozen=True)
class Affected:
    """An obligation, its date now, and the one that it would get; where only its status would
    change both are the same, where it would be new `id` and the old date are None."""

    id: int | None
    rule: str
    unit: str
    period: str
    old_due_on: date | None
    old_due_at: datetime | None
    new_due_on: date
    new_due_at: datetime | None


@dataclass(frozen=True)
class Impact:
    """影响. Moved are open obligations with another date; withdrawn those not asked for any more,
    reopened those asked for again. `first_added` are the first of the `added` by due day."""

    moved: tuple[Affected, ...]
    withdrawn: tuple[Affected, ...]
    reopened: tuple[Affected, ...]
    added: int
    first_added: tuple[Affected, ...]

    def as_seen(self, sees: Callable[[str], bool]) -> "Impact":
        """What of it is for who sees these units only; how many are new is told of all."""

        def own(rows: tuple[Affected, ...]) -> tuple[Affected, ...]:
            return tuple(one for one in rows if sees(one.unit))

        return Impact(
            *(own(self.moved), own(self.withdrawn), own(self.reopened)),
            added=self.added,
            first_added=own(self.first_added),
        )


_Columns = tuple[int, str, str, str, date, datetime | None, Status]


class Basis(NamedTuple):
    """What obligations are derived from."""

    agency: Agency
    calendar: WorkCalendar


def impact(db: Engine, after: Basis, now: datetime, before: Basis | None = None) -> Impact:
    """What `derive` would do with `after`, found by doing it in a transaction that is rolled back:
    preview and act cannot differ. With `before`, what that would do alone is not counted. It
    holds the database's lock for writing as long as `derive` takes.

    Raises what `derive` raises.
    """
    with trying(db) as session:
        if before:
            derive(session, *before, now)
        return derive_and_compare(session, after, now)


def derive_and_compare(session: Session, after: Basis, now: datetime, notice: str = "") -> Impact:
    """Derive in a transaction of the caller's; what became of the obligations that were there."""
    session.flush()
    old = _obligations(session)
    derive(session, *after, now, notice)
    session.flush()
    return _compared(old, _obligations(session))


def _obligations(session: Session) -> dict[int, Row[_Columns]]:
    names = ("id", "rule", "unit", "period", "due_on", "due_at", "status")
    columns = [col(getattr(Obligation, name)) for name in names]
    query = select(*columns).order_by(col(Obligation.due_on), col(Obligation.id))
    return {row.id: row for row in session.execute(query).all()}


def _compared(before: Mapping[int, Row[_Columns]], after: Mapping[int, Row[_Columns]]) -> Impact:
    both = [(before[id_], row) for id_, row in after.items() if id_ in before]
    opened = [(old, new) for old, new in both if new.status is Status.OPEN]
    added = [new for id_, new in after.items() if id_ not in before]
    return Impact(
        moved=tuple(
            _affected(old, new)
            for old, new in opened
            if old.status is Status.OPEN and (old.due_on, old.due_at) != (new.due_on, new.due_at)
        ),
        withdrawn=tuple(
            _affected(old, new)
            for old, new in both
            if old.status is Status.OPEN and new.status is not Status.OPEN
        ),
        reopened=tuple(_affected(old, new) for old, new in opened if old.status is not Status.OPEN),
        added=len(added),
        first_added=tuple(_affected(None, new) for new in added[:SHOWN]),
    )


def _affected(old: Row[_Columns] | None, new: Row[_Columns]) -> Affected:
    return Affected(
        id=old.id if old else None,
        rule=new.rule,
        unit=new.unit,
        period=new.period,
        old_due_on=old.due_on if old else None,
        old_due_at=old.due_at if old else None,
        new_due_on=new.due_on,
        new_due_at=new.due_at,
    )
