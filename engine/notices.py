"""放假通知 Notice: which days are off or worked, where, who said so, and from which day on.

The calendar is an append-only list of notices. For one region the more specific scope wins over the
wider, then the later issue; a notice for a whole year replaces what its scope said of that year.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.errors import BadNotice

CN = "CN"  # the whole country, at the top of every scope

_CODE = re.compile(r"[1-9][0-9]{5}")
_KEYS = {"number", "issued", "scope", "title", "days"}
_DAY_KEYS = {"date", "workday", "name"}

Day = date  # for the class that has a field of that name


@dataclass(frozen=True)
class NoticeDay:
    """One day that a notice names: worked (调休上班) or off, and for which holiday."""

    date: Day
    workday: bool
    name: str


@dataclass(frozen=True)
class Notice:
    """放假通知. `days` are in order; weekends that it only mentions may be among them or not.

    `scope` is CN or a GB/T 2260 code; `issued` the day from which it was known.
    """

    scope: str
    number: str
    issued: date
    title: str
    days: tuple[NoticeDay, ...]

    @property
    def year(self) -> int:
        """The year it is for: of its last day, as a notice may begin in the December before."""
        return self.days[-1].date.year if self.days else self.issued.year

    @property
    def whole(self) -> bool:
        """Does it arrange a whole year? An empty list does not: its year is missing."""
        off = {(day.date.month, day.date.day) for day in self.days if not day.workday}
        return {(1, 1), (10, 1)} <= off

    @property
    def basis(self) -> str:
        """What a day that it settles rests on."""
        return self.title or self.number

    def says(self) -> frozenset[tuple[date, bool]]:
        """What it settles; of a whole year only what differs from weekdays and weekends."""
        return frozenset(
            (day.date, day.workday)
            for day in self.days
            if not self.whole or day.workday != (day.date.weekday() < 5)
        )


def is_scope(text: str) -> bool:
    """CN, or six digits of GB/T 2260."""
    return text == CN or bool(_CODE.fullmatch(text))


def scopes_of(region: str) -> tuple[str, ...]:
    """The scopes in which a region lies, the widest first: 510802 is in 510800, 510000 and CN.

    GB/T 2260: two digits each for province, prefecture and county.
    """
    if region == CN:
        return (CN,)
    return tuple(dict.fromkeys((CN, region[:2] + "0000", region[:4] + "00", region)))


def in_force(notices: Iterable[Notice], region: str) -> dict[date, tuple[NoticeDay, Notice]]:
    """Each day that a notice settles for the region, with the notice that has the last word."""
    given = sorted(notices, key=lambda notice: notice.issued)  # of one day: the later added wins
    merged: dict[date, tuple[NoticeDay, Notice]] = {}
    for scope in scopes_of(region):
        said: dict[date, tuple[NoticeDay, Notice]] = {}
        for notice in given:
            if notice.scope != scope:
                continue
            if notice.whole:
                said = {day: one for day, one in said.items() if one[1].year != notice.year}
            said |= {day.date: (day, notice) for day in notice.days}
        merged |= said
    return merged


def announced(notices: Iterable[Notice]) -> frozenset[int]:
    """The years that a national notice arranges."""
    return frozenset(notice.year for notice in notices if notice.scope == CN and notice.whole)


def days_as_rows(days: Iterable[NoticeDay]) -> list[dict[str, Any]]:
    """The days in the form in which they are stored, imported and printed."""
    return [
        {"date": day.date.isoformat(), "workday": day.workday, "name": day.name} for day in days
    ]


def days_of_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[NoticeDay, ...]:
    """The reverse of `days_as_rows`; in order. Raises BadNotice, which names the entry."""
    days = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or row.keys() != _DAY_KEYS:
            raise BadNotice(f"days 第{number}项应正好有 date、workday、name 三个键")
        if not isinstance(row["workday"], bool) or not isinstance(row["name"], str):
            raise BadNotice(f"days 第{number}项的 workday 应是 true 或 false，name 应是文字")
        days.append(
            NoticeDay(_date(row["date"], f"days 第{number}项"), row["workday"], row["name"])
        )
    return tuple(sorted(days, key=lambda day: day.date))


@dataclass(frozen=True)
class JsonNotice:
    """A notice as JSON: `number`, `issued`, `scope`, `title` (all may be missing) and `days`."""

    number: str
    issued: date | None
    scope: str
    title: str
    days: tuple[NoticeDay, ...]


def read_json(text: str) -> JsonNotice:
    """A notice in its JSON form. Raises BadNotice."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadNotice("JSON 形式的通知不是正确的 JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("days"), list):
        raise BadNotice("JSON 形式的通知应是一个对象，其中 days 是列表")
    if unknown := found.keys() - _KEYS:
        raise BadNotice(f"JSON 形式的通知中有不认识的键：{'、'.join(sorted(unknown))}")
    words = {key: found.get(key, "") for key in ("number", "scope", "title")}
    for key, value in words.items():
        if not isinstance(value, str):
            raise BadNotice(f"JSON 形式的通知中 {key} 应是文字")
    issued = _date(found["issued"], "issued ") if "issued" in found else None
    return JsonNotice(issued=issued, days=days_of_rows(found["days"]), **words)


def _date(text: Any, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadNotice(f"{place}“{text}”不是日期，应写作 2027-01-01") from None
