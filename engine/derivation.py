"""Deriving: from duties to the rows of what falls due, and again when what they rest on changes.

Idempotent by the unique key (rule, unit, occurrence), cheap by a watermark per duty.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from engine.agency import Agency
from engine.alignment import Expected, Why, align, align_with_events
from engine.chains import with_beginnings
from engine.database import insert_missing
from engine.duties import Duty
from engine.errors import BadDatabase
from engine.events import EVENT_KINDS
from engine.instants import local_day
from engine.news import NewsType, tell
from engine.obligations import Obligation, Status, due_columns, obligations_of
from engine.owing import Owed, owed_among
from engine.periods import span
from engine.watermarks import (
    Mark,
    basis_of,
    calendar_alone,
    remove_watermarks,
    store_watermarks,
    watermarks,
    what_changed,
)
from engine.workdays import LAST_DAY, WorkCalendar

AHEAD = timedelta(days=30)  # derived beyond the horizon, so that not every day has work to do


@dataclass(frozen=True)
class _Work:
    """A duty of which something has to be derived: from `mark` on, or all of it anew, through a day."""

    duty: Duty
    calendar: WorkCalendar  # of its unit
    mark: Mark | None
    basis: str
    through: date

    @property
    def anew(self) -> bool:
        """Is it new, changed, or back after it had been taken out?"""
        return self.mark is None or self.mark.basis != self.basis

    def why(self, notice: str) -> Why:
        """Why its dates move."""
        if self.mark is None:
            return "责任恢复", False
        because = what_changed(self.mark.basis, self.basis, notice)
        return because, calendar_alone(self.mark.basis, self.basis)


def derive(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime, notice: str = ""
) -> int:
    """Store what falls due within the horizon and is not there yet; how many rows are new.

    A duty whose reading, days in force or calendar changed is computed again: open obligations
    move, those not asked for any more and not yet due are waived. `notice` is the holiday notice
    that has just come in.
    """
    agency = with_beginnings(session, agency)
    marks = watermarks(session)
    _refuse_a_foreign_database(marks, agency)
    work = list(_work(agency, calendar, marks, now))
    by_event = [one for one in work if _counts_from_events(agency, one.duty)]
    rhythms = [one for one in work if not _counts_from_events(agency, one.duty)]
    added = _derive_rhythms(session, agency, rhythms, now, notice)
    changed = [(one.duty, one.why(notice)) for one in by_event if one.anew]
    added += align_with_events(session, agency, calendar, changed, now)
    _withdraw_all(session, sorted(marks.keys() - agency.duties_in_force.keys()), now)
    store_watermarks(session, {one.duty.key: Mark(one.through, one.basis) for one in work})
    return added


def _work(
    agency: Agency, calendar: WorkCalendar, marks: Mapping[str, Mark], now: datetime
) -> Iterator[_Work]:
    needed = min(local_day(now) + timedelta(days=agency.horizon_days), LAST_DAY)
    through = min(needed + AHEAD, LAST_DAY)
    for key, duty in agency.duties_in_force.items():
        local, mark = agency.calendar_of(duty.unit, calendar), marks.get(key)
        # Rows that stand beyond a shortened horizon count too.
        end = max(through, mark.through) if mark else through
        one = _Work(duty, local, mark, basis_of(duty, agency, local), end)
        if one.anew or (mark and mark.through < needed):
            yield one


def _counts_from_events(agency: Agency, duty: Duty) -> bool:
    term = agency.readings[duty.rule].term
    return term is not None and term.kind in EVENT_KINDS


def _refuse_a_foreign_database(marks: Mapping[str, Mark], agency: Agency) -> None:
    """With the configuration of another office every duty would look as if taken out, and what
    is owed would be waived."""
    units = {key.partition("@")[2] for key in marks}
    if units and not units & agency.units.keys():
        raise BadDatabase(
            f"这个数据库属于另一份配置（其中的单位 {'、'.join(sorted(units)[:3])} 等都不在本配置中），"
            "请检查 [database] 的 url，或另用一个数据库"
        )


def _derive_rhythms(
    session: Session, agency: Agency, work: Sequence[_Work], now: datetime, notice: str
) -> int:
    """Rhythms and fixed dates, and rules that have no date yet."""
    anew = [(one.duty.rule, one.duty.unit) for one in work if one.anew]
    there, asked, new = obligations_of(session, anew), _Asked(agency), list[dict[str, Any]]()
    for one in work:
        rows = there.get((one.duty.rule, one.duty.unit), [])
        if one.mark and not one.anew:
            owed = asked.of(one, one.mark.through, one.through)
        else:
            last = _beyond(agency, one.duty, one.through) if rows else one.through
            owed = asked.of(one, one.duty.since, last)
        if rows:
            words = agency.readings[one.duty.rule].in_words
            align(session, rows, _expected(owed, words), now, one.why(notice))
        known = {row.occurrence for row in rows}
        new += _new_rows(agency, one, owed, known, now)
    return _insert(session, new, now)


class _Asked:
    """What duties owe by their rhythm; of alike ones, as many units have, it is computed once."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._found: dict[tuple[str, str, date, date], Sequence[Owed]] = {}

    def of(self, one: _Work, start: date, end: date) -> Sequence[Owed]:
        """From `start` to `end`: all that it rests on is in the basis."""
        key = (one.duty.rule, one.basis, start, end)
        if key not in self._found:
            self._found[key] = list(owed_among(self._agency, one.duty, start, end, one.calendar))
        return self._found[key]


