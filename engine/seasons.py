"""时段 Season: the dates between which a condition holds, as the agency says (收购旺季, 汛期).

A rhythm with `season=` counts from the season's first day and ends with it, in each one anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from engine.errors import BadAgency
from engine.periods import Occurrence, Period, occurrences
from engine.workdays import WorkCalendar
from rules.rhythms import Rhythm


@dataclass(frozen=True)
class Season:
    """时段, first and last day included. It is that of all rules and units that count by its
    name, unless it names some of them: the season of wheat is not that of maize."""

    name: str
    first: date
    last: date
    rules: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def of_rule(self, rule: str) -> bool:
        """Is it a season of this rule?"""
        return not self.rules or rule in self.rules

    def of_unit(self, unit: str) -> bool:
        """Is it a season of this unit?"""
        return not self.units or unit in self.units

    def touches(self, period: Period) -> bool:
        """Do they have a day in common?"""
        return max(self.first, period.first) <= min(self.last, period.last)

    def overlaps(self, other: "Season") -> bool:
        """Does some rule of some unit count in both on one day?"""
        return (
            self.name == other.name
            and max(self.first, other.first) <= min(self.last, other.last)
            and _meet(self.rules, other.rules)
            and _meet(self.units, other.units)
        )


def _meet(some: Sequence[str], others: Sequence[str]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def check_apart(seasons: Sequence[Season]) -> None:
    """Raises BadAgency where two of one name overlap: nobody could say from which to count."""
    for one, other in combinations(seasons, 2):
        if one.overlaps(other):
            raise BadAgency(
                f"[[season]]“{one.name}”的两段（自{one.first}、自{other.first}）重叠，请改正起止"
            )


def in_season(
    rhythm: Rhythm, season: Season, start: date, end: date, calendar: WorkCalendar
) -> Iterator[Occurrence]:
    """Occurrences due from `start` to `end`. Counted from the season's first day; a period that the
    season's end cuts off owes nothing, unless its day (每周五) had come before."""
    for one in occurrences(rhythm, max(start, season.first), end, season.first, calendar):
        if one.period.first > season.last:
            return
        if season.first <= reached(rhythm, one.period, one.due_on) <= season.last:
            yield one


def reached(rhythm: Rhythm, period: Period, due_on: date) -> date:
    """The day that has to lie in the season for the period to count."""
    return period.last if rhythm.after else due_on
