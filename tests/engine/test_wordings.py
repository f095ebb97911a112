"""Of an amended law the wording counts that is in force on the day of the event."""

from datetime import UTC, date, datetime

import pytest

from engine.database import writing
from engine.events import record_event
from rules.catalogue_files import load_catalogue
from rules.rule import Rule
from rules.terms import Kind
from tests.builders import CALENDAR, build_agency, build_duty, build_unit, memory

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def replies() -> list[Rule]:
    """The reply to an application: 15 working days in 2007's wording, 20 in 2019's."""
    return [
        rule
        for rule in load_catalogue().rules.values()
        if rule.document.id == "zfxxgk-tiaoli"
        and rule.term.kind is Kind.AFTER_EVENT
        and rule.trigger == "收到申请"
        and rule.term.value in ("15WD", "20WD")
    ]


@pytest.mark.parametrize(
    ("day", "value", "due_on"),
    [
        (date(2019, 5, 14), "15WD", date(2019, 6, 4)),
        (date(2019, 5, 15), "20WD", date(2019, 6, 13)),
    ],
)
def test_the_day_of_the_event_chooses_the_wording(day: date, value: str, due_on: date) -> None:
    rules = replies()
    assert {rule.term.value for rule in rules} == {"15WD", "20WD"}
    duties = [build_duty(rule.id, since="2008-05-01") for rule in rules]
    agency = build_agency(rules, duties, units=[build_unit()])
    with memory() as db, writing(db) as session:
        _, rows, _ = record_event(
            session,
            agency,
            CALENDAR,
            trigger="收到申请",
            unit="all",
            moment=day,
            reference="1号",
            by="张三",
            now=NOW,
        )
        (row,) = rows
        assert agency.catalogue.rules[row.rule].term.value == value
        assert row.due_on == due_on
