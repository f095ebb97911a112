"""What duties owe by rhythm or fixed date: each by itself, and among duties of the same matter.

Several documents may state one duty (`same_as`). Where one unit owes it by several of them, the
stricter date governs, and what the others ask for by then is not asked for beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

from engine.agency import Agency
from engine.alternatives import guarded
from engine.due_dates import Due, of_period, on_day
from engine.duties import Duty
from engine.periods import Occurrence, Period, occurrences, span
from engine.seasons import Season, in_season
from engine.workdays import WorkCalendar
from rules.rule import Rule
from rules.terms import Kind, Term


@dataclass(frozen=True)
class Owed:
    """One occurrence of a duty; `governed_by` is the linked rule in whose date it is contained,
    empty where it stands for itself."""

    duty: Duty
    kind: Kind
    occurrence: Occurrence
    due: Due
    governed_by: str = ""


def owed(
    duty: Duty,
    term: Term,
    start: date,
    end: date,
    calendar: WorkCalendar,
    seasons: Iterable[Season] = (),
) -> Iterator[tuple[Occurrence, Due]]:
    """What a duty owes by its rhythm or fixed date from `start` to `end`, within its own days;
    by a rhythm that has seasons, within these."""
    start, end = max(start, duty.since), min(end, duty.until or end)
    if term.kind is Kind.FIXED_DEADLINE and term.day and start <= term.day <= end:
        period = Period(term.day.isoformat(), duty.since, term.day)
        due = on_day(term.day, calendar, term.choices)
        yield Occurrence(period, due.due_on), due
    elif term.kind is Kind.PERIODIC:
        rhythm = term.rhythms[0]
        found = (
            chain.from_iterable(in_season(rhythm, one, start, end, calendar) for one in seasons)
            if rhythm.season
            else occurrences(rhythm, start, end, duty.since, calendar)
        )
        for occurrence in found:
            yield occurrence, of_period(rhythm, occurrence.period, calendar)


def owed_among(
    agency: Agency, duty: Duty, start: date, end: date, calendar: WorkCalendar
) -> Iterator[Owed]:
    """What a duty owes from `start` to `end`, with what governs it among its unit's duties."""
    if duty.key not in agency.linked:
        yield from _alone(agency, duty, start, end, calendar)
        return
    for one in _governed(agency, agency.linked[duty.key], start, end, calendar):
        if one.duty == duty and start <= one.occurrence.due_on <= end:
            yield one


def governed(ends: Mapping[str, datetime], rules: Mapping[str, Rule]) -> dict[str, str]:
    """Of rules whose limits began with one event and end then: those that do not stand, each
    with the linked rule that governs it. Of equal ends the first in the catalogue stands."""
    place = {id_: number for number, id_ in enumerate(rules)}
    standing: list[str] = []
    found: dict[str, str] = {}
    for id_ in sorted(ends, key=lambda one: (ends[one], place[one])):
        by = next((other for other in standing if other in rules[id_].same_as), "")
        if by:
            found[id_] = by
        else:
            standing.append(id_)
    return found


def _alone(
    agency: Agency, duty: Duty, start: date, end: date, calendar: WorkCalendar
) -> Iterator[Owed]:
    term, since = agency.readings[duty.rule].term, agency.begins(duty)
    if term and since:
        duty_begun, seasons = replace(duty, since=since), agency.seasons_of(duty)
        for occurrence, due in owed(duty_begun, term, start, end, calendar, seasons):
            due = guarded(
                agency.catalogue.rules[duty.rule], term, due, calendar, period=occurrence.period
            )
            yield Owed(duty, term.kind, occurrence, due)


def _governed(
    agency: Agency, group: tuple[Duty, ...], start: date, end: date, calendar: WorkCalendar
) -> Iterator[Owed]:
    """All that linked duties owe, the earliest first, of one day in the order of the catalogue.

    So whatever can govern an occurrence comes before it, and is known to stand or not.
    """
    place = {duty.rule: number for number, duty in enumerate(group)}
    found = [
        one
        for duty, first in _beginnings(agency, group, start)
        for one in _alone(agency, duty, first, end, calendar)
    ]
    found.sort(key=lambda one: (one.due.end, place[one.duty.rule]))
    standing: defaultdict[str, list[Owed]] = defaultdict(list)
    for one in found:
        links = agency.catalogue.rules[one.duty.rule].same_as
        by = next((id_ for id_ in links if _contained(one, reversed(standing[id_]))), "")
        if not by:
            standing[one.duty.rule].append(one)
        yield Owed(one.duty, one.kind, one.occurrence, one.due, by)


def _beginnings(
    agency: Agency, group: tuple[Duty, ...], start: date
) -> Iterator[tuple[Duty, date]]:
    """From which day on the duties of a group have to be asked to know what stands at `start`:
    what governs falls due within the period of what it governs, and so on over the links."""
    terms = {duty: agency.readings[duty.rule].term for duty in group}
    rhythms = [rhythm for term in terms.values() if term for rhythm in term.rhythms]
    reach = sum(map(span, rhythms), timedelta())
    start = max(start, min(duty.since for duty in group))
    for duty, term in terms.items():
        yield duty, duty.since if term and term.day else start - reach


def _contained(one: Owed, earlier: Iterable[Owed]) -> bool:
    """Does one of a linked duty's standing occurrences, the latest first, do for this one? Of
    fixed dates the earlier. Of periods one that reaches as far and is due in this period or
    after it: what was done before the period began is not its."""
    for other in earlier:
        if other.kind is not one.kind:
            return False
        if other.occurrence.period.number != one.occurrence.period.number:
            continue  # the second time of a year is not the first
        if one.kind is Kind.FIXED_DEADLINE:
            return True
        if other.due.due_on < one.occurrence.period.first:
            return False
        if other.occurrence.period.last >= one.occurrence.period.last:
            return True
    return False
