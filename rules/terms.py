"""期限 Term: the kind and value of a time requirement, and the grammar of the values.

The value is written the same way in the catalogue, in `--json`, in the API and in an
interpretation's reading:

    periodic         P1M  P1W  P3M  P6M  P1Y  1WD  P1Y;by=01-31  P1Y;min=1  P5D;season=收购旺季
                     P1M;after=10WD  P1M;after=15D  P1M;day=25  P1M;workday=5  P1M;workday=-3
                     P1W;weekday=5  P1M|P3M
    fixed_deadline   2017-12-31
    after_event      30WD  PT5H  P20D  P3M  earlier(20WD,P1M)  later(20WD,P1M)  or empty
    before_event     P7D  10WD  earlier(P7D,5WD)  or empty
    window           P2Y
    the others       empty

What law or paper leave open a value may settle with further options (`Choices`):

    P20D;roll=no  30WD;first=counted  2017-12-31;before=included  P1Y;by=01-31;roll=yes
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from rules.errors import TermError


class Kind(StrEnum):
    """类型: the ten kinds of time requirement."""

    PERIODIC = "periodic"
    FIXED_DEADLINE = "fixed_deadline"
    AFTER_EVENT = "after_event"
    BEFORE_EVENT = "before_event"
    SIMULTANEOUS = "simultaneous"
    CONTINUOUS = "continuous"
    VAGUE_PERIODIC = "vague_periodic"
    VAGUE_PROMPT = "vague_prompt"
    STATUTORY_REFERENCE = "statutory_reference"
    WINDOW = "window"


KIND_NAMES = {
    Kind.PERIODIC: "周期",
    Kind.FIXED_DEADLINE: "定日",
    Kind.AFTER_EVENT: "事后",
    Kind.BEFORE_EVENT: "事前",
    Kind.SIMULTANEOUS: "同步",
    Kind.CONTINUOUS: "持续",
    Kind.VAGUE_PERIODIC: "定期（未定周期）",
    Kind.VAGUE_PROMPT: "及时（未定时限）",
    Kind.STATUTORY_REFERENCE: "法定时限",
    Kind.WINDOW: "期间",
}


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


@dataclass(frozen=True)
class Choices:
    """取法: what a value settles of the questions that law or paper leave open; None: not settled.

    `roll`: does a last day that is a day off move to the next working day? `before`: is the day
    that 前 names included? `first`: is the day of the event counted?
    """

    roll: bool | None = None
    before: bool | None = None
    first: bool | None = None

    @classmethod
    def parse(cls, options: Iterable[str], allowed: Collection[str], text: str) -> "Choices":
        """`roll=no`, `before=included` and so on, of those allowed; raises TermError."""
        found: dict[str, bool] = {}
        for option in options:
            key, _, word = option.partition("=")
            if key not in allowed or word not in _CHOICES[key]:
                known = "、".join(f"{k}={w}" for k in _CHOICES if k in allowed for w in _CHOICES[k])
                usable = f"，可用：{known}" if known else "，这里不能有"
                raise TermError(f"“{text}”中的“{option}”不合规定{usable}")
            if key in found:
                raise TermError(f"“{text}”中 {key} 出现了两次，只能留一个")
            found[key] = _CHOICES[key][word]
        return cls(**found)

    def in_words(self) -> str:
        """`，逢休息日不顺延`; empty where nothing is settled."""
        return "".join(
            words
            for settled, words in (
                (self.first is True, "，起算当日计入"),
                (self.before is True, "，含当日"),
                (self.before is False, "，不含当日"),
                (self.roll is True, "，逢休息日顺延"),
                (self.roll is False, "，逢休息日不顺延"),
            )
            if settled
        )


_CHOICES = {
    "first": {"counted": True},
    "before": {"included": True, "excluded": False},
    "roll": {"yes": True, "no": False},
}
_NO_CHOICES = Choices()


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
    choices: Choices = _NO_CHOICES

    @classmethod
    def parse(cls, text: str) -> "Rhythm":
        """One alternative of a periodic value; raises TermError."""
        period, *options = text.split(";")
        every = Amount.parse(period)
        if every.measure is Measure.HOUR:
            raise TermError(f"周期“{text}”不能以小时计，应写作 P1M、P1W、1WD 之类")
        settling = [option for option in options if option.partition("=")[0] in _CHOICES]
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


_EITHER = re.compile(r"(earlier|later)\(([^()]*)\)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Term:
    """期限: kind and value of one requirement. Built by `Term.parse`, which checks them."""

    kind: Kind
    value: str

    @classmethod
    def parse(cls, kind: str, value: str) -> "Term":
        """Raises TermError when the kind is unknown or the value is not of the kind's grammar."""
        try:
            term = cls(Kind(kind), value)
        except ValueError:
            raise TermError(f"不认识的类型“{kind}”，可用：{'、'.join(Kind)}") from None
        term._check()
        return term

    def _check(self) -> None:
        match self.kind:
            case Kind.PERIODIC:
                if len(set(self.rhythms)) < len(self.rhythms):
                    raise TermError(f"周期“{self.value}”中有相同的选项，只能留一个")
            case Kind.FIXED_DEADLINE:
                _ = self.day, self.choices
            case Kind.WINDOW:
                if self.amount is None:
                    raise TermError("window 必须写明长度，例如 P2Y")
                _ = self.choices
            case Kind.AFTER_EVENT:
                _ = self.options, self.amount, self.choices
            case Kind.BEFORE_EVENT:
                _ = self.options, self.choices
                if self.amount and self.amount.measure is Measure.HOUR:
                    raise TermError(
                        f"before_event 的“{self.value}”不能以小时计，应写作 P7D、10WD 之类"
                    )
            case _ if self.value:
                raise TermError(f"{self.kind} 的 value 必须为空，现为“{self.value}”，请去掉")

    @cached_property
    def rhythms(self) -> tuple[Rhythm, ...]:
        """The alternatives of a periodic term (`P1M|P3M`: two); empty for the other kinds."""
        if self.kind is not Kind.PERIODIC:
            return ()
        return tuple(Rhythm.parse(part) for part in self.value.split("|"))

    @cached_property
    def amount(self) -> Amount | None:
        """The length of after_event, before_event and window, where a number is given."""
        if self.kind not in (Kind.AFTER_EVENT, Kind.BEFORE_EVENT, Kind.WINDOW) or not self.value:
            return None
        return None if self.options else Amount.parse(self.value.partition(";")[0])

    @cached_property
    def options(self) -> tuple["Term", ...]:
        """The limits of `earlier(20WD,P1M)` and `later(…)`, of which the one whose date comes first,
        or last, governs; empty for a single limit and for the other kinds."""
        found = _EITHER.fullmatch(self.value)
        if not found or self.kind not in (Kind.AFTER_EVENT, Kind.BEFORE_EVENT):
            return ()
        parts = found[2].split(",")
        if len(parts) < 2 or len(set(parts)) < len(parts) or "" in parts:
            raise TermError(f"“{self.value}”中应有两个以上不同的时间量，写作 earlier(20WD,P1M)")
        return tuple(Term.parse(self.kind, part) for part in parts)

    @property
    def earlier(self) -> bool:
        """Of several options, does the one that comes first govern? Else the last."""
        return self.value.startswith("earlier(")

    @cached_property
    def choices(self) -> Choices:
        """What the value settles of the open questions; of several rhythms nothing."""
        if self.kind is Kind.PERIODIC:
            return self.rhythms[0].choices if len(self.rhythms) == 1 else _NO_CHOICES
        if self.options:
            return _NO_CHOICES
        return Choices.parse(self.value.split(";")[1:], self.may_settle, self.value)

    @property
    def may_settle(self) -> tuple[str, ...]:
        """The choices that this term may make (`Choices`)."""
        match self.kind:
            case Kind.PERIODIC if len(self.rhythms) == 1:
                return self.rhythms[0].may_settle
            case Kind.FIXED_DEADLINE:
                return ("before", "roll")
            case Kind.AFTER_EVENT | Kind.WINDOW if self.amount:
                if self.amount.measure is Measure.HOUR:
                    return ()
                if self.amount.measure is Measure.WORKING_DAY:
                    return ("first",)
                return ("first", "roll")
        return ()

    @cached_property
    def day(self) -> date | None:
        """The date of a fixed_deadline."""
        if self.kind is not Kind.FIXED_DEADLINE:
            return None
        try:
            text = self.value.partition(";")[0]
            if not _DATE.fullmatch(text):  # fromisoformat also reads 2017-W52-7
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise TermError(f"日期“{self.value}”不存在，应写作 2017-12-31") from None

    @property
    def hard(self) -> bool:
        """Do the words alone, with a calendar and the event's time, give a date or an interval?

        A choice between rhythms, or a season that somebody has to open, does not.
        """
        match self.kind:
            case Kind.PERIODIC:
                return len(self.rhythms) == 1 and not self.rhythms[0].season
            case Kind.FIXED_DEADLINE | Kind.WINDOW:
                return True
            case Kind.AFTER_EVENT | Kind.BEFORE_EVENT:
                return self.amount is not None or bool(self.options)
            case _:
                return False

    def in_words(self) -> str:
        """The term in Chinese, as pages and messages show it: `30个工作日内`, `每月一次，…`."""
        if self.options:
            which = "先" if self.earlier else "后"
            return f"{'或'.join(one.in_words() for one in self.options)}，以{which}到者为准"
        match self.kind:
            case Kind.PERIODIC:
                return "；或".join(rhythm.in_words() for rhythm in self.rhythms)
            case Kind.FIXED_DEADLINE if self.day:
                day = f"{self.day.year}年{self.day.month}月{self.day.day}日前"
                return day + self.choices.in_words()
            case Kind.AFTER_EVENT if self.amount:
                return f"{self.amount.in_words()}内{self.choices.in_words()}"
            case Kind.BEFORE_EVENT if self.amount:
                return f"{self.amount.in_words()}前"
            case Kind.WINDOW if self.amount:
                return f"{self.amount.in_words()}内{self.choices.in_words()}"
            case _:
                return KIND_NAMES[self.kind]
