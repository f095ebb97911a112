"""采用、修改、不列为规则: the forms beside a time phrase, by what the interface does too."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Running, Viewing, running
from api.document_requests import Dismissal, Edit
from api.errors import BadInput
from api.impact_lines import shown
from api.pages.document import Refilled, document_page, part_of
from api.posted_forms import Posted, PostedForm, checked
from api.proposal_decisions import (
    Deed,
    accepting,
    changes_of,
    decided,
    dismissing,
    editing,
    foreseen,
)
from api.rendering import templates
from api.schemas import RowId
from engine.agency import Agency
from engine.database import reading
from engine.errors import BadAgency, BadInterpretation, NotAllowed
from engine.instants import local_day
from engine.loaded_texts import LoadedText
from engine.proposals import Change, Proposal, get_proposal
from rules.errors import RulesError
from rules.terms import Kind
from rules.typed_terms import typed_term

router = APIRouter(prefix="/proposals")
_NAMES = {
    "reason": "理由",
    "quote": "原文",
    "kind": "类型",
    "value": "期限",
    "trigger": "起算事由",
    "holders": "责任主体",
    "since": "施行之日",
}
_REFUSALS = (BadInput, NotAllowed, BadAgency, BadInterpretation, RulesError)


@router.post("/{proposal_id}/accept")
def accept(
    proposal_id: RowId,
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """采用. What changes or ends a rule first shows what that would move."""
    process, deed = running(request), accepting(calendar, viewer.acts_as(None), now)
    row = _row(process, proposal_id)
    if row.change is Change.ADDED or posted.get("step") == "apply":
        return _done(request, agency, row, "accept", posted, deed)
    try:
        seen = foreseen(process, calendar, proposal_id, deed, now)
    except _REFUSALS as refused:
        return _refused(request, agency, row, "accept", posted, refused)
    context = {
        "proposal": row,
        "Change": Change,
        "impact": shown(seen, agency, viewer, local_day(now)),
        "back": _place(request, agency, process, row),
    }
    return templates.TemplateResponse(request, "proposal_confirm.html", context)


@router.post("/{proposal_id}/edit")
def edit(
    proposal_id: RowId,
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """修改; with `step=accept` it is accepted as edited, in the same transaction."""
    row, by = _row(running(request), proposal_id), viewer.acts_as(None)
    try:
        changes = changes_of(checked(Edit, _edited(row, posted), _NAMES))
    except _REFUSALS as refused:
        return _refused(request, agency, row, "edit", posted, refused)
    deeds = [editing(changes, calendar, by, now)]
    if posted.get("step") == "accept" and row.change is Change.ADDED:
        deeds.append(accepting(calendar, by, now))
    return _done(request, agency, row, "edit", posted, *deeds)


@router.post("/{proposal_id}/dismiss")
def dismiss(
    proposal_id: RowId,
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """不列为规则, with a reason."""
    row = _row(running(request), proposal_id)
    try:
        asked = checked(Dismissal, {"reason": posted.get("reason")}, _NAMES)
    except _REFUSALS as refused:
        return _refused(request, agency, row, "dismiss", posted, refused)
    deed = dismissing(asked.reason, viewer.acts_as(None), now)
    return _done(request, agency, row, "dismiss", posted, deed)


_DONE = {"accept": "accepted", "edit": "edited", "dismiss": "dismissed"}


def _done(
    request: Request, agency: Agency, row: Proposal, verb: str, posted: Posted, *deeds: Deed
) -> Response:
    process = running(request)
    assert row.id is not None

    def all_of_them(*given: Any) -> None:
        for deed in deeds:
            deed(*given)

    try:
        with decided(process, row.id, all_of_them):
            pass
    except _REFUSALS as refused:
        return _refused(request, agency, row, verb, posted, refused)
    done = "accept" if len(deeds) > 1 else verb  # 保存并采用
    said = f"said={_DONE[done]}&at={row.start}"
    path, _, anchor = _place(request, agency, process, row).partition("#")
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{said}#{anchor}", 303)


def _refused(
    request: Request, agency: Agency, row: Proposal, verb: str, posted: Posted, why: Exception
) -> Response:
    """The same page with the form as it was sent."""
    assert row.id is not None
    process = running(request)
    loaded = _text(process, row)
    part = part_of(request, agency, loaded, max(row.start, 0))
    told = Refilled(row.id, verb, posted.fields, f"{why}。没有改动")
    status = 422 if isinstance(why, (BadInput, RulesError)) else 409
    with reading(process.db) as session:
        more: dict[str, Any] = {"said": None, "at": row.start, "refilled": told}
        return document_page(request, session, agency, loaded.text, part, more, status)


def _edited(row: Proposal, posted: Posted) -> Mapping[str, object]:
    """What differs from the proposal: what stands in no form stays as it is. Raises TermError."""
    table = row.table if row.entry else {}
    given: dict[str, object] = {
        key: posted.get(key)
        for key in ("quote", "kind", "value", "trigger")
        if key in posted.fields
    }
    if "holders" in posted.fields:
        names = posted.get("holders").replace("，", "、").split("、")
        given["holders"] = [name.strip() for name in names if name.strip()]
    kind = given.get("kind", table.get("kind"))
    if "value" in given and kind in {*Kind}:
        given["value"] = typed_term(posted.get("value"), Kind(str(kind))).value
    return {key: value for key, value in given.items() if value != table.get(key)}


def _place(request: Request, agency: Agency, process: Running, row: Proposal) -> str:
    """Where the phrase of a proposal stands."""
    loaded = _text(process, row)
    if row.start < 0:
        return f"/documents/{loaded.text}#ended"
    part = part_of(request, agency, loaded, row.start)
    return f"/documents/{loaded.text}?part={part}#p{row.start}"


def _row(process: Running, proposal_id: int) -> Proposal:
    with reading(process.db) as session:
        return get_proposal(session, proposal_id)


def _text(process: Running, row: Proposal) -> LoadedText:
    with reading(process.db) as session:
        found = session.get(LoadedText, row.text_id)
    assert found is not None
    return found
