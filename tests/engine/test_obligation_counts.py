"""Counts by unit and by day are those that counting each row gives, on both databases."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert

from engine.database import reading, writing
from engine.obligation_counts import (
    DayCount,
    UnitCount,
    count,
    counts_by_day,
    counts_by_unit,
    first_of_days,
)
from engine.obligations import Obligation, Status, list_obligations
from tests.builders import build_obligation, instant, memory

NOW = instant("2026-09-23T14:00")  # a Wednesday
TODAY = date(2026, 9, 23)


def row(number: int) -> dict[str, object]:
    """Around the day, of three units, in all states; every fifth is limited by the hour."""
    due_at = NOW + timedelta(hours=6 * (number % 21 - 10)) if number % 5 == 0 else None
    due_on = f"{due_at:%Y-%m-%d}" if due_at else f"{TODAY + timedelta(number % 21 - 10)}"
    built = build_obligation(due_on, unit=f"u{number % 3}", period=f"{number}", due_at=due_at)
    status = list(Status)[number * 7 % 4 % 3]
    return {**built.model_dump(exclude={"id"}), "status": status}


@pytest.mark.usefixtures("both_databases")
def test_the_database_counts_as_a_person_would() -> None:
    with memory() as db:
        with writing(db) as session:
            session.execute(insert(Obligation), [row(number) for number in range(300)])
        with reading(db) as session:
            rows = list_obligations(session)
            assert counts_by_unit(session, NOW) == {
                unit: by_hand([one for one in rows if one.unit == unit], NOW)
                for unit in ("u0", "u1", "u2")
            }
            assert list(counts_by_unit(session, NOW, ["u1", "u9"])) == ["u1"]
            only = Obligation.unit == "u1"
            assert (count(session, only), count(session, only, most=7)) == (100, 7)
            first, last = TODAY - timedelta(5), TODAY + timedelta(5)
            days = counts_by_day(session, first, last, only)
            shown = first_of_days(session, first, last, 2, only)
            for n in range(-7, 8):
                day = TODAY + timedelta(n)
                due = [one for one in rows if one.due_on == day and one.unit == "u1"]
                open_ = [one for one in due if one.status is Status.OPEN]
                done = [one for one in due if one.status is Status.DONE]
                if abs(n) > 5:
                    open_, done = [], []
                assert days.get(day, DayCount()) == DayCount(len(open_), len(done))
                assert shown.get(day, []) == [*open_, *done][:2]


def by_hand(rows: list[Obligation], now: datetime) -> UnitCount:
    rows = [one for one in rows if one.status is Status.OPEN]
    ahead = [one.due_on for one in rows if not one.overdue(now)]
    sunday = TODAY + timedelta(4)
    return UnitCount(
        late=len(rows) - len(ahead),
        today=ahead.count(TODAY),
        week=sum(TODAY < day <= sunday for day in ahead),
        open=len(rows),
    )
