"""The checks that a holiday notice must pass before it counts; all are made, all are reported.

Pure. A check that cannot hold for a notice (the regulation's days, for a local one) is not made and
not listed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from engine.notices import CN, Notice, NoticeDay, announced, in_force, is_scope
from engine.statutory import FIRST_YEAR, LAST_YEAR, statutory_days

CHECK_NAMES = {
    "items": "放假日期",
    "dates": "日期",
    "number": "文号",
    "issued": "发布日期",
    "scope": "适用地区",
    "year": "年份",
    "weekday": "星期",
    "lunar": "农历日期",
    "length": "天数",
    "once": "重复",
    "statutory": "法定节假日",
    "balance": "放假与上班天数",
    "make_up": "调休上班日",
    "new": "是否已有",
}

_NUMBER = re.compile(r"\S{2,20}〔(\d{4})〕\d{1,5}号")
_YEARLY_TITLE = re.compile(r"关于\d{4}年部分节假日安排")  # 关于调整… is an amendment


@dataclass(frozen=True)
class Check:
    """One check: its name in English, whether it held, and in Chinese what was found where.

    One that does not hold `refuses` the notice, or is only to be seen before it is added.
    """

    name: str
    ok: bool
    detail: str
    refuses: bool = True


@dataclass(frozen=True)
class Draft:
    """A notice as it was read, before anything is believed: `issued` may be missing, and `found`
    and `faults` are what the reading itself compared (see engine.notice_text)."""

    scope: str
    number: str
    issued: date | None
    title: str
    days: tuple[NoticeDay, ...]
    found: Mapping[str, int]
    faults: Mapping[str, tuple[str, ...]]

    def notice(self) -> Notice:
        """The notice, for checks that need no day of issue too."""
        return Notice(self.scope, self.number, self.issued or date.min, self.title, self.days)


def check_notice(draft: Draft, known: Sequence[Notice], today: date) -> tuple[Check, ...]:
    """Every check of a draft against the notices that are there."""
    faults = {name: "；".join(lines) for name, lines in draft.faults.items()}
    yearly = not draft.days or _yearly(draft.notice(), known)
    found = {name: f"核对了{number}处" for name, number in draft.found.items()}
    if draft.days:
        for name, held, fault in _of_days(draft, known, today):
            found.setdefault(name, held)
            if fault and name not in faults:
                faults[name] = fault
    return tuple(
        Check(
            name,
            name not in faults,
            faults.get(name, found.get(name, "")),
            refuses=yearly or name != "balance",
        )
        for name in CHECK_NAMES
        if name in found or name in faults
    )


def refusal(checks: Sequence[Check]) -> str:
    """One sentence for what failed; empty when nothing did."""
    failed = [check for check in checks if check.refuses and not check.ok]
    if not failed:
        return ""
    more = f"（另有{len(failed) - 1}项不符）" if failed[1:] else ""
    first = failed[0]
    return f"放假通知没有导入，“{CHECK_NAMES[first.name]}”一项不符：{first.detail}{more}"


def cautions(checks: Sequence[Check]) -> list[str]:
    """A sentence for each check that did not hold, and does not refuse the notice either."""
    return [
        f"“{CHECK_NAMES[check.name]}”一项不符：{check.detail}"
        for check in checks
        if not check.ok and not check.refuses
    ]


def _of_days(draft: Draft, known: Sequence[Notice], today: date) -> Iterator[tuple[str, str, str]]:
    """Name, what is said when it holds, and the fault or nothing."""
    notice = draft.notice()
    yield "number", draft.number, _number_fault(draft)
    yield "issued", str(draft.issued or ""), _issued_fault(draft, notice.year, today)
    yield "scope", draft.scope, _scope_fault(draft)
    yield "year", f"{notice.year}年", _year_fault(notice, known)
    yield "once", f"{len(draft.days)}天", _once_fault(draft.days)
    yield "make_up", f"{sum(d.workday for d in draft.days)}天", _make_up_fault(notice, known)
    yield "new", "没有相同的通知", _duplicate_fault(notice, known)
    if notice.scope == CN and FIRST_YEAR <= notice.year <= LAST_YEAR:
        yield "statutory", "都放假", _statutory_fault(notice, known)
        words, balanced = (_balance if _yearly(notice, known) else _change)(notice, known)
        yield "balance", words, "" if balanced else words


def _yearly(notice: Notice, known: Sequence[Notice]) -> bool:
    """Does it arrange the year, rather than change what is arranged already? By its title it may
    want to, and yet be only a part."""
    named = notice.scope == CN and _YEARLY_TITLE.search(notice.title)
    return bool(named) or notice.whole or notice.year not in announced(known)


def _number_fault(draft: Draft) -> str:
    if not draft.number:
        return "没有找到文号，可用 --number 给出"
    match = _NUMBER.fullmatch(draft.number)
    if not match:
        return f"“{draft.number}”不像文号，应写作 国办发明电〔2018〕15号"
    if draft.issued and int(match[1]) != draft.issued.year:
        return f"“{draft.number}”与发布日期{draft.issued}不是同一年"
    return ""


def _issued_fault(draft: Draft, year: int, today: date) -> str:
    if not draft.issued:
        return "没有找到发布日期，可用 --issued 给出"
    if draft.issued > today:
        return f"{draft.issued}晚于今天（{today}）"
    if not date(year - 1, 7, 1) <= draft.issued <= date(year, 12, 31):
        return f"{year}年的通知不会在{draft.issued}发布"
    return ""


def _scope_fault(draft: Draft) -> str:
    if not draft.scope:
        return "不是国务院的文号，请用 --scope 给出行政区划代码（六位数字）"
    if not is_scope(draft.scope):
        return f"“{draft.scope}”不是 CN 或六位行政区划代码"
    if draft.number and (draft.scope == CN) != draft.number.startswith("国"):
        return f"{draft.number}与适用地区 {draft.scope} 不符"
    return ""


def _year_fault(notice: Notice, known: Sequence[Notice]) -> str:
    for day in notice.days:
        december = (notice.year - 1, 12)
        if day.date.year != notice.year and (day.date.year, day.date.month) != december:
            return f"{day.date}（{day.name}）不属于{notice.year}年"
    if not FIRST_YEAR <= notice.year <= LAST_YEAR:
        return f"只收{FIRST_YEAR}年至{LAST_YEAR}年的通知"
    if notice.scope == CN and notice.year > (last := max(announced(known), default=0)) + 1:
        return f"请先导入{last + 1}年的通知"
    return ""


def _once_fault(days: Sequence[NoticeDay]) -> str:
    seen: set[date] = set()
    for day in days:
        if day.date in seen:
            return f"{day.date}写了两次"
        seen.add(day.date)
    return ""


def _make_up_fault(notice: Notice, known: Sequence[Notice]) -> str:
    before = in_force(known, notice.scope) if is_scope(notice.scope) else {}
    for day in notice.days:
        if not day.workday or day.date.weekday() >= 5:
            continue
        if _yearly(notice, known) or day.date not in before or before[day.date][0].workday:
            return f"{day.date}（{day.name}）本来就是工作日"
    return ""


def _statutory_fault(notice: Notice, known: Sequence[Notice]) -> str:
    """A yearly notice names each day, also of a weekend; an amendment leaves each off."""
    yearly = _yearly(notice, known)
    said = {day.date: day for day in notice.days}
    if not yearly:
        said = {day: one for day, (one, _) in in_force([*known, notice], CN).items()}
    for statutory in statutory_days(notice.year):
        day = said.get(statutory.date)
        if day is None and yearly:
            return f"{statutory.date}（{statutory.name}）没有写明放假"
        if day.workday if day else statutory.date.weekday() < 5:
            return f"{statutory.date}（{statutory.name}）没有放假"
    return ""


def _balance(notice: Notice, _known: Sequence[Notice]) -> tuple[str, bool]:
    """Weekdays off less make-up days is the number of statutory days: art. 6 gives each that falls
    on a weekend, and the second of two on one day, a weekday instead."""
    off = sum(not day.workday and day.date.weekday() < 5 for day in notice.days)
    worked = sum(day.workday for day in notice.days)
    given = len(statutory_days(notice.year))
    words = f"工作日放假{off}天，调休上班{worked}天，相差{off - worked}天，规定{given}天"
    return words, off - worked == given


def _change(notice: Notice, known: Sequence[Notice]) -> tuple[str, bool]:
    """The days that an amendment turns off against those that it turns to work. The one of 2019 was
    even; those of 2015 (a day of commemoration) and 2020 (an epidemic) gave days."""
    before, after = in_force(known, CN), in_force([*known, notice], CN)
    turned = [
        after[day.date][0].workday
        for day in notice.days
        if day.date in after and _works(day.date, before) != after[day.date][0].workday
    ]
    worked = sum(turned)
    off = len(turned) - worked
    words = f"新增放假{off}天，新增上班{worked}天，"
    if off == worked:
        return f"{words}相抵", True
    more = "放假多出" if off > worked else "放假少了"
    lacks = "，没有相应的补班" if off > worked else ""
    told = f"{more}{abs(off - worked)}天{lacks}；修改通知可以如此，请核对原文再导入"
    return words + told, False


def _works(day: date, settled: Mapping[date, tuple[NoticeDay, Notice]]) -> bool:
    return settled[day][0].workday if day in settled else day.weekday() < 5


def _duplicate_fault(notice: Notice, known: Sequence[Notice]) -> str:
    for other in known:
        if other.scope != notice.scope:
            continue
        if notice.number and other.number == notice.number:
            return f"{notice.number}已经有了"
        if (other.year, other.whole, other.says()) == (notice.year, notice.whole, notice.says()):
            return f"与已有的{other.basis}内容相同"
    return ""
