"""The filters of 待办事项, as conditions in SQL: the same for the list, the page and the spreadsheet."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import col

from api.errors import BadInput
from api.schemas import ObligationConditions
from api.typed_dates import day
from engine.agency import Agency
from engine.instants import local_day
from engine.obligations import Obligation, Status, late
from engine.workdays import WorkCalendar


def conditions_of(
    asked: ObligationConditions, agency: Agency, calendar: WorkCalendar, now: datetime
) -> list[Any]:
    """Raises BadInput; whether the viewer sees the unit, the caller asks."""
    conditions: list[Any] = []
    if asked.unit is not None:
        conditions.append(col(Obligation.unit) == known(asked.unit, agency.units, "unit"))
    if asked.document is not None:
        document = known(asked.document, agency.catalogue.documents, "document")
        conditions.append(col(Obligation.document) == document)
    if asked.status == "overdue":
        conditions.append(late(now))
    elif asked.status:
        conditions.append(col(Obligation.status) == Status(asked.status))
    if asked.due_from:
        conditions.append(col(Obligation.due_on) >= day(asked.due_from, "due_from "))
    if asked.due_to:
        conditions.append(col(Obligation.due_on) <= day(asked.due_to, "due_to "))
    if asked.within:
        today = local_day(now)
        end = _within(asked.within, today, calendar)
        conditions += [col(Obligation.due_on) >= today, col(Obligation.earliest) <= end]
    return conditions


def after_of(cursor: str | None) -> tuple[date, int] | None:
    """Where the page before ended. Raises BadInput."""
    if not cursor:
        return None
    day_text, _, last = cursor.partition(".")
    try:
        return date.fromisoformat(day_text), int(last)
    except ValueError:
        raise BadInput("cursor：应原样使用上一页给出的 next") from None


def next_of(rows: Sequence[Obligation], limit: int) -> str | None:
    """The cursor of the next page, where one more row was asked for than a page has."""
    return f"{rows[limit - 1].due_on}.{rows[limit - 1].id}" if len(rows) > limit else None


def known(id_: str, ids: Any, name: str) -> str:
    """A filter by an id that does not exist is a slip of the pen, not an empty answer."""
    if id_ not in ids:
        raise BadInput(f"{name}：没有“{id_}”")
    return id_


def _within(text: str, today: date, calendar: WorkCalendar) -> date:
    if text.endswith("wd"):
        return calendar.add(today, int(text.removesuffix("wd")))
    return today + timedelta(days=int(text.removesuffix("d")))
