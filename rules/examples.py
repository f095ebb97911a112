"""示例: strict reading of a rule's worked example."""

import re
from datetime import date

from rules.errors import TermError
from rules.rule import Example
from rules.tables import Table
from rules.terms import Kind, Term

KEYS = ("event", "period", "reading", "due_on", "due_at", "act_by", "waits")
_PERIOD = re.compile(
    r"[1-9][0-9]{3}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?"
)


def example(table: Table, hard: bool) -> Example:
    """The key `example` of a rule; raises CatalogueError."""
    table.allow(KEYS)
    found = Example(
        event=table.day_or_moment("event"),
        period=_period(table),
        reading=_reading(table),
        due_on=table.get("due_on", date),
        due_at=table.moment("due_at"),
        act_by=table.get("act_by", date),
        waits=table.get("waits", bool) or False,
    )
    _check_expectation(table, found, hard)
    return found


def _check_expectation(table: Table, example: Example, hard: bool) -> None:
    dated = example.due_on or example.due_at
    if not dated and not example.waits:
        raise table.refusal("due_on", "没有写，请写明 due_on、due_at 或 waits = true")
    if example.waits and (dated or example.act_by):
        raise table.refusal("waits", "与日期不能并存，请去掉 waits 或去掉日期")
    if example.waits and (hard or example.reading):
        raise table.refusal("waits", "不能为 true，因为日期已经可以算出，请写明 due_on 或 due_at")
    if dated and not hard and not example.reading:
        raise table.refusal("reading", "没有写，而原文没有给出日期，请补上，或只写 waits = true")


def _period(table: Table) -> str:
    text = table.option("period")
    if text and not names_a_period(text):
        raise table.refusal(
            "period", f"“{text}”不存在，请写作 2026、2026-H2、2026-Q3、2026-09 或 2026-W41"
        )
    return text


def names_a_period(text: str) -> bool:
    """Is it the name of a year, half-year, quarter, month or week that exists?"""
    return bool(_PERIOD.fullmatch(text)) and _has_week(text)


def _has_week(period: str) -> bool:
    year, _, week = period.partition("-W")
    # 28 December is always in the year's last ISO week, the 52nd or 53rd.
    return not week or int(week) <= date(int(year), 12, 28).isocalendar().week


def _reading(table: Table) -> str:
    text = table.option("reading")
    if not text:
        return text
    for kind in (Kind.PERIODIC, Kind.AFTER_EVENT, Kind.FIXED_DEADLINE):
        try:
            Term.parse(kind, text)
        except TermError:
            continue
        return text
    raise table.refusal(
        "reading", f"“{text}”不是期限的值，请写作 P1M;after=15D、20WD 或 2026-12-31"
    )