def _expected(owed: Iterable[Owed], words: str) -> Expected:
    expected = Expected()
    for one in owed:
        expected.add(one.occurrence.period.key, (one.due, words), one.governed_by)
    return expected


def _beyond(agency: Agency, duty: Duty, through: date) -> date:
    """Far enough that every period with a row is asked for, even where it falls due later now."""
    term = agency.readings[duty.rule].term
    if term is None:
        return through
    reach = max((span(rhythm) for rhythm in term.rhythms), default=timedelta())
    return min(through + reach, LAST_DAY)


def _new_rows(
    agency: Agency, work: _Work, owed: Iterable[Owed], there: Container[str], now: datetime
) -> Iterator[dict[str, Any]]:
    """The columns of what is asked for, but for the occurrences that are there."""
    duty = work.duty
    begins = agency.begins(duty) or duty.since
    shared = {
        "rule": duty.rule,
        "unit": duty.unit,
        "document": agency.catalogue.rules[duty.rule].document.id,
        "reading": agency.readings[duty.rule].in_words,
        "status": Status.OPEN,
        "created_at": now,
    }
    for one in owed:
        period = one.occurrence.period
        # What lies beyond was only asked for to see where its row stands.
        ahead = one.occurrence.due_on <= work.through
        if ahead and not one.governed_by and period.key not in there:
            yield {
                "occurrence": period.key,
                "period": period.key,
                "opens_on": max(period.first, begins),
                **due_columns(one.due),
                **shared,
            }


def _insert(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """Those that are not there yet; how many. Whoever derives is alone, so that what comes after the
    last row is what he added: with RETURNING it takes several times as long on PostgreSQL."""
    if not rows:
        return 0
    session.flush()
    last = session.exec(select(func.max(col(Obligation.id)))).one() or 0
    session.connection().execute(insert_missing(session, Obligation), rows)
    added = select(col(Obligation.id)).where(col(Obligation.id) > last).order_by(col(Obligation.id))
    ids = session.exec(added).all()
    for id_ in ids:
        tell(session, NewsType.CREATED, id_, now)
    return len(ids)


def _withdraw_all(session: Session, keys: Sequence[str], now: datetime) -> None:
    """What is ahead of duties that the configuration no longer has."""
    pairs = {(rule, unit) for rule, _, unit in (key.partition("@") for key in keys)}
    for rows in obligations_of(session, pairs).values():
        align(session, rows, Expected(), now, ("", False))
    remove_watermarks(session, keys)
