"""文件: the documents, how the time phrases of their texts stand, and a form that loads a text."""

from base64 import b64decode, b64encode
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Running, Viewing, running
from api.document_requests import NewText
from api.document_text import document_text
from api.errors import BadInput
from api.impact_lines import shown
from api.posted_forms import Posted, PostedForm, checked
from api.read_texts import counted
from api.rendering import templates
from api.text_intake import Handed, take_in
from engine.agency import Agency
from engine.database import reading
from engine.errors import BadAgency, BadInterpretation, NotAllowed
from engine.instants import local_day
from engine.loaded_texts import LoadedText, text_heads
from engine.loading import Loading
from rules.audit import Standing
from rules.errors import RulesError
from rules.rule import Document

router = APIRouter()
PAGE = 30  # documents
_CARRIED = 700_000  # bytes that the second form carries; of a longer text the file is chosen again
_NAMES = {"id": "编号", "title": "标题", "year": "年份", "since": "从哪一天起算", "name": "文件名"}


@dataclass(frozen=True)
class Text:
    """A loaded text, and how its phrases stand; None while it is being read."""

    head: Row[Any]
    counts: dict[Standing, int] | None


@dataclass(frozen=True)
class Line:
    """A document as the page lists it."""

    document: Document
    texts: list[Text]
    rules: int


@router.get("/documents")
def documents(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """文件."""
    return _page(request, session, agency, page)


@router.post("/documents")
def load(
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """载入正文: where rules of the catalogue do not stand in it, first what that would move."""
    process = running(request)
    try:
        handed = _handed(posted)
        done = take_in(process, agency, calendar, handed, viewer.acts_as(None), now)
    except (BadInput, NotAllowed, BadAgency, BadInterpretation, RulesError) as refused:
        conflict = isinstance(refused, (NotAllowed, BadAgency, BadInterpretation))
        with reading(process.db) as session:
            filled = {"fault": f"{refused}。没有载入", "filled": posted.fields}
            return _page(request, session, agency, 1, filled, 409 if conflict else 422)
    if not done.stored:
        return _confirm(request, handed, done, agency, viewer, now)
    said = "loaded" if done.new else "same"
    return RedirectResponse(f"/documents/{done.text.text}?said={said}", 303)


def _page(
    request: Request,
    session: Session,
    agency: Agency,
    number: int,
    more: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    every = sorted(agency.catalogue.documents.values(), key=_newest, reverse=True)
    last = max((len(every) - 1) // PAGE + 1, 1)
    if number > last:
        raise BadInput(f"page：只有 {last} 页")
    context = {
        "lines": _lines(session, agency, running(request), every[(number - 1) * PAGE :][:PAGE]),
        "number": number,
        "last": last,
        "Standing": Standing,
        "filled": {},
        **(more or {}),
    }
    return templates.TemplateResponse(request, "documents.html", context, status)


def _newest(document: Document) -> str:
    day = document.published or document.adopted
    return f"{day or document.year or ''} {document.id}"


def _lines(session: Session, agency: Agency, process: Running, found: list[Document]) -> list[Line]:
    heads = text_heads(session)
    rules = Counter(rule.document.id for rule in agency.rules)
    read = _Reading(session, agency, process)
    return [
        Line(
            document,
            [read.text(head) for head in heads if head.document == document.id],
            rules[document.id],
        )
        for document in found
    ]


@dataclass
class _Reading:
    """How the texts of a list stand. For one that is still being read it waits a moment, for the
    others not: a page with many of them is there as soon."""

    session: Session
    agency: Agency
    process: Running
    wait: bool = True

    def text(self, head: Row[Any]) -> Text:
        """One of them."""

        def loaded() -> LoadedText:
            return cast(LoadedText, self.session.get(LoadedText, head.id))

        texts, catalogue = self.process.texts, self.agency.catalogue
        verdicts = texts.verdicts_by_now(head.id, catalogue, loaded, self.wait)
        self.wait = self.wait and verdicts is not None
        return Text(head, None if verdicts is None else counted(verdicts))


def _handed(posted: Posted) -> Handed:
    """What the form says, by the same rules as over the interface. Raises BadInput."""
    name, content = posted.name, ""
    if name:
        content = document_text(name, posted.content)
    elif carried := posted.get("content"):  # the form that asks again
        name, content = posted.get("name"), document_text("x.txt", _bytes(carried))
    else:
        raise BadInput("请选择文件")
    given = {key: posted.get(key) or None for key in ("id", "title", "year")}
    asked = checked(NewText, {"name": name, **given}, _NAMES)
    return Handed(
        name=asked.name,
        content=content,
        id=asked.id or "",
        title=asked.title,
        year=asked.year,
        since=posted.get("since"),
        apply=posted.get("apply") == "yes",
    )


def _bytes(carried: str) -> bytes:
    try:
        return b64decode(carried, validate=True)
    except ValueError:
        raise BadInput("请重新选择文件") from None


def _confirm(
    request: Request, handed: Handed, done: Loading, agency: Agency, viewer: Viewing, now: Now
) -> Response:
    """The same form again, with what would become of the obligations."""
    content = handed.content.encode()
    fits = len(content) <= _CARRIED
    hidden = {
        "id": done.text.text,
        "title": handed.title,
        "year": handed.year,
        "since": handed.since,
        "apply": "yes",
        **({"name": handed.name, "content": b64encode(content).decode()} if fits else {}),
    }
    context = {
        "loading": done,
        "impact": done.impact and shown(done.impact, agency, viewer, local_day(now)),
        "hidden": {key: value for key, value in hidden.items() if value},
        "again": not fits,
    }
    return templates.TemplateResponse(request, "document_confirm.html", context)
