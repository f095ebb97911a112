"""Many duties cost as many statements as few: whoever writes waits for whoever derives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from engine.agency import Agency
from engine.chains import follow
from engine.database import reading, writing
from engine.derivation import AHEAD, derive
from engine.events import record_event
from engine.impact import Basis, derive_and_compare
from engine.obligations import Obligation, Status, complete, list_obligations
from engine.workdays import WorkCalendar
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    day,
    instant,
    memory,
)

NOW = instant("2026-03-10T09:00")
LATER = NOW + AHEAD + timedelta(days=40)
EARLIER = calendar_through(2025)
Scene = Callable[[Engine, Agency], None]


@contextmanager
def counted(db: Engine) -> Iterator[list[str]]:
    """The statements that a database is given meanwhile."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(" ".join(statement.split()[:3]))

    event.listen(db, "before_cursor_execute", note)
    yield found
    event.remove(db, "before_cursor_execute", note)


def office(units: int, **readings: str) -> Agency:
    """Of each unit a rhythm, what starts after it, and a limit that counts from an event; the
    rhythm of a second paper states the first one's duty."""
    rules = [
        replace(build_rule("month", "vague_periodic", ""), same_as=("week",)),
        replace(build_rule("week", "vague_periodic", ""), same_as=("month",)),
        build_rule("limit", "vague_prompt", "", trigger="政策出台"),
        replace(build_rule("after", "vague_prompt", ""), starts_after="once"),
        replace(build_rule("from-then", "vague_periodic", ""), starts_after="once"),
        build_rule("once", "fixed_deadline", "2026-03-31"),
    ]
    ids = [f"u{number}" for number in range(units)]
    return build_agency(
        rules,
        [build_duty(rule.id, unit) for rule in rules for unit in ids],
        units=[build_unit(id_, f"单位{id_}") for id_ in ids],
        readings={id_.replace("_", "-"): value for id_, value in readings.items()},
        horizon_days=20,
    )


# What moves is written, and told in the journal, row by row.
OF_WHAT_MOVES = {"INSERT INTO journal", "UPDATE obligation SET"}
READ = {"month": "P1M", "week": "P1W", "limit": "10WD", "after": "5WD", "from_then": "P1M"}


def run(db: Engine, agency: Agency, calendar: WorkCalendar = EARLIER) -> None:
    with writing(db) as session:
        derive(session, agency, calendar, NOW)


def begin(db: Engine, agency: Agency) -> None:
    """An event for all, and the first rule completed by every unit."""
    run(db, agency)
    with writing(db) as session:
        record_event(session, agency, EARLIER, trigger="政策出台", unit="all", moment=day("2026-03-09"), reference="", by="张三", now=NOW)  # fmt: skip
        for row in list_obligations(session, Obligation.rule == "once"):
            complete(session, row.id or 0, by="张三", at=NOW, evidence="", now=NOW)
            follow(session, agency, EARLIER, row, NOW)
    run(db, agency)


def nothing(db: Engine, agency: Agency) -> None:
    run(db, agency)


def new_days(db: Engine, agency: Agency) -> None:
    with writing(db) as session:
        assert derive(session, agency, EARLIER, LATER)


def another_calendar(db: Engine, agency: Agency) -> None:
    run(db, agency, CALENDAR)


def an_impact(db: Engine, agency: Agency) -> None:
    later = office(len(agency.units), **{**READ, "week": "P1W;weekday=3"})
    with writing(db) as session:
        assert derive_and_compare(session, Basis(later, EARLIER), NOW).moved


@pytest.mark.usefixtures("both_databases")
@pytest.mark.parametrize("scene", [nothing, new_days, another_calendar, an_impact])
def test_many_cost_as_many_statements_as_few(scene: Scene) -> None:
    costs = []
    for units in (2, 40):
        agency = office(units, **READ)
        with memory() as db:
            begin(db, agency)
            with counted(db) as statements:
                scene(db, agency)
            assert open_rows(db) > 4 * units
        costs.append([one for one in statements if one not in OF_WHAT_MOVES])
    assert len(costs[1]) <= len(costs[0]) + 3, costs[1]


@pytest.mark.usefixtures("both_databases")
def test_many_new_duties_cost_as_many_statements_as_few() -> None:
    costs = []
    for units in (2, 40):
        with memory() as db, counted(db) as statements:
            run(db, office(units, **READ))
            costs.append(statements)
    assert len(costs[1]) <= len(costs[0]) + 3, costs[1]


def open_rows(db: Engine) -> int:
    with reading(db) as session:
        return len(list_obligations(session, Obligation.status == Status.OPEN))
