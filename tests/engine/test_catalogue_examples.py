"""Each rule's worked example, computed by the engine."""

from datetime import date, datetime

import pytest

from engine.alternatives import guarded
from engine.due_dates import due
from engine.periods import period_of
from engine.readings import Interpretation, reading_of
from engine.workdays import work_calendar
from rules.catalogue_files import load_catalogue
from rules.links import rules_referred_to
from rules.rule import Example, Rule
from rules.terms import Kind

CATALOGUE = load_catalogue()
RULES = list(CATALOGUE.rules.values())

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def a_day_of(period: str) -> date:
    """A day inside the period that a key names."""
    year, _, rest = period.partition("-")
    match rest[:1]:
        case "W":
            return date.fromisocalendar(int(year), int(rest[1:]), 1)
        case "Q":
            return date(int(year), 3 * int(rest[1:]), 1)
        case "H":
            return date(int(year), 6 * int(rest[1:]), 1)
    return date(int(year), int(rest or 1), 1)


def event_of(example: Example) -> date | datetime:
    if example.event:
        return example.event
    return a_day_of(example.period) if example.period else date(2017, 1, 1)


def decided(rule: Rule) -> Interpretation | None:
    if not rule.example.reading:
        return None
    return Interpretation(rule.id, rule.example.reading, "示例", date(2017, 1, 1), "示例")


@each_rule
def test_the_worked_example_comes_out(rule: Rule) -> None:
    reading = reading_of(rule, decided(rule))
    if rule.example.waits:
        assert reading.term is None
        return
    assert reading.term
    calendar, event = work_calendar(), rule.example.event
    found = due(reading.term, event_of(rule.example), calendar)
    inside = event_of(rule.example)
    rhythms = reading.term.rhythms
    period = period_of(rhythms[0].every, inside, inside, calendar) if rhythms else None
    found = guarded(rule, reading.term, found, calendar, event, period)
    if rule.example.due_at:
        assert found.due_at == rule.example.due_at
    else:
        assert (found.due_on, found.act_by) == (rule.example.due_on, rule.example.act_by)
        assert not found.provisional


@each_rule
def test_the_example_gives_what_its_kind_is_computed_from(rule: Rule) -> None:
    example = rule.example
    if example.waits:
        return
    assert bool(example.period) is (rule.term.kind is Kind.PERIODIC)
    assert (example.event is None) is (rule.term.kind in (Kind.PERIODIC, Kind.FIXED_DEADLINE))
    if example.due_on and rule.term.kind is not Kind.FIXED_DEADLINE:
        assert example.act_by, rule.id


def test_the_reading_of_a_reference_is_the_limit_in_force_on_the_day_of_the_event() -> None:
    rule = CATALOGUE.rules["gbf-2017-24-65"]
    assert isinstance(rule.example.event, date)
    (meant,) = rules_referred_to(CATALOGUE.rules, rule.id, rule.example.event)
    assert meant.term.value == rule.example.reading == "15WD"


def test_an_example_of_a_wording_lies_in_its_days_in_force() -> None:
    for rule in RULES:
        if rule.document.wordings and not rule.example.waits:
            event = event_of(rule.example)
            assert rule.in_force(event if not isinstance(event, datetime) else event.date())
