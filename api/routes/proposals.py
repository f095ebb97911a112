"""/api/v1/proposals: what loaded texts ask for, and what a person decides"""

from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlmodel import Session, col

from api.dependencies import CalendarNow, Now, Reader, Viewing, running
from api.document_rows import impact_row, proposal_row
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room, answered
from api.proposal_decisions import (
    Deed,
    accepting,
    changes_of,
    decided,
    dismissing,
    editing,
    foreseen,
)
from api.schemas import (
    Acceptance,
    Dismissal,
    Edit,
    ProposalFilter,
    RowId,
    journal_row,
)
from engine.agency import Agency
from engine.database import reading
from engine.journal import journal_of_proposal
from engine.proposals import Proposal, get_proposal, list_proposals

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
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """采用. With `dry_run` nothing is decided, and `impact` says what would become of what is open."""
    process, deed = running(request), accepting(calendar, viewer.acts_as(asked.by), now)
    if not asked.dry_run:
        return _decided(request, proposal_id, if_match, deed)
    seen = foreseen(process, calendar, proposal_id, deed, now).as_seen(viewer.sees)
    with reading(process.db) as session:
        return _whole(session, get_proposal(session, proposal_id)) | {"impact": impact_row(seen)}


@router.post("/{proposal_id}/edit")
def edit_proposal(
    proposal_id: RowId,
    asked: Edit,
    request: Request,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """修改 the keys that are given; of an accepted proposal the rule changes with it."""
    deed = editing(changes_of(asked), calendar, viewer.acts_as(asked.by), now)
    return _decided(request, proposal_id, if_match, deed)


@router.post("/{proposal_id}/dismiss")
def dismiss_proposal(
    proposal_id: RowId,
    asked: Dismissal,
    request: Request,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Any:
    """不列为规则, with a reason; an accepted rule is taken back."""
    deed = dismissing(asked.reason, viewer.acts_as(asked.by), now)
    return _decided(request, proposal_id, if_match, deed)


def _decided(request: Request, proposal_id: int, if_match: str | None, deed: Deed) -> Response:
    def checked(session: Session, row: Proposal, agency: Agency) -> None:
        check_match(if_match, lambda: _whole(session, row))
        deed(session, row, agency)

    with decided(running(request), proposal_id, checked) as (session, row):
        return answered(request, session, _whole(session, row))


def _whole(session: Session, row: Proposal) -> dict[str, Any]:
    assert row.id is not None
    entries = journal_of_proposal(session, row.id)
    return proposal_row(row) | {"journal": [journal_row(entry) for entry in entries]}
