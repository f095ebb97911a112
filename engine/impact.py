"""影响 Impact: what a changed agency or calendar would do to the obligations, without doing it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.database import portions, trying
from engine.derivation import derive
from engine.news import NewsType, Told, told_in
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
    reopened those asked for again, new what was not there, by due day."""

    moved: tuple[Affected, ...]
    withdrawn: tuple[Affected, ...]
    reopened: tuple[Affected, ...]
    new: tuple[Affected, ...]

    @property
    def added(self) -> int:
        """How many would be new."""
        return len(self.new)

    @property
    def first_added(self) -> tuple[Affected, ...]:
        """The first of these."""
        return self.new[:SHOWN]

    def of(self, units: Collection[str] | None) -> "Impact":
        """What of it is of some units; all of it for None."""
        if units is None:
            return self
        kinds = (self.moved, self.withdrawn, self.reopened, self.new)
        return Impact(*(tuple(one for one in kind if one.unit in units) for kind in kinds))


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
    before = len(told_in(session))
    derive(session, *after, now, notice)
    session.flush()
    return _impact(session, told_in(session)[before:])


def _impact(session: Session, told: Iterable[Told]) -> Impact:
    """What happened says which obligations are others now, and what they were: no other is read."""
    first: dict[int, NewsType] = {}
    dates: dict[int, Mapping[str, Any]] = {}
    for one in told:
        first.setdefault(one.obligation_id, one.type)
        if one.previous:
            dates.setdefault(one.obligation_id, one.previous)
    moved, withdrawn, reopened, new = [list[Affected]() for _ in range(4)]
    for row in _obligations(session, first):
        was, is_open = first[row.id], row.status is Status.OPEN
        if was is NewsType.CREATED:
            new.append(_affected(None, row))
            continue
        old = dates.get(row.id) or {"due_on": row.due_on, "due_at": row.due_at}
        found = _affected(old, row)
        if is_open and was is NewsType.REOPENED:
            reopened.append(found)
        elif is_open and (old["due_on"], old["due_at"]) != (row.due_on, row.due_at):
            moved.append(found)
        elif not is_open and was is not NewsType.REOPENED:
            withdrawn.append(found)
    return Impact(tuple(moved), tuple(withdrawn), tuple(reopened), tuple(new))


def _obligations(session: Session, ids: Iterable[int]) -> list[Row[_Columns]]:
    names = ("id", "rule", "unit", "period", "due_on", "due_at", "status")
    columns = [col(getattr(Obligation, name)) for name in names]
    found: list[Row[_Columns]] = []
    for portion in portions(ids):
        found += session.execute(select(*columns).where(col(Obligation.id).in_(portion))).all()
    return sorted(found, key=lambda row: (row.due_on, row.id))


def _affected(old: Mapping[str, Any] | None, new: Row[_Columns]) -> Affected:
    return Affected(
        id=new.id if old else None,
        rule=new.rule,
        unit=new.unit,
        period=new.period,
        old_due_on=old["due_on"] if old else None,
        old_due_at=old["due_at"] if old else None,
        new_due_on=new.due_on,
        new_due_at=new.due_at,
    )
