"""10,000 random cases of every kind of term against a slow reference.

The reference walks day by day (where hours count, half an hour by half an hour) and asks
chinese_calendar about each day: no table, no interval arithmetic, nothing of the engine's.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache

import chinese_calendar
import pytest

from engine.due_dates import Due, due
from engine.event_clocks import Change, Exclude, Extend, Restart, replay
from rules.amounts import Amount, Measure
from rules.choices import Choices
from rules.terms import Term
from tests.builders import CALENDAR

DAY, TICK = timedelta(days=1), timedelta(minutes=30)
FIRST, LAST = date(2004, 1, 2), date(2026, 6, 30)
ANNOUNCED = date(2026, 12, 31)


@cache
def works(day: date) -> bool:
    """Of years that are announced, as published; beyond them there is only our estimate."""
    return chinese_calendar.is_workday(day) if day <= ANNOUNCED else CALENDAR.is_workday(day)


def walk(day: date, way: int, enough: Callable[[date], bool]) -> date:
    """Day by day until there is enough, the day itself included."""
    while not enough(day):
        day += way * DAY
    return day


def corresponding(start: date, months: int, way: int) -> date:
    """The corresponding day of another month, else that month's last: walked to."""
    number = start.year * 12 + start.month - 1 + way * months
    there = walk(start, way, lambda d: d.year * 12 + d.month - 1 == number)
    there = walk(there, -1, lambda d: d.day == 1)
    return walk(there, 1, lambda d: d.day == start.day or (d + DAY).day == 1)


def limit_of(
    amount: Amount, event: date | datetime, changes: list[Change]
) -> tuple[date | datetime, int]:
    """From when on, and how many, after restarts and extensions in their order."""
    start, number = event, amount.number
    for change in sorted(changes, key=lambda one: one.at):
        if isinstance(change, Restart):
            start, number = change.at, amount.number
        if isinstance(change, Extend):
            number += change.amount.number
    return start, number


def slow_days(
    amount: Amount, event: date, changes: list[Change], choices: Choices
) -> tuple[date, date]:
    """The last day before and after it rolls to a working day; of working days both the same."""
    start, number = limit_of(amount, event, changes)
    out = set()
    for change in changes:
        if isinstance(change, Exclude):
            day = change.at
            while day < change.until:
                day += DAY
                out.add(day)
    if amount.measure in (Measure.MONTH, Measure.YEAR):
        months = number * (12 if amount.measure is Measure.YEAR else 1)
        left = (corresponding(start, months, 1) - start).days
    else:
        left = number * (7 if amount.measure is Measure.WEEK else 1)
    last = start
    if choices.first:  # the start itself is the first day, whatever was taken out around it
        out.discard(start)
        last -= DAY
    while left:
        last += DAY
        counts = amount.measure is not Measure.WORKING_DAY or works(last)
        left -= counts and last not in out
    if choices.roll is False:
        return last, last
    rolled = walk(last, 1, lambda d: works(d) and d not in out)
    return rolled if choices.roll else last, rolled


def slow_hours(amount: Amount, event: datetime, changes: list[Change]) -> datetime:
    moment, number = limit_of(amount, event, changes)
    out = [(one.at, one.until) for one in changes if isinstance(one, Exclude)]
    left = number * 2
    while left:
        left -= not any(begin <= moment < end for begin, end in out)
        moment += TICK
    return moment


def random_changes(
    chance: random.Random, amount: Amount, event: date | datetime, step: timedelta
) -> list[Change]:
    """Up to eight changes at different times, exclusions without overlap."""
    times, here = [event], event
    for _ in range(16):
        here += step * chance.choice([1, 1, 2, 3, 5, 8, 13, 21])
        times.append(here)
    changes: list[Change] = []
    while len(times) > 2 and len(changes) < 8:
        at = times.pop(0)
        match chance.randrange(6):
            case 0:
                changes.append(Restart(at))
            case 1:
                more = Amount(chance.randint(1, amount.number), amount.measure)
                changes.append(Extend(at, more, "李主任"))
            case 2:
                changes.append(Exclude(at, times[0]))
            case 3:  # what else happens meanwhile lies within the exclusion
                inside = Restart(times[0])
                changes += [Exclude(at, times[1]), inside]
                times = times[1:]
    chance.shuffle(changes)
    return changes


def agree(found: Due, last: date, rolled: date, start: date) -> None:
    assert found.due_on == rolled
    if not found.provisional:
        act_by = walk(last, -1, works)
        assert found.act_by == (rolled if act_by < start else act_by)
        assert found.earliest == found.latest == rolled
    assert found.earliest <= found.due_on <= found.latest


