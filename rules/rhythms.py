"""周期 Rhythm: `P1M;after=10WD`, one alternative of a periodic value."""

import re
from dataclasses import dataclass, replace
from datetime import date

from rules.amounts import Amount, Measure
from rules.choices import CHOICES, NO_CHOICES, Choices
from rules.errors import TermError


@dataclass(frozen=True)
class Rhythm:
    """周期: once in every `every`, due on the period's last day unless an option says otherwise.

    `by` is a month and day of the year, `after` an amount after the period's end, `day` a day
    of the period's last month, `workday` the Nth working day of a monthly period, from its end
    where negative, `weekday` an ISO weekday (Monday is 1) of a weekly period; at most one of
    these five. `season` names a season that the agency switches on,
    `minimum` is how often at least.
    """

    every: Amount
    by: tuple[int, int] | None = None
    after: Amount | None = None
    day: int | None = None
    workday: int | None = None
    weekday: int | None = None
    season: str = ""
    minimum: int | None = None
    choices: Choices = NO_CHOICES

    @classmethod
    def parse(cls, text: str) -> "Rhythm":
        """One alternative of a periodic value; raises TermError."""
        period, *options = text.split(";")
        every = Amount.parse(period)
        if every.measure is Measure.HOUR:
            raise TermError(f"周期“{text}”不能以小时计，应写作 P1M、P1W、1WD 之类")
        settling = [option for option in options if option.partition("=")[0] in CHOICES]
        fields: dict[str, object] = {}
        for option in options:
            if option in settling:
                continue
            key, _, value = option.partition("=")
            name, parsed = _rhythm_option(key, value, every, text)
            if name in fields:
                raise TermError(f"周期“{text}”中 {key} 出现了两次，只能留一个")
            fields[name] = parsed
        if len(fields.keys() & {"by", "after", "day", "workday", "weekday"}) > 1:
            raise TermError(f"周期“{text}”中 by、after、day、workday、weekday 只能有一个")
        rhythm = cls(every, **fields)  # type: ignore[arg-type]
        choices = Choices.parse(settling, rhythm.may_settle, text)
        return replace(rhythm, choices=choices)

    @property
    def may_settle(self) -> tuple[str, ...]:
        """The choices that make sense: of a day that is counted in working days nothing is open,
        and 前 stands only beside a day that is named."""
        if self.by or self.day:
            return ("before", "roll")
        counted = self.workday or self.every.measure is Measure.WORKING_DAY
        if self.every == Amount(1, Measure.DAY):
            return ()
        if counted or (self.after and self.after.measure is Measure.WORKING_DAY):
            return ()
        return ("roll",)

    def in_words(self) -> str:
        """`每月一次，每月结束后10个工作日内`; with a season `每5日一次（收购旺季期间），…`."""
        name = _PERIOD_NAMES.get((self.every.number, self.every.measure), self.every.in_words())
        often = f"至少{self.minimum}次" if self.minimum else "一次"
        season = f"（{self.season}期间）" if self.season else ""
        day = self._day_in_words(f"每{name}")
        return f"每{name}{often}{season}，{day}{self.choices.in_words()}"

    def _day_in_words(self, each: str) -> str:
        if self.by:
            return f"{self.by[0]}月{self.by[1]}日前"
        if self.after:
            return self._after_in_words(self.after, each)
        if self.day:
            whole = "" if self.every == Amount(1, Measure.MONTH) else "最后一个月的"
            return f"{each}{whole}{self.day}日前"
        if self.workday:
            which = "倒数第" if self.workday < 0 else "第"
            return f"{each}{which}{abs(self.workday)}个工作日前"
        if self.weekday:
            return f"{each}{'一二三四五六日'[self.weekday - 1]}前"
        if self.every in (Amount(1, Measure.WORKING_DAY), Amount(1, Measure.DAY)):
            return "当日"
        return f"{each}的最后一日前"

    def _after_in_words(self, after: Amount, each: str) -> str:
        # Up to the 28th every month has the day, so it can be called by its name.
        named = after.measure is Measure.DAY and after.number <= 28
        if named and self.every == Amount(1, Measure.MONTH):
            return f"次月{after.number}日前"
        return f"{each}结束后{after.in_words()}内"


_PERIOD_NAMES = {
    (1, Measure.WORKING_DAY): "个工作日",
    (1, Measure.DAY): "日",
    (1, Measure.WEEK): "周",
    (1, Measure.MONTH): "月",
    (3, Measure.MONTH): "季度",
    (6, Measure.MONTH): "半年",
    (1, Measure.YEAR): "年",
}

_MONTHLY = (Measure.MONTH, Measure.YEAR)
_AFTER = re.compile(r"[1-9][0-9]{0,3}(?:WD|[DWM])")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_DAY_OF_MONTH = re.compile(r"[1-9]|[12][0-9]|3[01]")
_WORKDAY = re.compile(r"-?(?:[1-9]|1[0-9]|2[0-3])")  # no month has more than 23
_TIMES = re.compile(r"[1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6]")
_OPTIONS = "by=01-31（年）、after=10WD 或 15D、day=25（月、年）、workday=5 或 -3（月）、weekday=5（周）、min=1、season=名称"


def _rhythm_option(key: str, value: str, every: Amount, text: str) -> tuple[str, object]:
    match key:
        case "by" if every == Amount(1, Measure.YEAR):
            return "by", _month_and_day(value, text)
        case "after" if every.measure is not Measure.WORKING_DAY and _AFTER.fullmatch(value):
            return "after", Amount.parse(value if value.endswith("WD") else f"P{value}")
        case "day" if every.measure in _MONTHLY and _DAY_OF_MONTH.fullmatch(value):
            return "day", int(value)
        case "workday" if every == Amount(1, Measure.MONTH) and _WORKDAY.fullmatch(value):
            return "workday", int(value)
        case "weekday" if every == Amount(1, Measure.WEEK) and value in set("1234567"):
            return "weekday", int(value)
        case "min" if _TIMES.fullmatch(value):
            return "minimum", int(value)
        case "season" if value and value == value.strip():
            return "season", value
    raise TermError(f"周期“{text}”中的“{key}={value}”不合规定，可用：{_OPTIONS}")


def _month_and_day(value: str, text: str) -> tuple[int, int]:
    try:
        if not _MONTH_DAY.fullmatch(value):
            raise ValueError
        # A leap year: 02-29 is a day of the year; in the others it means 02-28.
        moment = date.fromisoformat(f"2024-{value}")
    except ValueError:
        raise TermError(f"周期“{text}”中的日子“{value}”不存在，应写作 by=01-31") from None
    return moment.month, moment.day
