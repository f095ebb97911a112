"""What a person decides on a proposal, by the interface or on a page: in one transaction, and only
where catalogue and agency hold together afterwards."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.dependencies import Running
from api.document_requests import Edit
from api.typed_dates import day
from engine.adoption import papers
from engine.agency import Agency
from engine.database import trying, writing
from engine.impact import Basis, Impact, impact
from engine.proposals import Proposal, accept, dismiss, edit, get_proposal
from engine.workdays import WorkCalendar

Deed = Callable[[Session, Proposal, Agency], None]


def accepting(calendar: WorkCalendar, by: str, now: datetime) -> Deed:
    """采用."""

    def deed(session: Session, row: Proposal, agency: Agency) -> None:
        document = agency.catalogue.documents[row.document]
        accept(session, row, document, calendar, by=by, now=now)

    return deed


def editing(changes: Mapping[str, Any], calendar: WorkCalendar, by: str, now: datetime) -> Deed:
    """修改."""

    def deed(session: Session, row: Proposal, agency: Agency) -> None:
        document = agency.catalogue.documents[row.document]
        edit(session, row, changes, document, calendar, by=by, now=now)

    return deed


def dismissing(reason: str, by: str, now: datetime) -> Deed:
    """不列为规则."""

    def deed(session: Session, row: Proposal, _agency: Agency) -> None:
        dismiss(session, row, by=by, reason=reason, now=now)

    return deed


def changes_of(asked: Edit) -> dict[str, Any]:
    """The keys of a rule's table that an edit gives. Raises BadInput."""
    given = asked.model_dump(exclude_unset=True, exclude={"by"})
    for key, name in (("since", "from"), ("until", "until")):
        if key in given:
            text = given.pop(key)
            given[name] = day(text, f"{name} ") if text else None
    return given


@contextmanager
def decided(process: Running, proposal_id: int, deed: Deed) -> Iterator[tuple[Session, Proposal]]:
    """Do it, unless the catalogue or the agency would not hold together afterwards. Raises NotFound,
    NotAllowed, CatalogueError, BadAgency, BadInterpretation; then nothing is changed."""
    with writing(process.db) as session:
        _done(process, session, proposal_id, deed)
        yield session, get_proposal(session, proposal_id)


def foreseen(
    process: Running, calendar: WorkCalendar, proposal_id: int, deed: Deed, now: datetime
) -> Impact:
    """What it would do to what is open; nothing is decided. Raises what `decided` raises."""
    with trying(process.db) as session:
        before, after = _done(process, session, proposal_id, deed)
    return impact(process.db, Basis(after, calendar), now, Basis(before, calendar))


def _done(
    process: Running, session: Session, proposal_id: int, deed: Deed
) -> tuple[Agency, Agency]:
    """The agency before and after. An interpretation that would not fit any more is no reason to
    set it aside here, but to refuse."""
    before = process.current.agency_in(session)
    deed(session, get_proposal(session, proposal_id), before)
    session.flush()
    return before, papers(session, process.configuration.files).on(before)
