"""Statistics as JSON objects, and as the sheets of a year's appraisal."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from api.statistics_filter import Stretch
from api.workbook_writing import Column, Look, Sheet, Value
from engine.agency import Agency
from engine.figures import DEFINITIONS, MEASURE_NAMES, RATES, Figures, Measure, Statistics
from engine.instants import local_iso
from engine.period_names import period_in_words


def statistics_row(found: Statistics, agency: Agency) -> dict[str, Any]:
    """All figures, with what each of them means."""
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "total": figures_row(found.total),
        "units": [
            {"unit": unit, "unit_name": _name(unit, agency)} | figures_row(figures)
            for unit, figures in in_order(found, agency)
        ],
        "periods": [
            {"period": key} | figures_row(figures) for key, figures in found.periods.items()
        ],
        "definitions": {one.value: text for one, text in DEFINITIONS.items()}
        | {key: text for key, (_, text) in RATES.items()},
    }


def figures_row(figures: Figures) -> dict[str, Any]:
    """The figures of one unit or period; a rate is null where nothing is over yet."""
    rates = {"on_time_rate": figures.on_time_rate, "done_rate": figures.done_rate}
    return {one.value: figures.of(one) for one in Measure} | rates


def in_order(found: Statistics, agency: Agency) -> list[tuple[str, Figures]]:
    """The figures of units, in the order of the configuration."""
    order = {unit: place for place, unit in enumerate(agency.units)}
    return sorted(found.units.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))


def sheets(found: Statistics, stretch: Stretch, agency: Agency, now: datetime) -> Iterable[Sheet]:
    """按单位, 按期间, and what the figures mean."""
    named = [(_name(unit, agency), figures) for unit, figures in in_order(found, agency)]
    yield _table("按单位", "单位", [*named, ("合计", found.total)])
    periods = ((period_in_words(key), figures) for key, figures in found.periods.items())
    yield _table("按期间", "期间", [*periods, ("合计", found.total)])
    yield Sheet("说明", [Column("项目", 16), Column("含义", 90)], _meanings(stretch, now))


def _table(title: str, first: str, rows: Iterable[tuple[str, Figures]]) -> Sheet:
    figures = [Column(name, 11, Look.NUMBER) for name in MEASURE_NAMES.values()]
    rates = [Column(name, 11, Look.RATE) for name, _ in RATES.values()]
    columns = [Column("序号", 6, Look.NUMBER), Column(first, 30), *figures, *rates]
    return Sheet(title, columns, (_line(n, *row) for n, row in enumerate(rows, 1)))


def _line(number: int, name: str, figures: Figures) -> list[Value]:
    counts = [figures.of(one) for one in Measure]
    place = None if name == "合计" else number
    return [place, name, *counts, figures.on_time_rate, figures.done_rate]


def _meanings(stretch: Stretch, now: datetime) -> Iterable[list[Value]]:
    yield ["统计期", f"到期日在{stretch.in_words}的事项"]
    yield ["统计时间", str(local_iso(now))[:16].replace("T", " ")]
    for measure, text in DEFINITIONS.items():
        yield [MEASURE_NAMES[measure], text]
    for name, text in RATES.values():
        yield [name, text]


def _name(unit: str, agency: Agency) -> str:
    return agency.units[unit].name if unit in agency.units else unit
