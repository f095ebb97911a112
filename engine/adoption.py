"""采用 Adoption: the rules that an office accepted, put beside those of the catalogue files."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.journal import JournalEntry
from engine.loaded_texts import LoadedText
from engine.proposals import Change, Decision, Proposal, rule_of
from rules.catalogue_files import Adopted, CatalogueFile, catalogue_file, catalogue_of
from rules.dismissals import Dismissal
from rules.rule import Document

_PLACE = Path("已采用的规则")


@dataclass(frozen=True)
class Papers:
    """The catalogue files of an office, and what it decided beside them at one moment."""

    files: tuple[CatalogueFile, ...]
    adopted: Adopted

    def on(self, agency: Agency) -> Agency:
        """The agency over the catalogue that both give. Raises CatalogueError, and BadAgency or
        BadInterpretation when its duties or readings do not fit."""
        return replace(agency, catalogue=catalogue_of(self.files, self.adopted))


def papers(session: Session, files: tuple[CatalogueFile, ...]) -> Papers:
    """What is decided so far. Raises CatalogueError."""
    texts = session.exec(select(LoadedText).order_by(col(LoadedText.id))).all()
    decided = col(Proposal.decision).in_((Decision.ACCEPTED, Decision.DISMISSED))
    rows = session.exec(select(Proposal).where(decided).order_by(col(Proposal.id))).all()
    known = {file.document.id: file.document for file in files}
    found = []
    for id_ in dict.fromkeys(text.document for text in texts):
        own = {text.id: text for text in texts if text.document == id_}
        document = known.get(id_) or _document(own.values())
        found.append(_file(document, own, [row for row in rows if row.document == id_]))
    return Papers(files, Adopted(tuple(found), _endings(rows), _kept(rows, texts)))


def adoption_mark(session: Session) -> tuple[int, int]:
    """Another one whenever something was loaded or decided."""
    loaded = session.exec(select(func.max(col(LoadedText.id)))).one()
    of_proposals = col(JournalEntry.proposal_id).is_not(None)
    decided = session.exec(select(func.max(col(JournalEntry.id))).where(of_proposals)).one()
    return loaded or 0, decided or 0


def _document(texts: Iterable[LoadedText]) -> Document:
    """A document that no catalogue file has: as its first text says."""
    entry = next(text.entry for text in texts)
    return catalogue_file(_PLACE, {"document": tomllib.loads(entry)}).document


def _file(
    document: Document, texts: Mapping[int | None, LoadedText], decided: Iterable[Proposal]
) -> CatalogueFile:
    """What was decided on one document, as if a catalogue file said it."""
    rules, dismissed = [], []
    for row in decided:
        if row.change is Change.ENDED:
            continue
        if row.decision is Decision.ACCEPTED:
            rules.append(rule_of(row, document))
        else:
            text = texts[row.text_id].text
            dismissed.append(Dismissal(document, text, row.quote, row.time_phrase, row.reason))
    return CatalogueFile(_PLACE, document, tuple(rules), (), tuple(dismissed))


def _kept(rows: Iterable[Proposal], texts: Iterable[LoadedText]) -> frozenset[str]:
    """The rules that a person left in force although the last version does not have them."""
    last = {text.text: text.id for text in texts}.values()
    return frozenset(
        row.replaces or row.rule
        for row in rows
        if row.decision is Decision.DISMISSED and row.text_id in last
        if row.change is not Change.ADDED
    )


def _endings(rows: Iterable[Proposal]) -> dict[str, date]:
    """The last days of rules that an accepted proposal ended or replaced."""
    return {
        row.replaces or row.rule: row.ends_on
        for row in rows
        if row.decision is Decision.ACCEPTED and row.ends_on
    }
