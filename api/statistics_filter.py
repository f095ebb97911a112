"""What is asked of the statistics: stretch, units, document; the same for page, interface and workbook."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col

from api.errors import BadInput
from api.obligation_filter import ByDueDay, known
from api.typed_dates import day
from api.viewer import Viewer
from engine.agency import Agency
from engine.counted_by_unit import CountedByUnit
from engine.figures import (
    ByMonth,
    Measure,
    Statistics,
    Step,
    due_between,
    figures_by_month,
    statistics,
)
from engine.instants import local_day
from engine.obligations import Obligation
from engine.units import subtree

_LONGEST = 3660  # days


class StatisticsFilter(BaseModel):
    """Query of `GET statistics`: a year, or `from` and `to`; this year where nothing is said."""

    model_config = ConfigDict(extra="forbid")
    year: int | None = Field(default=None, ge=2004, le=2100)
    first: Annotated[str | None, Field(alias="from", description="到期日的第一天")] = None
    last: Annotated[str | None, Field(alias="to", description="到期日的最后一天")] = None
    unit: Annotated[str | None, Field(description="单位编号：只统计它")] = None
    under: Annotated[str | None, Field(description="单位编号：它和它的下级")] = None
    document: str | None = None
    step: Step = Step.MONTH


class StatisticsList(StatisticsFilter, ByDueDay):
    """Query of the list behind a figure."""

    measure: Measure = Measure.DUE


@dataclass(frozen=True)
class Stretch:
    """The days that are asked for, and the conditions in SQL for the rest."""

    first: date
    last: date
    conditions: list[Any]
    key: tuple[object, ...]  # what makes the conditions

    def counted(
        self, session: Session, step: Step, now: datetime, before: CountedByUnit
    ) -> Statistics:
        """Its figures, or those that were counted before where they still hold."""
        days = self.first, self.last

        def count(more: list[Any]) -> dict[str, ByMonth]:
            return figures_by_month(session, [*self.conditions, *more], *days, now)

        by_month = before.get(session, ("figures", *days, *self.key), now, count)
        return statistics(by_month, *days, step)

    @property
    def whole(self) -> list[Any]:
        """All conditions, that of the days too."""
        return [*self.conditions, due_between(self.first, self.last)]

    @property
    def in_words(self) -> str:
        """`2026年`, or its first and last day."""
        year = self.first.year
        whole = (self.first, self.last) == (date(year, 1, 1), date(year, 12, 31))
        return f"{year}年" if whole else f"{self.first}至{self.last}"


def stretch_of(asked: StatisticsFilter, viewer: Viewer, agency: Agency, now: datetime) -> Stretch:
    """Raises BadInput; NotFound for a unit that the viewer does not see."""
    conditions = viewer.own_obligations()
    if asked.unit is not None:
        viewer.check_unit(known(asked.unit, agency.units, "unit"))
        conditions.append(col(Obligation.unit) == asked.unit)
    below: frozenset[str] = frozenset()
    if asked.under is not None:
        viewer.check_unit(known(asked.under, agency.units, "under"))
        below = subtree(asked.under, agency.units)
        conditions.append(col(Obligation.unit).in_(sorted(below)))
    if asked.document is not None:
        document = known(asked.document, agency.catalogue.documents, "document")
        conditions.append(col(Obligation.document) == document)
    key = (viewer.units, asked.unit, below, asked.document)
    return Stretch(*_days(asked, local_day(now)), conditions, key)


def _days(asked: StatisticsFilter, today: date) -> tuple[date, date]:
    if asked.first is None and asked.last is None:
        year = asked.year or today.year
        return date(year, 1, 1), date(year, 12, 31)
    if asked.year is not None:
        raise BadInput("year：年度和起止日期只能写一种，请去掉一种")
    if asked.first is None or asked.last is None:
        raise BadInput("from 和 to：开始日期和结束日期须同时写明")
    first, last = day(asked.first, "from "), day(asked.last, "to ")
    if last < first:
        raise BadInput(f"结束日期（to）{last} 早于开始日期（from）{first}，请改正")
    if (last - first).days > _LONGEST:
        raise BadInput("开始日期（from）到结束日期（to）不能超过十年")
    return first, last
