"""统计: how what fell due in a stretch of days stands, by unit and by period.

Each figure is counted by a condition in SQL, and its list is what the same condition finds. A
stretch is made of due days: what fell due in September is September's, whenever it was done.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlmodel import Session, col

from engine.clock_entries import ClockEntry, EntryType
from engine.obligations import WITHDRAWN_BY, Obligation, Status, late
from engine.sql_dates import legal_day, month_of


class Measure(StrEnum):
    """统计指标: what is counted. `due` is the sum of on_time, late, open_late and ahead."""

    DUE = "due"
    ON_TIME = "on_time"
    LATE = "late"
    OPEN_LATE = "open_late"
    AHEAD = "ahead"
    EXTENDED = "extended"
    MOVED = "moved"
    WAIVED = "waived"


class Step(StrEnum):
    """统计周期: the periods into which a stretch is cut."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_PARTS = (Measure.ON_TIME, Measure.LATE, Measure.OPEN_LATE, Measure.AHEAD)  # of what is due
_BESIDE = (Measure.EXTENDED, Measure.MOVED)  # counted among what is due, whatever became of it
MEASURE_NAMES = {
    Measure.DUE: "应办",
    Measure.ON_TIME: "按时办结",
    Measure.LATE: "逾期办结",
    Measure.OPEN_LATE: "逾期未办",
    Measure.AHEAD: "未到期",
    Measure.EXTENDED: "经批准延期",
    Measure.MOVED: "随日历调整",
    Measure.WAIVED: "免除",
}
DEFINITIONS = {
    Measure.DUE: "到期日在统计期内、没有免除的事项，等于其后四项之和；因配置变更撤销的不计",
    Measure.ON_TIME: "办结时间不晚于到期日（或到期时刻）；到期日按延期、补正、日历调整之后的计",
    Measure.LATE: "已经办结，办结时间晚于到期日（或到期时刻）",
    Measure.OPEN_LATE: "到期日（或到期时刻）已过，还没有办结",
    Measure.AHEAD: "还没有办结，到期日（或到期时刻）未过",
    Measure.EXTENDED: "应办事项中，登记过延期并且没有作废的",
    Measure.MOVED: "应办事项中，到期日因放假通知改变过的",
    Measure.WAIVED: "到期日在统计期内，由人写明理由免除的；不计入应办",
}
RATES = {
    "on_time_rate": ("按时办结率", "按时办结 ÷（按时办结＋逾期办结＋逾期未办）；未到期的不计"),
    "done_rate": ("办结率", "（按时办结＋逾期办结）÷（按时办结＋逾期办结＋逾期未办）"),
}


@dataclass(frozen=True)
class Figures:
    """How many of each measure."""

    due: int = 0
    on_time: int = 0
    late: int = 0
    open_late: int = 0
    ahead: int = 0
    extended: int = 0
    moved: int = 0
    waived: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return total_of((self, other))

    def of(self, measure: Measure) -> int:
        """One of them."""
        return int(getattr(self, measure.value))

    @property
    def on_time_rate(self) -> float | None:
        """按时办结率 among what is over; None where nothing is."""
        return self.on_time / self.over if self.over else None

    @property
    def done_rate(self) -> float | None:
        """办结率 among what is over; None where nothing is."""
        return (self.on_time + self.late) / self.over if self.over else None

    @property
    def over(self) -> int:
        """What is done, or should be."""
        return self.on_time + self.late + self.open_late


ByMonth = Mapping[str, Figures]  # by the key of the month: `2026-09`
_NUMBERS = attrgetter(*(one.name for one in fields(Figures)))


def total_of(figures: Iterable[Figures]) -> Figures:
    """Their sum; of none nothing."""
    return Figures(*map(sum, zip(*map(_NUMBERS, figures), strict=True)))


@dataclass(frozen=True)
class Statistics:
    """Of a stretch of days, the first and the last included: by the id of the unit, and by the key
    of the period."""

    first: date
    last: date
    units: Mapping[str, Figures] = field(default_factory=dict)
    periods: Mapping[str, Figures] = field(default_factory=dict)

    @property
    def total(self) -> Figures:
        """Of all units."""
        return total_of(self.units.values())


