"""/api/v1/documents: what papers there are, their texts, and every time phrase in them"""

from base64 import b64decode
from threading import Lock
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.document_rows import hit_row, loading_row, standings, text_row
from api.document_text import document_text
from api.errors import BadInput
from api.idempotency import Room, answered
from api.schemas import NewText
from api.typed_dates import day
from engine.agency import Agency
from engine.errors import NotFound
from engine.loaded_texts import LoadedText, current_texts
from engine.loading import Loading, Offer, load_text, text_id_of
from engine.proposals import Proposal, list_proposals
from rules.catalogue_text import catalogue_text
from rules.reader import read_document
from rules.rule import Document
from rules.succession import audited

router = Room(prefix="/documents")


class CatalogueFileResponse(Response):
    """A catalogue file."""

    media_type = "application/toml"


# A large text takes hundreds of megabytes while it is read.
_one_at_a_time = Lock()


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
    loaded = _text(session, id)
    return {**text_row(loaded), "content": loaded.content}


@router.get("/{id}/phrases")
def phrases(id: str, agency: AgencyNow, session: Reader) -> dict[str, Any]:
    """Every time phrase of the text: covered by a rule, dismissed with a reason, or open."""
    loaded = _text(session, id)
    hits = read_document(loaded.content, loaded.text).hits
    verdicts = audited(loaded.content, loaded.text, hits, agency.catalogue)
    proposed = {
        (row.start, row.end): row.id
        for row in list_proposals(session, Proposal.text_id == loaded.id)
    }
    items = [
        hit_row(hit)
        | {
            "standing": verdict.standing.value,
            "by": list(verdict.by),
            "proposal": proposed.get((hit.start, hit.end)),
        }
        for hit, verdict in zip(hits, verdicts, strict=True)
    ]
    return {**text_row(loaded), **standings(verdicts), "items": items}


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
    with _one_at_a_time:
        content = _content(asked)
        read = read_document(content, asked.id or "")
    text_id = asked.id or text_id_of(read, asked.name, agency.catalogue)
    if not text_id:
        raise BadInput("id：看不出是哪份文件，请写明编号（小写字母、数字、连字符）")
    offer = Offer(
        text_id=text_id,
        name=asked.name,
        content=content,
        by=viewer.acts_as(asked.by),
        data={"title": asked.title, "year": asked.year},
        since=day(asked.since, "from ") if asked.since else None,
        apply=asked.apply,
    )
    process = running(request)
    files = process.configuration.files

    def keep(session: Session, done: Loading) -> None:
        answered(request, session, loading_row(done), _status(done))

    done = load_text(process.db, agency, files, calendar, read, offer, now, keep)
    return JSONResponse(jsonable_encoder(loading_row(done)), _status(done))


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


def _text(session: Session, id_: str) -> LoadedText:
    texts = current_texts(session)
    own = [text for text in texts if text.text == id_] or [
        text for text in texts if text.document == id_
    ]
    if not own:
        raise NotFound(f"没有载入“{id_}”的正文")
    if len(own) > 1:
        names = "、".join(text.text for text in own)
        raise BadInput(f"“{id_}”有几个文本，请写明其中一个：{names}")
    return own[0]


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
