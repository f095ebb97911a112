"""/api/v1/rules, units, duties, seasons: what is configured, and registered beside it"""

from typing import Any

from api.dependencies import AgencyNow, Viewing
from api.entity_tags import NoneMatch, tagged
from api.idempotency import Room
from api.json_rows import whole_rule
from api.office_changes import visible_unit
from api.office_rows import duty_row, unit_row, unit_rows
from api.schemas import RuleId
from engine.errors import NotFound

router = Room()


@router.get("/rules")
async def rules(agency: AgencyNow) -> dict[str, Any]:
    """规则, how each is read, and the units that answer to its holders."""
    return {"items": [whole_rule(agency, rule) for rule in agency.rules]}


@router.get("/rules/{id}")
async def rule(id: RuleId, agency: AgencyNow, if_none_match: NoneMatch = None) -> Any:
    """One of them."""
    if id not in agency.catalogue.rules:
        raise NotFound(f"没有规则“{id}”")
    return tagged(whole_rule(agency, agency.catalogue.rules[id]), if_none_match)


@router.get("/units")
async def units(agency: AgencyNow, viewer: Viewing) -> dict[str, Any]:
    """单位 of the viewer, without the addresses of persons."""
    return {"items": list(unit_rows(agency, viewer.units))}


@router.get("/units/{id}")
async def unit(id: str, agency: AgencyNow, viewer: Viewing, if_none_match: NoneMatch = None) -> Any:
    """One of them; another's is 404."""
    return tagged(unit_row(visible_unit(viewer, agency, id), agency), if_none_match)


@router.get("/duties")
async def duties(agency: AgencyNow, viewer: Viewing) -> dict[str, Any]:
    """责任 of the viewer's units, with the days on which they owe."""
    duties = agency.duties_in_force.values()
    return {"items": [duty_row(duty, agency) for duty in duties if viewer.sees(duty.unit)]}


@router.get("/seasons")
async def seasons(agency: AgencyNow) -> dict[str, Any]:
    """时段, by their first days; without `rules` or `units` of all that count by the name."""
    return {
        "items": [
            {
                "name": season.name,
                "from": season.first,
                "until": season.last,
                "rules": list(season.rules),
                "units": list(season.units),
            }
            for season in sorted(agency.seasons, key=lambda one: (one.first, one.name))
        ]
    }