def statistics(by_month: Mapping[str, ByMonth], first: date, last: date, step: Step) -> Statistics:
    """Put together from the figures of each unit; all of the periods that the stretch touches, also
    those in which nothing fell due."""
    periods: dict[str, list[Figures]] = {key: [] for key in _periods(first, last, step)}
    for months in by_month.values():
        for month, found in months.items():
            periods[_period(month, step)].append(found)
    return Statistics(
        first,
        last,
        {unit: total_of(months.values()) for unit, months in by_month.items()},
        {key: total_of(found) for key, found in periods.items()},
    )


def figures_by_month(
    session: Session, conditions: Sequence[Any], first: date, last: date, now: datetime
) -> dict[str, ByMonth]:
    """By unit the figures of what falls due from `first` to `last` under these conditions in SQL."""
    month = month_of(col(Obligation.due_on)).label("month")
    counts: list[Any] = [func.sum(case((condition_of(one, now), 1), else_=0)) for one in _BESIDE]
    query = select(col(Obligation.unit), month, _standing(now), func.count(), *counts)
    query = query.where(*conditions, due_between(first, last)).group_by("unit", "month", "standing")
    numbers: defaultdict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for unit, key, standing, number, *beside in session.execute(query):
        if standing:  # not withdrawn
            found = numbers[unit].setdefault(key, Counter())
            found[standing] = number
            if standing != Measure.WAIVED:
                found.update(dict(zip(_BESIDE, beside, strict=True)), due=number)
    return {
        unit: {key: Figures(**found) for key, found in months.items()}
        for unit, months in numbers.items()
    }


def condition_of(measure: Measure, now: datetime) -> ColumnElement[bool]:
    """The condition in SQL under which an obligation counts for a measure at `now`."""
    status, owed = col(Obligation.status), col(Obligation.status) != Status.WAIVED
    conditions: dict[Measure, Any] = {
        Measure.DUE: owed,
        Measure.ON_TIME: and_(status == Status.DONE, _in_time()),
        Measure.LATE: and_(status == Status.DONE, ~_in_time()),
        Measure.OPEN_LATE: late(now),
        Measure.AHEAD: and_(status == Status.OPEN, ~late(now)),
        Measure.EXTENDED: and_(owed, col(Obligation.id).in_(_extended())),
        Measure.MOVED: and_(owed, col(Obligation.calendar_moves) > 0),
        Measure.WAIVED: and_(~owed, col(Obligation.closed_by) != WITHDRAWN_BY),
    }
    found: ColumnElement[bool] = conditions[measure]
    return found


def due_between(first: date, last: date) -> ColumnElement[bool]:
    """The condition in SQL of a stretch of due days, both included."""
    return col(Obligation.due_on).between(first, last)


def _standing(now: datetime) -> Any:
    """In which of the measures that exclude each other an obligation counts."""
    whens = [(condition_of(one, now), one.value) for one in (*_PARTS, Measure.WAIVED)]
    return case(*whens, else_="").label("standing")


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of a period, by its key: `2026`, `2026-Q3`, `2026-09`."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        first, months = int(part[1]) * 3 - 2, 3
    else:
        first, months = (int(part), 1) if part else (1, 12)
    end = int(year) * 12 + first - 1 + months
    return date(int(year), first, 1), date(end // 12, end % 12 + 1, 1) - timedelta(days=1)


def _in_time() -> ColumnElement[bool]:
    """Of what is done: true or false and never NULL, so that it can be negated."""
    due_at, closed_at = col(Obligation.due_at), col(Obligation.closed_at)
    return or_(
        and_(due_at.is_not(None), closed_at <= due_at),
        and_(due_at.is_(None), legal_day(closed_at) <= col(Obligation.due_on)),
    )


def _extended() -> Any:
    """The ids of obligations with an extension that counts: nobody corrected or voided it."""
    corrected = select(col(ClockEntry.corrects)).where(col(ClockEntry.corrects).is_not(None))
    return select(col(ClockEntry.obligation_id)).where(
        col(ClockEntry.type) == EntryType.EXTEND, col(ClockEntry.id).not_in(corrected)
    )


def _periods(first: date, last: date, step: Step) -> Iterable[str]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return (_period(f"{month // 12}-{month % 12 + 1:02}", step) for month in months)


def _period(month: str, step: Step) -> str:
    """The key of the period in which a month lies."""
    if step is Step.MONTH:
        return month
    year, _, number = month.partition("-")
    return year if step is Step.YEAR else f"{year}-Q{(int(number) + 2) // 3}"
