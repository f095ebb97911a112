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
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from rules.amounts import Amount, Measure
from rules.choices import NO_CHOICES, Choices
from rules.errors import TermError
from rules.rhythms import Rhythm


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
            return self.rhythms[0].choices if len(self.rhythms) == 1 else NO_CHOICES
        if self.options:
            return NO_CHOICES
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
