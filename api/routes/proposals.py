"""/api/v1/proposals: what loaded texts ask for, and what a person decides"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlmodel import Session, col

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.document_rows import impact_row, proposal_row
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room, answered
from api.schemas import (
    Acceptance,
    Dismissal,
    Edit,
    ProposalFilter,
    RowId,
    journal_row,
)
from api.typed_dates import day
from engine.adoption import papers
from engine.agency import Agency
from engine.database import reading, trying, writing
from engine.impact import Basis, impact
from engine.journal import journal_of_proposal
from engine.proposals import (
    Proposal,
    accept,
    dismiss,
    edit,
    get_proposal,
    list_proposals,
)

router = Room(prefix="/proposals")


@router.get("")
async def proposals(asked: Annotated[ProposalFilter, Query()], session: Reader) -> dict[str, Any]:
    """建议, in the order of the text. `next` is the cursor of the next page, null on the last."""
    conditions: list[Any] = []
    if asked.document is not None:
        conditions.append(col(Proposal.document) == asked.document)
    if asked.decision:
        conditions.append(col(Proposal.decision) == asked.decision)
    rows = list_proposals(session, *conditions, after=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    return {"items": [proposal_row(row) for row in page], "next": page[-1].id if more else None}


@router.get("/{proposal_id}")
async def proposal(proposal_id: RowId, session: Reader, if_none_match: NoneMatch = None) -> Any:
    """One of them, with its journal."""
    return tagged(_whole(session, get_proposal(session, proposal_id)), if_none_match)


@router.post("/{proposal_id}/accept")
def accept_proposal(
    proposal_id: RowId,
    asked: Acceptance,
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """采用. With `dry_run` nothing is decided, and `impact` says what would become of what is open."""
    by = viewer.acts_as(asked.by)

    def deed(session: Session, row: Proposal) -> None:
        document = agency.catalogue.documents[row.document]
        accept(session, row, document, calendar, by=by, now=now)

    if not asked.dry_run:
        return _decided(request, agency, proposal_id, if_match, deed)
    process = running(request)
    with trying(process.db) as session:
        deed(session, get_proposal(session, proposal_id))
        changed = papers(session, process.configuration.files).on(agency)
    seen = impact(process.db, Basis(changed, calendar), now, Basis(agency, calendar))
    with reading(process.db) as session:
        return _whole(session, get_proposal(session, proposal_id)) | {"impact": impact_row(seen)}


@router.post("/{proposal_id}/edit")
def edit_proposal(
    proposal_id: RowId,
    asked: Edit,
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """修改 the keys that are given; of an accepted proposal the rule changes with it."""
    by = viewer.acts_as(asked.by)

    def deed(session: Session, row: Proposal) -> None:
        document = agency.catalogue.documents[row.document]
        edit(session, row, _changes(asked), document, calendar, by=by, now=now)

    return _decided(request, agency, proposal_id, if_match, deed)


@router.post("/{proposal_id}/dismiss")
def dismiss_proposal(
    proposal_id: RowId,
    asked: Dismissal,
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """不列为规则, with a reason; an accepted rule is taken back."""
    by = viewer.acts_as(asked.by)

    def deed(session: Session, row: Proposal) -> None:
        dismiss(session, row, by=by, reason=asked.reason, now=now)

    return _decided(request, agency, proposal_id, if_match, deed)


def _decided(
    request: Request,
    agency: Agency,
    proposal_id: int,
    if_match: str | None,
    deed: Callable[[Session, Proposal], None],
) -> Response:
    """Do it, unless the catalogue or the agency would not hold together afterwards."""
    process = running(request)
    with writing(process.db) as session:
        row = get_proposal(session, proposal_id)
        check_match(if_match, lambda: _whole(session, row))
        deed(session, row)
        session.flush()
        papers(session, process.configuration.files).on(agency)
        return answered(request, session, _whole(session, row))


def _changes(asked: Edit) -> dict[str, Any]:
    given = asked.model_dump(exclude_unset=True, exclude={"by"})
    for key, name in (("since", "from"), ("until", "until")):
        if key in given:
            text = given.pop(key)
            given[name] = day(text, f"{name} ") if text else None
    return given


def _whole(session: Session, row: Proposal) -> dict[str, Any]:
    assert row.id is not None
    entries = journal_of_proposal(session, row.id)
    return proposal_row(row) | {"journal": [journal_row(entry) for entry in entries]}
