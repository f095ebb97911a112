"""时间量 Amount: `30WD`, `PT5H`, `P20D`, and what it is counted in."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rules.errors import TermError


class Measure(StrEnum):
    """计量单位: what an amount of time is counted in."""

    WORKING_DAY = "WD"
    HOUR = "H"
    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    YEAR = "Y"


MEASURE_NAMES = {
    Measure.WORKING_DAY: "个工作日",
    Measure.HOUR: "小时",
    Measure.DAY: "日",
    Measure.WEEK: "周",
    Measure.MONTH: "个月",
    Measure.YEAR: "年",
}

# At most 99 years: what an amount is added to must stay a date.
_AMOUNT = re.compile(
    r"([1-9][0-9]{0,3})WD|PT([1-9][0-9]{0,3})H|P(?:([1-9][0-9]{0,3})([DWM])|([1-9][0-9]?)Y)"
)


@dataclass(frozen=True)
class Amount:
    """A number of working days, hours, days, weeks, months or years; at least 1."""

    number: int
    measure: Measure

    @classmethod
    def parse(cls, text: str) -> "Amount":
        """`30WD`, `PT5H`, `P20D`, `P2W`, `P3M`, `P2Y`; raises TermError."""
        match = _AMOUNT.fullmatch(text)
        if match is None:
            raise TermError(f"“{text}”不是时间量，应写作 20WD、PT5H、P20D、P3M 之类")
        working_days, hours, number, measure, years = match.groups()
        if working_days:
            return cls(int(working_days), Measure.WORKING_DAY)
        if hours:
            return cls(int(hours), Measure.HOUR)
        if years:
            return cls(int(years), Measure.YEAR)
        return cls(int(number), Measure(measure))

    @property
    def written(self) -> str:
        """As `parse` reads it."""
        match self.measure:
            case Measure.WORKING_DAY:
                return f"{self.number}WD"
            case Measure.HOUR:
                return f"PT{self.number}H"
        return f"P{self.number}{self.measure}"

    def in_words(self) -> str:
        """`30个工作日`, `5小时`."""
        return f"{self.number}{MEASURE_NAMES[self.measure]}"
