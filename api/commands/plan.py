"""qixian plan --from A --to B"""

from datetime import date
from typing import Annotated, Any

import typer

from api.commands.context import Context
from api.typed_dates import stretch
from engine.agency import Agency
from engine.instants import local_iso
from engine.owing import owed_among
from engine.workdays import WorkCalendar


def plan_rows(
    agency: Agency, calendar: WorkCalendar, first: date, last: date
) -> list[dict[str, Any]]:
    """What the duties owe by rhythm or fixed date from `first` to `last`, by due day."""
    rows = []
    for duty in agency.duties_in_force.values():
        local = agency.calendar_of(duty.unit, calendar)
        for one in owed_among(agency, duty, first, last, local):
            if one.governed_by:
                continue
            rows.append(
                {
                    "rule": duty.rule,
                    "unit": duty.unit,
                    "period": one.occurrence.period.key,
                    "due_on": one.due.due_on.isoformat(),
                    "due_at": local_iso(one.due.due_at),
                    "act_by": one.due.act_by.isoformat(),
                    "provisional": one.due.provisional,
                }
            )
    return sorted(rows, key=lambda row: (row["due_on"], row["unit"], row["rule"]))


def plan(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="A", help="第一天")],
    last: Annotated[str, typer.Option("--to", metavar="B", help="最后一天")],
) -> None:
    """列出一段时间内到期的事项（按责任推算，不看数据库）。"""
    shared: Context = context.obj
    agency = shared.configuration.agency
    rows = plan_rows(agency, shared.calendar, *stretch(first, last))
    if not shared.json:
        for row in rows:
            row["matter"] = agency.catalogue.rules[row["rule"]].quote
            same = agency.same_duties(row["rule"], row["unit"], date.fromisoformat(row["due_on"]))
            row["same_as"] = "、".join(rule.id for rule in same)
            row["reading"] = agency.readings[row["rule"]].in_words
            row["unit"] = agency.units[row["unit"]].name
    shared.emit(
        rows,
        {
            "due_on": "到期日",
            "act_by": "宜办日",
            "unit": "单位",
            "matter": "事项",
            "period": "期间",
            "reading": "口径",
            "provisional": "暂定",
            "same_as": "同一事项",
        },
    )
