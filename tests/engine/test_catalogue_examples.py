"""Every rule's worked example in the bundled catalogue, computed by the engine."""

from datetime import date, timedelta

import pytest

from engine.due_dates import Due, due, on_day
from engine.periods import due_day, occurrences
from engine.readings import Source, reading_of
from rules.catalogue_files import load_catalogue
from rules.rule import Example, Rule
from rules.terms import Kind, Term
from tests.builders import CALENDAR, build_interpretation

RULES = list(load_catalogue().rules.values())
DATED = [rule for rule in RULES if not rule.example.waits]
WAITING = [rule for rule in RULES if rule.example.waits]


def named(rules: list[Rule]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", rules, ids=[rule.id for rule in rules])


def term_of(rule: Rule) -> Term:
    decided = rule.example.reading
    reading = reading_of(rule, build_interpretation(rule.id, decided) if decided else None)
    assert reading.term, "the example gives a date, and the rule waits"
    return reading.term


def computed(term: Term, example: Example) -> Due:
    if term.kind is Kind.PERIODIC:
        return due_of_period(term, example.period)
    return due(term, example.event or date(2017, 1, 1), CALENDAR)


def due_of_period(term: Term, key: str) -> Due:
    """By the key that the example names, the period is found among all of those years."""
    rhythm, year = term.rhythms[0], int(key[:4])
    span = date(year - 1, 12, 1), date(year + 1, 12, 31)
    (found,) = [
        one for one in occurrences(rhythm, *span, span[0], CALENDAR) if one.period.key == key
    ]
    assert due_day(rhythm, found.period, CALENDAR) == found.due_on
    return on_day(found.due_on, CALENDAR)


@named(DATED)
def test_the_engine_gives_the_date_of_the_example(rule: Rule) -> None:
    example = rule.example
    found = computed(term_of(rule), example)
    assert not found.provisional
    if example.due_at:
        assert found.due_at == example.due_at
        assert example.event
        assert found.due_on - timedelta(days=1) <= example.due_at.date() <= found.due_on
    else:
        assert found.due_at is None
        assert (found.due_on, found.act_by) == (example.due_on, example.act_by or found.act_by)


@named(WAITING)
def test_a_rule_whose_example_waits_is_given_no_date(rule: Rule) -> None:
    reading = reading_of(rule)
    assert (reading.term, reading.source) == (None, Source.WAITS)


def test_no_rule_is_without_an_example_of_its_kind() -> None:
    for rule in DATED:
        counts = rule.term.kind in (Kind.AFTER_EVENT, Kind.BEFORE_EVENT, Kind.SIMULTANEOUS)
        assert bool(rule.example.event) == counts, rule.id
        assert bool(rule.example.period) == (rule.term.kind is Kind.PERIODIC), rule.id
