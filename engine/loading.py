"""载入 Loading: a document's text comes in; what it says beside the catalogue becomes proposals."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import Engine
from sqlmodel import Session

from engine.adoption import papers
from engine.agency import Agency
from engine.database import trying, writing
from engine.errors import NotAllowed
from engine.impact import Basis, Impact, impact
from engine.instants import local_day
from engine.loaded_texts import LoadedText, current_text, digest_of
from engine.proposals import Change, Proposal, accept, list_proposals, propose
from engine.workdays import WorkCalendar
from rules.catalogue_files import Catalogue, CatalogueFile, catalogue_file, catalogue_of
from rules.catalogue_text import document_table, entry_text
from rules.manuscript import Manuscript
from rules.reader import Reading
from rules.rule import Document
from rules.succession import Succession, succession

MOST_PROPOSALS = 5000
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Offer:
    """A text that somebody wants to load. `text_id` is a document's id, new or known, or that of a
    wording; `data` are keys of `[document]` given by hand for a new one; `since` is the day from
    which a later version counts (without it the day of the paper, else today)."""

    text_id: str
    name: str  # of the file
    content: str
    by: str
    data: Mapping[str, Any] = field(default_factory=dict)
    since: date | None = None
    apply: bool = False  # also where rules of the catalogue do not stand in it


@dataclass(frozen=True)
class Loading:
    """What was found in a text and what is proposed. `stored`: it is there now, `new`: it was not
    before; `impact` is what accepting all changes and endings would do to what is open."""

    text: LoadedText
    stored: bool
    new: bool
    found: Succession
    proposals: tuple[Proposal, ...]
    impact: Impact | None = None


def text_id_of(reading: Reading, name: str, catalogue: Catalogue, title: str = "") -> str:
    """The id under which a text belongs: by the paper's number, by the file's name, or made of the
    title (`title`, where somebody gives it); empty where none of them says."""
    number = Manuscript.of(reading.document.number).plain
    for document in catalogue.documents.values():
        if number and Manuscript.of(document.number).plain == number:
            return document.id
    stem = Path(name).stem.lower()
    if _ID.fullmatch(stem):
        return stem
    return _id_of_title(title or reading.document.title, number, reading.document.year, catalogue)


def _id_of_title(title: str, number: str, year: int | None, catalogue: Catalogue) -> str:
    """Files are called in Chinese, and ids are not. The same title has the same id each time; empty
    where another paper has it."""
    plain = Manuscript.of(title).plain
    if not plain:
        return ""
    for document in catalogue.documents.values():
        if not (number or document.number) and Manuscript.of(document.title).plain == plain:
            return document.id
    figure = f"{crc32(f'{plain}{number}'.encode()) % 10_000:04}"
    made = f"doc-{year}-{figure}" if year else f"doc-{figure}"
    taken = catalogue.documents.get(made)
    return "" if taken and Manuscript.of(taken.title).plain != plain else made


def load_text(
    db: Engine,
    agency: Agency,
    files: tuple[CatalogueFile, ...],
    calendar: WorkCalendar,
    reading: Reading,
    offer: Offer,
    now: datetime,
    then: Callable[[Session, Loading], None] | None = None,
) -> Loading:
    """Store a text and propose what the catalogue does not have of it.

    Where rules of the catalogue do not stand in the text, it is stored only with `apply`. The
    text that is there already changes nothing. `then` is called in the transaction that stores it.
    Raises NotAllowed, CatalogueError.
    """
    with trying(db) as session:
        loading = _store(session, files, reading, offer, now)
        after = _after(session, agency, files, calendar, loading, now)
    if after is None:
        seen = None
    else:
        seen = impact(db, Basis(after, calendar), now, Basis(agency, calendar))
        if not offer.apply:
            return Loading(loading.text, False, True, loading.found, loading.proposals, seen)
    with writing(db) as session:
        stored = _store(session, files, reading, offer, now)
        done = Loading(stored.text, True, stored.new, stored.found, stored.proposals, seen)
        if then:
            then(session, done)
        return done


def _after(
    session: Session,
    agency: Agency,
    files: tuple[CatalogueFile, ...],
    calendar: WorkCalendar,
    loading: Loading,
    now: datetime,
) -> Agency | None:
    """The agency if every change and ending were accepted; None where there are none."""
    changes = [row for row in loading.proposals if row.change is not Change.ADDED]
    if not loading.new or not changes:
        return None
    document = agency.catalogue.documents[loading.text.document]
    for row in changes:
        accept(session, row, document, calendar, by=loading.text.loaded_by, now=now)
    return papers(session, files).on(agency)


def _store(
    session: Session,
    files: tuple[CatalogueFile, ...],
    reading: Reading,
    offer: Offer,
    now: datetime,
) -> Loading:
    there = current_text(session, offer.text_id)
    catalogue = catalogue_of(files, papers(session, files).adopted)
    digest = digest_of(offer.content)
    if there and there.sha256 == digest:
        found = succession(offer.content, offer.text_id, reading.hits, catalogue)
        own = list_proposals(session, Proposal.text_id == there.id)
        return Loading(there, True, False, found, tuple(own))
    known = next((d for d in catalogue.documents.values() if offer.text_id in d.texts), None)
    loaded = LoadedText(
        text=offer.text_id,
        document=known.id if known else offer.text_id,
        version=there.version + 1 if there else 1,
        name=offer.name,
        sha256=digest,
        content=offer.content,
        entry=entry_text(document_table(known)) if known else _entry(reading, offer),
        since=None,
        loaded_at=now,
        loaded_by=offer.by,
    )
    session.add(loaded)
    session.flush()
    if known is None:
        catalogue = catalogue_of(files, papers(session, files).adopted)
    found = succession(offer.content, offer.text_id, reading.hits, catalogue)
    if len(found.added) > MOST_PROPOSALS:
        raise NotAllowed(
            f"{offer.name}：有 {len(found.added)} 处时间用语没有列为规则，超过 {MOST_PROPOSALS} 处，请把正文分开载入"
        )
    if found.changed or found.ended:
        loaded.since = offer.since or _own_day(reading.document, known) or local_day(now)
        begun = known and (known.since or known.published or known.adopted)
        if begun and loaded.since <= begun:
            raise NotAllowed(
                f"新文本的起算日 {loaded.since} 应晚于原文件的 {begun}，请改正起算日（from）"
            )
    elif offer.since:
        raise NotAllowed(
            f"{offer.name}：没有规则因这份正文改变或终止，不需要写起算日（from），请去掉"
        )
    return Loading(loaded, True, True, found, tuple(propose(session, loaded, found, catalogue)))


def _own_day(read: Document, known: Document | None) -> date | None:
    """The day of a later version's paper; None where it is that of the version before."""
    day = read.published or read.adopted
    begun = known and (known.since or known.published or known.adopted)
    return day if day and not (begun and day <= begun) else None


def _entry(reading: Reading, offer: Offer) -> str:
    """The new document as a catalogue file has it. Raises NotAllowed, CatalogueError."""
    given = {key: value for key, value in offer.data.items() if value is not None}
    table = document_table(reading.document) | {"id": offer.text_id} | given
    if not table.get("title"):
        raise NotAllowed(f"{offer.name}：没有找到标题，请写明标题（--title，接口中为 title）")
    catalogue_file(Path(offer.name), {"document": table})
    return entry_text(table)
