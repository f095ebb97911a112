"""The sections of 总览: what is late, today, this week, this month and next month, the first of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session, col

from engine.instants import local_day
from engine.obligation_counts import UnitCount, count, end_of_week
from engine.obligations import Obligation, Status, late, list_obligations

MOST = 20  # rows of a section; the list has the rest

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Section:
    """A stretch of time; empty stretches are shown as empty. `query` is the filter of the list that
    has all `count` of it."""

    title: str
    id: str
    rows: Sequence[Obligation]
    count: int
    query: str


def sections(
    session: Session,
    by_unit: Mapping[str, UnitCount],
    now: datetime,
    own: Sequence[Any] = (),
    most: int = MOST,
) -> list[Section]:
    """The sections of the page, each obligation in one of them. `by_unit` are the counts of what the
    viewer sees, `own` the conditions in SQL that leave it."""
    today = local_day(now)
    week = end_of_week(today)
    month = _month_end(today)
    after = max(today, week)
    next_month = max(week, month)
    counted = by_unit.values()
    stretches = (
        ("已逾期", "late", (date.min, today), sum(one.late for one in counted)),
        ("今日到期", "today", (today, today), sum(one.today for one in counted)),
        ("本周到期", "week", (today + _DAY, week), sum(one.week for one in counted)),
        ("本月到期", "month", (after + _DAY, month), None),
        ("下月到期", "next", (next_month + _DAY, _month_end(month + _DAY)), None),
    )
    found = []
    for title, id_, (first, last), number in stretches:
        is_late = id_ == "late"
        conditions = [*own, *([late(now)] if is_late else _ahead(now, first, last))]
        number = count(session, *conditions) if number is None else number
        rows = list_obligations(session, *conditions, limit=most) if number else []
        query = {"status": "overdue"} if is_late else _query(first, last)
        found.append(Section(title, id_, rows, number, urlencode(query)))
    return found


def _query(first: date, last: date) -> dict[str, str]:
    return {"status": "upcoming", "due_from": f"{first}", "due_to": f"{last}"}


def _month_end(day: date) -> date:
    """The last day of a day's month: the 28th and four days lie in the next one."""
    after = day.replace(day=28) + timedelta(days=4)
    return after - timedelta(days=after.day)


def _ahead(now: datetime, first: date, last: date) -> list[Any]:
    is_open = col(Obligation.status) == Status.OPEN
    within = [is_open, col(Obligation.due_on).between(first, last)]
    return [*within, ~late(now)] if first <= local_day(now) else within
