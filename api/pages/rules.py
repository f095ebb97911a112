"""规则与口径: all rules, those of a document, of a kind, those that wait, those with some words."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import AgencyNow, Viewing
from api.errors import BadInput
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.readings import Reading
from rules.rule import Rule
from rules.terms import KIND_NAMES, Kind

router = APIRouter()
PAGE = 50
STATES = {"waiting": "待定（没有日期）", "dated": "有日期", "unowed": "没有单位承担"}


class RuleFilter(BaseModel):
    """Query of the page; an empty one asks for nothing."""

    model_config = ConfigDict(extra="forbid")

    document: str = ""
    kind: str = ""
    state: str = ""
    q: Annotated[str, Field(max_length=100)] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def address(self, page: int) -> str:
        """The query of another page of the same list."""
        given = {key: value for key, value in self.model_dump().items() if value}
        return urlencode(given | {"page": page})


@dataclass(frozen=True)
class Line:
    """A rule as the page lists it, with the viewer's units that owe it."""

    rule: Rule
    reading: Reading
    owing: list[str]


@router.get("/rules")
async def rules(
    request: Request, asked: Annotated[RuleFilter, Query()], agency: AgencyNow, viewer: Viewing
) -> Response:
    """规则与口径."""
    _check(asked, agency)
    owing = owing_units(agency, viewer)
    found = [rule for rule in agency.rules if _fits(rule, asked, agency)]
    last = max((len(found) - 1) // PAGE + 1, 1)
    if asked.page > last:
        raise BadInput(f"page：只有 {last} 页")
    here = found[(asked.page - 1) * PAGE :][:PAGE]
    context = {
        "asked": asked,
        "lines": [Line(r, agency.readings[r.id], owing.get(r.id, [])) for r in here],
        "count": len(found),
        "last": last,
        "documents": agency.catalogue.documents.values(),
        "KIND_NAMES": KIND_NAMES,
        "STATES": STATES,
    }
    return templates.TemplateResponse(request, "rules.html", context)


def owing_units(agency: Agency, viewer: Viewer) -> dict[str, list[str]]:
    """The names of the viewer's units that owe each rule."""
    found: dict[str, list[str]] = {}
    for duty in agency.duties_in_force.values():
        if viewer.sees(duty.unit):
            found.setdefault(duty.rule, []).append(agency.units[duty.unit].name)
    return found


def _check(asked: RuleFilter, agency: Agency) -> None:
    if asked.document and asked.document not in agency.catalogue.documents:
        raise BadInput(f"document：没有文件“{asked.document}”，请从列表中选")
    if asked.kind and asked.kind not in list(Kind):
        raise BadInput(f"kind：没有类型“{asked.kind}”，请从列表中选")
    if asked.state and asked.state not in STATES:
        raise BadInput(f"state：没有“{asked.state}”，请从列表中选")


def _fits(rule: Rule, asked: RuleFilter, agency: Agency) -> bool:
    if asked.document and rule.document.id != asked.document:
        return False
    if asked.kind and rule.term.kind != asked.kind:
        return False
    if asked.q and not any(asked.q in text for text in (rule.quote, rule.id, *rule.holders)):
        return False
    match asked.state:
        case "waiting":
            return agency.readings[rule.id].term is None
        case "dated":
            return agency.readings[rule.id].term is not None
        case "unowed":
            return all(duty.rule != rule.id for duty in agency.duties_in_force.values())
    return True
