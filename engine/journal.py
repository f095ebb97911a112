"""日志 JournalEntry: who changed what about an obligation, a proposal, how a rule is read or the office,
and when. Entries are only added, and sealed in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Index, insert, text
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant
from engine.ledger import Contents, Kind, Sealing, columns, enter

SEALED = ("id", "obligation_id", "proposal_id", "rule", "at", "kind", "by", "text")


class JournalEntry(SQLModel, table=True):
    """日志: one change of one obligation, one proposal, one rule's reading or the office, in a Chinese
    sentence."""

    __tablename__ = "journal"
    # Every request asks whether something was decided: of the few entries that are about proposals.
    __table_args__ = (
        Index(
            "ix_journal_of_proposals",
            "id",
            sqlite_where=text("proposal_id IS NOT NULL"),
            postgresql_where=text("proposal_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int | None = Field(default=None, foreign_key="obligation.id", index=True)
    proposal_id: int | None = Field(default=None, foreign_key="proposal.id", index=True)
    rule: str | None = None  # of which the reading changed
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    # created, complete, waive, reopen, acknowledge, restart, exclude, extend, correct, moved, reading,
    # take_back, silence, resend;
    # accept, edit, dismiss; interpret, withdraw; unit, duty
    kind: str
    by: str
    text: str


_SEALED = [col(getattr(JournalEntry, name)) for name in SEALED]


def write(
    session: Session, obligation_id: int, at: datetime, kind: str, by: str, text: str
) -> None:
    """Add an entry, in the transaction of the change itself."""
    _add(session, JournalEntry(obligation_id=obligation_id, at=at, kind=kind, by=by, text=text))


def write_of_proposal(
    session: Session, proposal_id: int, at: datetime, kind: str, by: str, text: str
) -> None:
    """The same about a proposal."""
    _add(session, JournalEntry(proposal_id=proposal_id, at=at, kind=kind, by=by, text=text))


def write_of_office(session: Session, at: datetime, kind: str, by: str, text: str) -> None:
    """The same about what the office decided for itself: a unit, a duty."""
    _add(session, JournalEntry(at=at, kind=kind, by=by, text=text))


def write_all_of_office(
    session: Session, at: datetime, kind: str, by: str, texts: Sequence[str]
) -> None:
    """Many of one kind in one statement, or a few: a table that comes in decides thousands."""
    rows = [{"at": at, "kind": kind, "by": by, "text": text} for text in texts]
    entries = session.connection().execute(insert(JournalEntry).returning(*_SEALED), rows)
    for entry in sorted(entries.all(), key=lambda one: one.id):
        contents = list(zip(SEALED, entry, strict=True))
        enter(session, Sealing(Kind.JOURNAL, "", entry.id, at, partial(list, contents)))


def write_of_rule(session: Session, rule: str, at: datetime, kind: str, by: str, text: str) -> None:
    """The same about how a rule is read."""
    _add(session, JournalEntry(rule=rule, at=at, kind=kind, by=by, text=text))


def sealed_contents(entry: JournalEntry) -> Contents:
    """What the seal of an entry covers."""
    return columns(entry, SEALED)


def _add(session: Session, entry: JournalEntry) -> None:
    session.add(entry)
    enter(session, Sealing(Kind.JOURNAL, "", entry, entry.at, lambda: sealed_contents(entry)))


def journal_of(session: Session, obligation_id: int) -> list[JournalEntry]:
    """An obligation's entries, oldest first."""
    query = select(JournalEntry).where(JournalEntry.obligation_id == obligation_id)
    return list(session.exec(query.order_by(JournalEntry.id)).all())  # type: ignore[arg-type]


def journal_of_proposal(session: Session, proposal_id: int) -> list[JournalEntry]:
    """A proposal's entries, oldest first."""
    query = select(JournalEntry).where(JournalEntry.proposal_id == proposal_id)
    return list(session.exec(query.order_by(JournalEntry.id)).all())  # type: ignore[arg-type]
