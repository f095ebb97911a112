"""/api/v1/documents: what papers there are, their texts, and every time phrase in them"""

from base64 import b64decode
from typing import Annotated, Any, cast

from fastapi import Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlmodel import Session, col

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.document_requests import NewText, PhrasePage
from api.document_rows import hit_row, loading_row, standings, text_row
from api.document_text import document_text
from api.errors import BadInput
from api.idempotency import Room, answered
from api.text_intake import Handed, take_in
from engine.agency import Agency
from engine.errors import NotFound
from engine.loaded_texts import LoadedText, current_texts, text_of
from engine.loading import Loading
from engine.proposals import Proposal, list_proposals
from rules.catalogue_text import catalogue_text
from rules.reader import Hit
from rules.rule import Document

router = Room(prefix="/documents")


class CatalogueFileResponse(Response):
    """A catalogue file."""

    media_type = "application/toml"


@router.get("")
async def documents(agency: AgencyNow, session: Reader) -> dict[str, Any]:
    """文件, with the texts that were loaded of each."""
    texts = current_texts(session)
    rows = agency.catalogue.documents.values()
    return {"items": [_row(document, texts) for document in rows]}


@router.get("/{id}")
async def document(id: str, agency: AgencyNow, session: Reader) -> dict[str, Any]:
    """One of them."""
    return _row(_document(agency, id), current_texts(session))


@router.get("/{id}/text")
async def text(id: str, session: Reader) -> dict[str, Any]:
    """The text that was loaded of a document, or of one of its wordings."""
    loaded = text_of(session, id)
    return {**text_row(loaded), "content": loaded.content}


@router.get("/{id}/phrases")
def phrases(
    id: str,
    asked: Annotated[PhrasePage, Query()],
    request: Request,
    agency: AgencyNow,
    session: Reader,
) -> dict[str, Any]:
    """The time phrases of the text in its order: covered by a rule, dismissed with a reason, or
    open. The counts are of all of them; `next` is the cursor of the next page, null on the last."""
    loaded = text_of(session, id)
    verdicts = running(request).texts.verdicts(loaded, agency.catalogue)
    ahead = [verdict for verdict in verdicts if verdict.hit.start > asked.cursor]
    page = ahead[: asked.limit]
    last = page[-1].hit.start if page else asked.cursor
    here = (col(Proposal.start) > asked.cursor, col(Proposal.start) <= last)
    proposed = {
        (row.start, row.end): row.id
        for row in list_proposals(session, Proposal.text_id == loaded.id, *here)
    }
    items = [
        hit_row(cast(Hit, verdict.hit))  # of our reader
        | {
            "standing": verdict.standing.value,
            "by": list(verdict.by),
            "proposal": proposed.get((verdict.hit.start, verdict.hit.end)),
        }
        for verdict in page
    ]
    more = last if len(ahead) > len(page) else None
    return {**text_row(loaded), **standings(verdicts), "items": items, "next": more}


@router.get("/{id}/catalogue", response_class=CatalogueFileResponse)
async def catalogue(id: str, agency: AgencyNow) -> Response:
    """The document with its rules as a catalogue file (TOML)."""
    found = _document(agency, id)
    return CatalogueFileResponse(catalogue_text(*agency.catalogue.said_of(found.id)))


@router.post("", status_code=201, responses={200: {"description": "已经载入，或者没有存入"}})
def load(
    asked: NewText,
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Any:
    """载入正文. 201 when it is stored, 200 when it was there; 200 with `stored` false and the impact
    where rules of the catalogue do not stand in it and `apply` is not given."""
    handed = Handed(
        name=asked.name,
        content=_content(asked),
        id=asked.id or "",
        title=asked.title,
        year=asked.year,
        since=asked.since or "",
        apply=asked.apply,
    )

    def keep(session: Session, done: Loading) -> None:
        answered(request, session, loading_row(done, viewer.units), _status(done))

    by = viewer.acts_as(asked.by)
    done = take_in(running(request), agency, calendar, handed, by, now, keep)
    return JSONResponse(jsonable_encoder(loading_row(done, viewer.units)), _status(done))


def _status(done: Loading) -> int:
    return 201 if done.stored and done.new else 200


def _content(asked: NewText) -> str:
    if (asked.text is None) == (asked.content is None):
        raise BadInput("text 和 content：应写其中一项")
    if asked.content is None:
        try:
            return document_text("x.txt", (asked.text or "").encode())
        except UnicodeEncodeError:
            raise BadInput("text：含有不成对的字符") from None
    try:
        return document_text(asked.name, b64decode(asked.content, validate=True))
    except ValueError:  # also what is not ASCII
        raise BadInput("content：不是 base64") from None


def _document(agency: Agency, id_: str) -> Document:
    found = agency.catalogue.documents.get(id_)
    if found is None:
        raise NotFound(f"没有文件“{id_}”")
    return found


def _row(document: Document, texts: list[LoadedText]) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": document.title,
        "number": document.number or None,
        "issuer": document.issuer or None,
        "adopted": document.adopted,
        "published": document.published,
        "year": document.year,
        "from": document.since,
        "until": document.until,
        "texts": [text_row(text) for text in texts if text.document == document.id],
    }
