"""载入 Loading: a document's text comes in; what it says beside the catalogue becomes proposals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from engine.adoption import papers
from engine.errors import NotAllowed
from engine.instants import local_day
from engine.loaded_texts import LoadedText, current_text, digest_of
from engine.proposals import Proposal, list_proposals, propose
from rules.catalogue_files import CatalogueFile, catalogue_file, catalogue_of
from rules.catalogue_text import document_table, entry_text
from rules.reader import Reading
from rules.rule import Document
from rules.succession import Succession, succession

MOST_PROPOSALS = 5000


@dataclass(frozen=True)
class Loading:
    """A loaded text, what was found in it, and what is proposed. `new`: it was not there before."""

    text: LoadedText
    new: bool
    found: Succession
    proposals: tuple[Proposal, ...]


def load_text(
    session: Session,
    files: tuple[CatalogueFile, ...],
    reading: Reading,
    *,
    text_id: str,
    name: str,
    content: str,
    data: Mapping[str, Any],
    since: date | None,
    by: str,
    now: datetime,
) -> Loading:
    """Store a text and propose what the catalogue does not have of it.

    `text_id` is a document's id, new or known, or that of a wording; `data` are keys of
    `[document]` that a person gives for a new one; `since` is the day from which a later version
    counts (without it the day of the paper, else today). The text that is there already changes
    nothing. Raises NotAllowed, CatalogueError.
    """
    there = current_text(session, text_id)
    catalogue = catalogue_of(files, papers(session, files).adopted)
    if there and there.sha256 == digest_of(content):
        found = succession(content, text_id, reading.hits, catalogue)
        own = list_proposals(session, Proposal.text_id == there.id)
        return Loading(there, False, found, tuple(own))
    known = next((d for d in catalogue.documents.values() if text_id in d.texts), None)
    loaded = LoadedText(
        text=text_id,
        document=known.id if known else text_id,
        version=there.version + 1 if there else 1,
        name=name,
        sha256=digest_of(content),
        content=content,
        entry=entry_text(document_table(known)) if known else _entry(name, reading, data),
        since=None,
        loaded_at=now,
        loaded_by=by,
    )
    session.add(loaded)
    session.flush()
    if known is None:
        catalogue = catalogue_of(files, papers(session, files).adopted)
    found = succession(content, text_id, reading.hits, catalogue)
    if len(found.added) > MOST_PROPOSALS:
        raise NotAllowed(
            f"{name}：有 {len(found.added)} 处时间用语没有列为规则，超过 {MOST_PROPOSALS} 处，请把正文分开载入"
        )
    if found.changed or found.ended:
        loaded.since = since or _own_day(reading.document, known) or local_day(now)
    return Loading(loaded, True, found, tuple(propose(session, loaded, found, catalogue)))


def _own_day(read: Document, known: Document | None) -> date | None:
    """The day of a later version's paper; None where it is that of the version before."""
    day = read.published or read.adopted
    before = known and (known.since or known.published or known.adopted)
    return day if day and not (before and day <= before) else None


def _entry(name: str, reading: Reading, data: Mapping[str, Any]) -> str:
    """The new document as a catalogue file has it. Raises NotAllowed, CatalogueError."""
    table = document_table(reading.document) | {k: v for k, v in data.items() if v is not None}
    if not table.get("title"):
        raise NotAllowed(f"{name}：没有找到标题，请写明（--title，接口中为 title）")
    catalogue_file(Path(name), {"document": table})
    return entry_text(table)
