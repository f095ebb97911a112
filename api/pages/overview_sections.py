"""The sections of 总览: what is late, today, this week, this month and next month, by unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlmodel import Session, col

from engine.agency import Agency
from engine.instants import local_day
from engine.obligations import Obligation, Status, late, list_obligations


@dataclass(frozen=True)
class Line:
    """One obligation as the page shows it."""

    obligation: Obligation
    matter: str
    document: str
    period: str


@dataclass(frozen=True)
class OfUnit:
    """One unit's lines in a section."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Section:
    """A stretch of time; empty stretches are shown as empty."""

    title: str
    id: str
    units: tuple[OfUnit, ...]

    @property
    def count(self) -> int:
        """How many obligations."""
        return sum(len(unit.lines) for unit in self.units)


def sections(
    session: Session, agency: Agency, now: datetime, own: Sequence[object] = ()
) -> list[Section]:
    """The sections of the page, each obligation in one of them; `own` are the conditions in SQL that
    leave what the viewer sees."""
    today = local_day(now)
    week = today + timedelta(days=6 - today.weekday())
    month = _month_end(today)
    next_month = _month_end(month + _DAY)
    return [
        _section(session, agency, "已逾期", "late", late(now), *own),
        _section(session, agency, "今日到期", "today", *_between(now, today, today), *own),
        _section(session, agency, "本周到期", "week", *_between(now, today + _DAY, week), *own),
        _section(
            session,
            agency,
            "本月到期",
            "month",
            *_between(now, max(today, week) + _DAY, month),
            *own,
        ),
        _section(
            session,
            agency,
            "下月到期",
            "next",
            *_between(now, max(week, month) + _DAY, next_month),
            *own,
        ),
    ]


_DAY = timedelta(days=1)


def _month_end(day: date) -> date:
    """The last day of a day's month: the 28th and four days lie in the next one."""
    after = day.replace(day=28) + timedelta(days=4)
    return after - timedelta(days=after.day)


def _between(now: datetime, first: date, last: date) -> tuple[object, ...]:
    return (
        col(Obligation.status) == Status.OPEN,
        col(Obligation.due_on).between(first, last),
        ~late(now),
    )


def _section(
    session: Session, agency: Agency, title: str, id_: str, *conditions: object
) -> Section:
    rows = list_obligations(session, *conditions)
    order = {unit: place for place, unit in enumerate(agency.units)}
    rows.sort(key=lambda row: (order.get(row.unit, len(order)), row.unit))
    units = tuple(
        OfUnit(
            agency.units[unit].name if unit in agency.units else unit,
            tuple(_line(row, agency) for row in group),
        )
        for unit, group in groupby(rows, key=lambda row: row.unit)
    )
    return Section(title, id_, units)


def _line(row: Obligation, agency: Agency) -> Line:
    rule = agency.catalogue.rules.get(row.rule)
    return Line(
        obligation=row,
        matter=rule.quote if rule else row.rule,
        document=rule.document.title if rule else row.document,
        period=row.period_in_words,
    )
