"""留痕 Ledger: every finished attempt and every journal entry, sealed in the order in which it came.

An entry (留痕) names one row and holds its seal (封印): the hash of the row and of the seal before
it. Attempts have a chain for each channel, the journal has one. The head of a chain keeps its
length and last seal, so that a missing end is seen too. Entries are written at the very end of the
transaction that wrote the row, under the lock of the chain's head: nobody who holds it waits for
anything else, and no two entries follow the same one.

What is in the ledger does not change any more; `engine.verification` finds what did. The seals
carry no secret: who can write to the database and recomputes all of them is found only by a copy
of the ledger that lies elsewhere.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import UniqueConstraint, event, insert
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant, words

_UNSEALED = "unsealed"  # in a session's `info`: what its transaction has to seal
Contents = list[tuple[str, Any]]


class Kind(StrEnum):
    """Which table an entry speaks of."""

    ATTEMPT = "attempt"
    JOURNAL = "journal"


class LedgerEntry(SQLModel, table=True):
    """留痕. `row` is the id in the table that `kind` names; `place` counts from 1 in its chain."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("kind", "row"),)

    kind: Kind = Field(sa_column=Column(words(Kind), primary_key=True))
    channel: str = Field(primary_key=True)  # of an attempt's delivery; empty for the journal
    place: int = Field(primary_key=True)
    row: int
    at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    seal: str


class ChainHead(SQLModel, table=True):
    """链头: how long a chain is, and its last seal. `before`, where `channel` is empty, is the last
    row of the table from the time before there was a ledger: up to it rows may be without a seal."""

    __tablename__ = "ledger_head"

    kind: Kind = Field(sa_column=Column(words(Kind), primary_key=True))
    channel: str = Field(primary_key=True)
    length: int = 0
    seal: str = ""
    before: int = 0


class Numbered(Protocol):
    """A row with an id, once it is written."""

    id: int | None


@dataclass(frozen=True)
class Sealing:
    """A row to be sealed at the end of its transaction, with what it holds by then. `at` is the
    instant that it speaks of."""

    kind: Kind
    channel: str
    row: Numbered
    at: datetime
    contents: Callable[[], Contents]


def enter(session: Session, sealing: Sealing) -> None:
    """Have a row sealed when the caller's writing transaction commits."""
    session.info.setdefault(_UNSEALED, []).append(sealing)


def columns(row: SQLModel, names: Iterable[str]) -> Contents:
    """These columns of a row, as what a seal covers."""
    return [(name, getattr(row, name)) for name in names]


def seal_of(previous: str, contents: Contents) -> str:
    """The seal of a row that holds `contents`, after the seal before it.

    Empty values are left out, so that a column that is added later, with NULL or an empty default,
    leaves the old seals as they are.
    """
    present = {name: _plain(value) for name, value in contents if value not in (None, "")}
    text = json.dumps(present, sort_keys=True, separators=(",", ":"))
    return sha256(f"{previous}\n{text}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


@event.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    """Last of all, so that the heads are locked for no longer than the commit itself."""
    sealings: list[Sealing] = session.info.pop(_UNSEALED, [])
    if not sealings:
        return
    session.flush()
    # What a savepoint took back is no row.
    sealings = [one for one in sealings if one.row in session]
    for kind in Kind:  # in one order, so that nobody waits for who waits for him
        if ours := [one for one in sealings if one.kind is kind]:
            _extend(session, kind, ours)


def _extend(session: Session, kind: Kind, sealings: list[Sealing]) -> None:
    """Lengthen the chains, under the locks of their heads."""
    heads = _heads(session, kind, {one.channel for one in sealings})
    entries = []
    for one in sealings:
        head = heads[one.channel]
        head.length += 1
        head.seal = seal_of(head.seal, one.contents())
        entries.append(
            {
                "kind": kind,
                "channel": one.channel,
                "place": head.length,
                "row": one.row.id,
                "at": one.at,
                "seal": head.seal,
            }
        )
    session.execute(insert(LedgerEntry), entries)


def _heads(session: Session, kind: Kind, channels: Collection[str]) -> dict[str, ChainHead]:
    """The heads of these chains, locked; new ones for those that begin."""
    query = select(ChainHead).where(ChainHead.kind == kind, col(ChainHead.channel).in_(channels))
    query = query.order_by(col(ChainHead.channel)).with_for_update()
    rows = session.exec(query.execution_options(populate_existing=True)).all()
    heads = {head.channel: head for head in rows}
    for channel in sorted(set(channels) - set(heads)):
        heads[channel] = ChainHead(kind=kind, channel=channel)
        session.add(heads[channel])
    return heads
