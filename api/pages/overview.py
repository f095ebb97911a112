"""总览: what is late and what comes, unit by unit, and what the office has to put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing
from api.pages.lines import lines_of
from api.pages.next_steps import NextSteps, next_steps
from api.pages.overview_sections import sections
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.channels import disabled_channels
from engine.deliveries import undelivered
from engine.obligation_counts import UnitCount, counts_by_unit
from rules.rule import Document, Rule

router = APIRouter()
MOST_UNITS = 20
MOST_TROUBLES = 10


@dataclass(frozen=True)
class Bar:
    """One unit's row in the chart, and its parts of the longest bar in per cent: late, today, this
    week, later."""

    unit: str
    name: str
    count: UnitCount
    parts: tuple[tuple[str, float, float], ...]  # which, where it begins, how long


@router.get("/")
async def overview(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    units: Literal["", "all"] = "",
) -> Response:
    """总览; the chart shows the units with most that presses, or all of them."""
    own = viewer.own_obligations()
    by_unit = counts_by_unit(session, now, viewer.units, request.app.state.counted)
    found = sections(session, by_unit, now, own)
    lost = undelivered(
        session, now - timedelta(days=7), *viewer.own_deliveries(), limit=MOST_TROUBLES + 1
    )
    unreached = [unit for unit in by_unit if not agency.recipients(unit)]
    asked = NextSteps(session, agency, calendar, now, viewer, not unreached)
    return templates.TemplateResponse(
        request,
        "overview.html",
        {
            "steps": next_steps(asked),
            "sections": [
                (one, lines_of(session, agency, calendar, now, one.rows)) for one in found
            ],
            "bars": _bars(agency, by_unit, None if units else MOST_UNITS),
            "units": len(by_unit),
            "waiting": _waiting(agency, viewer),
            "unreachable": unreached,
            "disabled": disabled_channels(session) if viewer.units is None else [],
            "undelivered": lost[:MOST_TROUBLES],
            "more_undelivered": len(lost) > MOST_TROUBLES,
            "readings": agency.readings,
        },
    )


def _bars(agency: Agency, by_unit: Mapping[str, UnitCount], most: int | None) -> list[Bar]:
    """What presses most stands first; of equals, the order of the configuration."""
    order = {unit: place for place, unit in enumerate(agency.units)}

    def pressing(one: tuple[str, UnitCount]) -> tuple[int, ...]:
        unit, number = one
        return (-number.late, -number.today, -number.week, order.get(unit, len(order)))

    longest = max((one.open for one in by_unit.values()), default=1)
    return [
        Bar(
            unit,
            agency.units[unit].name if unit in agency.units else unit,
            number,
            tuple(_parts(number, longest)),
        )
        for unit, number in sorted(by_unit.items(), key=pressing)[:most]
    ]


def _parts(number: UnitCount, longest: int) -> list[tuple[str, float, float]]:
    later = number.open - number.late - number.today - number.week
    parts, at = [], 0
    for name, size in (
        ("late", number.late),
        ("today", number.today),
        ("week", number.week),
        ("later", later),
    ):
        if size:
            parts.append((name, round(100 * at / longest, 2), round(100 * size / longest, 2)))
        at += size
    return parts


def _waiting(agency: Agency, viewer: Viewer) -> dict[Document, list[tuple[Rule, str]]]:
    """Rules without a date, by document, each with the names of the units that owe it."""
    owing: dict[str, list[str]] = {}
    for duty in agency.duties_in_force.values():
        if agency.readings[duty.rule].term is None and viewer.sees(duty.unit):
            owing.setdefault(duty.rule, []).append(agency.units[duty.unit].name)
    found: dict[Document, list[tuple[Rule, str]]] = {}
    for rule in agency.rules:
        if agency.readings[rule.id].term is None:
            names = "、".join(owing.get(rule.id, []))
            found.setdefault(rule.document, []).append((rule, names))
    return found
