"""A document: its text with each time phrase marked, beside its rules or its proposal."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlmodel import Session, col
from starlette.responses import Response

from api.dependencies import AgencyNow, Reader, running
from api.errors import BadInput
from api.read_texts import counted
from api.rendering import templates
from api.text_parts import Part, paragraphs, parts_of
from engine.agency import Agency
from engine.errors import NotFound
from engine.loaded_texts import LoadedText, current_text, text_heads
from engine.proposals import (
    DECISION_NAMES,
    IS_OPEN,
    Change,
    Decision,
    Proposal,
    list_proposals,
)
from rules.audit import Standing, Verdict
from rules.terms import KIND_NAMES, Term
from rules.typed_terms import EXAMPLES

router = APIRouter()
_SAID = {
    "loaded": "正文已载入，未处理的时间用语请逐条确认",
    "same": "这份正文已经载入过，没有变化",
    "accepted": "已采用",
    "edited": "已修改",
    "dismissed": "已注明不列为规则",
}
_ENDED = 20  # open proposals without a place in the text; the next ones follow these


@dataclass(frozen=True)
class Refilled:
    """A form of one proposal as it was sent and refused: which, with what, and why."""

    proposal: int
    verb: str
    fields: dict[str, str]
    fault: str


@router.get("/documents/{id}")
def document(
    id: str,
    request: Request,
    session: Reader,
    agency: AgencyNow,
    part: Annotated[int, Query(ge=1, le=100_000)] = 1,
    said: str = "",
    at: int = -1,
) -> Response:
    """文件, or one of its texts by its id."""
    return document_page(request, session, agency, id, part, {"said": _SAID.get(said), "at": at})


def document_page(
    request: Request,
    session: Session,
    agency: Agency,
    id_: str,
    number: int,
    more: dict[str, Any],
    status: int = 200,
) -> Response:
    """The page of a document or a text. Raises NotFound, BadInput."""
    found = next((d for d in agency.catalogue.documents.values() if id_ in (d.id, *d.texts)), None)
    if found is None:
        raise NotFound(f"没有文件“{id_}”")
    heads = [head for head in text_heads(session) if head.document == found.id]
    named = [head for head in heads if head.text == id_]
    chosen = next(iter(named or (heads if id_ == found.id else ())), None)
    loaded = current_text(session, chosen.text) if chosen else None
    context: dict[str, Any] = {
        "document": found,
        "heads": heads,
        "head": chosen,
        "rules": [rule for rule in agency.rules if rule.document.id == found.id],
        "refilled": None,
        **more,
    }
    if loaded is None:
        return templates.TemplateResponse(request, "document.html", context, status)
    read = _read(request, session, agency, loaded, number)
    headers = {"Refresh": "3"} if read["parts"] is None else None
    return templates.TemplateResponse(request, "document.html", context | read, status, headers)


def part_of(request: Request, agency: Agency, loaded: LoadedText, start: int) -> int:
    """In which part of a text an offset lies."""
    verdicts = running(request).texts.verdicts(loaded, agency.catalogue)
    found = parts_of(loaded.content, verdicts)
    return next((n for n, part in enumerate(found, 1) if start < part.end), len(found))


def _read(
    request: Request,
    session: Session,
    agency: Agency,
    loaded: LoadedText,
    number: int,
) -> dict[str, Any]:
    """What the page says of a text; `parts` is None while it is still being read."""
    assert loaded.id is not None
    texts = running(request).texts
    verdicts = texts.verdicts_by_now(loaded.id, agency.catalogue, lambda: loaded)
    if verdicts is None:
        return {"parts": None}
    parts = parts_of(loaded.content, verdicts)
    if number > len(parts):
        raise BadInput(f"part：正文只有 {len(parts)} 部分")
    part = parts[number - 1]
    return {
        "parts": len(parts),
        "number": number,
        "counts": counted(verdicts),
        "paragraphs": list(paragraphs(loaded.content, part)),
        "next_open": _next_open(parts),
        "proposals": _proposals(session, loaded.id, part),
        "without_place": list_proposals(
            session,
            col(Proposal.text_id) == loaded.id,
            col(Proposal.change) == Change.ENDED,
            IS_OPEN,
            limit=_ENDED,
        )
        if number == 1
        else [],
        "catalogue": agency.catalogue.rules,
        "readings": agency.readings,
        "in_words": _in_words,
        "term_of": lambda table: Term.parse(table["kind"], table["value"]),
        "EXAMPLES": EXAMPLES,
        "Standing": Standing,
        "STANDINGS": STANDINGS,
        "KIND_NAMES": KIND_NAMES,
        "DECISION_NAMES": DECISION_NAMES,
        "Decision": Decision,
        "Change": Change,
    }


STANDINGS = {
    Standing.COVERED: "已列为规则",
    Standing.DISMISSED: "不列为规则",
    Standing.OPEN: "未处理",
}


def _next_open(parts: list[Part]) -> Callable[[int], str]:
    """The address of the first open phrase after an offset; empty where there is none."""
    found = [
        (verdict.hit.start, number)
        for number, part in enumerate(parts, 1)
        for verdict in part.verdicts
        if verdict.standing is Standing.OPEN
    ]

    def after(start: int) -> str:
        place = bisect_right(found, (start, len(parts)))
        return f"?part={found[place][1]}#p{found[place][0]}" if place < len(found) else ""

    return after


def _proposals(session: Session, text_id: int, part: Part) -> dict[tuple[int, int], Proposal]:
    """Those of a part, by their places."""
    here = col(Proposal.start).between(part.start, part.end - 1)
    rows = list_proposals(session, col(Proposal.text_id) == text_id, here)
    return {(row.start, row.end): row for row in rows}


def _in_words(verdict: Verdict) -> str:
    return Term(verdict.hit.kind, verdict.hit.value).in_words()