@pytest.mark.parametrize(
    ("measure", "most"), [("{}WD", 40), ("P{}D", 90), ("P{}W", 12), ("P{}M", 9), ("P{}Y", 2)]
)
@pytest.mark.parametrize("kind", ["after_event", "window"])
def test_limits_in_days_with_restarts_exclusions_and_extensions(
    kind: str, measure: str, most: int
) -> None:
    chance = random.Random(f"{kind}{measure}")
    for _ in range(600):
        settled = chance.choice(["", "", ";first=counted", ";roll=no", ";roll=yes"])
        if measure == "{}WD" and "roll" in settled:
            settled = ""
        term = Term.parse(kind, measure.format(chance.randint(1, most)) + settled)
        event = FIRST + chance.randrange((LAST - FIRST).days) * DAY
        assert term.amount
        changes = random_changes(chance, term.amount, event, DAY) if chance.random() < 0.8 else []
        start, _ = limit_of(term.amount, event, changes)
        found = replay(term, event, changes, CALENDAR)
        agree(found, *slow_days(term.amount, event, changes, term.choices), start)


def test_limits_in_hours_with_restarts_exclusions_and_extensions() -> None:
    chance = random.Random("hours")
    begin = datetime(2004, 1, 1, tzinfo=UTC)
    for _ in range(1000):
        term = Term.parse("after_event", f"PT{chance.randint(1, 72)}H")
        event = begin + chance.randrange(22 * 365 * 48) * TICK
        assert term.amount
        changes = random_changes(chance, term.amount, event, TICK) if chance.random() < 0.8 else []
        assert replay(term, event, changes, CALENDAR).due_at == slow_hours(
            term.amount, event, changes
        )


@pytest.mark.parametrize(
    ("measure", "most"), [("{}WD", 60), ("P{}D", 120), ("P{}W", 12), ("P{}M", 14), ("P{}Y", 3)]
)
def test_limits_before_an_event(measure: str, most: int) -> None:
    chance = random.Random(measure)
    for _ in range(300):
        term = Term.parse("before_event", measure.format(chance.randint(1, most)))
        event = date(2008, 1, 1) + chance.randrange(6500) * DAY
        assert term.amount
        last, left = event, term.amount.number
        match term.amount.measure:
            case Measure.MONTH:
                last = corresponding(event, left, -1)
            case Measure.YEAR:
                last = corresponding(event, left * 12, -1)
            case measure_:
                left *= 7 if measure_ is Measure.WEEK else 1
                while left:
                    last -= DAY
                    left -= measure_ is not Measure.WORKING_DAY or works(last)
        found = due(term, event, CALENDAR)
        agree(found, last, last, date.min)


PERIODS: dict[str, Callable[[date], object]] = {
    "P1D": lambda d: d,
    "P1W": lambda d: d.isocalendar()[:2],
    "P1M": lambda d: (d.year, d.month),
    "P3M": lambda d: (d.year, (d.month - 1) // 3),
    "P6M": lambda d: (d.year, d.month > 6),
    "P1Y": lambda d: d.year,
}


def slow_period(every: str, option: str, number: int, inside: date) -> tuple[str, date]:
    """A periodic value, and its due day for the period that holds a day."""
    if every == "1WD":
        return every, walk(inside, 1, works)
    key = PERIODS[every]
    last = walk(inside, 1, lambda d: key(d + DAY) != key(inside))
    match option:
        case "WD" | "D":
            due_on = last
            for _ in range(number):
                due_on = walk(due_on + DAY, 1, works if option == "WD" else bool)
            return f"{every};after={number}{option}", due_on
        case "day" if every[-1] in "MY":
            return f"{every};day={number}", walk(last, -1, lambda d: d.day == number)
        case "day" if every == "P1W":
            weekday = number % 7 + 1
            return f"{every};weekday={weekday}", walk(last, -1, lambda d: d.isoweekday() == weekday)
    return every, last


@pytest.mark.parametrize("every", [*PERIODS, "1WD"])
def test_periods(every: str) -> None:
    chance = random.Random(every)
    for _ in range(250):
        # Before the first working day of the calendar there is none to act by.
        inside = FIRST + chance.randrange(31, (LAST - FIRST).days - 400) * DAY
        option = chance.choice(["", "WD", "D", "day"])
        value, expected = slow_period(every, option, chance.randint(1, 28), inside)
        found = due(Term.parse("periodic", value), inside, CALENDAR)
        agree(found, expected, expected, date.min)
