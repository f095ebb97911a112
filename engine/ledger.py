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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import UniqueConstraint, bindparam, event, select
from sqlmodel import Column, Field, Session, SQLModel

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
    """A row to be sealed at the end of its transaction, with what it holds by then: an object, or the
    id of a row that is written already. `at` is the instant that it speaks of."""

    kind: Kind
    channel: str
    row: Numbered | int
    at: datetime
    contents: Callable[[], Contents]

    @property
    def id(self) -> int | None:
        """The row's id, once it is written."""
        return self.row if isinstance(self.row, int) else self.row.id


def enter(session: Session, sealing: Sealing) -> None:
    """Have a row sealed when the caller's writing transaction commits."""
    session.info.setdefault(_UNSEALED, []).append(sealing)


def columns(row: object, names: Iterable[str]) -> Contents:
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
    sealings = [one for one in sealings if isinstance(one.row, int) or one.row in session]
    for kind in Kind:  # in one order, so that nobody waits for who waits for him
        if ours := [one for one in sealings if one.kind is kind]:
            _extend(session, kind, ours)


def _extend(session: Session, kind: Kind, sealings: list[Sealing]) -> None:
    """Lengthen the chains, under the locks of their heads."""
    connection = session.connection()
    channels = sorted({one.channel for one in sealings})
    found = connection.execute(_HEADS, {"of": kind, "asked": channels})
    heads = {channel: (length, seal) for channel, length, seal in found}
    begun, entries = set(heads), []
    for one in sealings:
        length, seal = heads.get(one.channel, (0, ""))
        heads[one.channel] = length, seal = length + 1, seal_of(seal, one.contents())
        told = {"place": length, "row": one.id, "at": one.at, "seal": seal}
        entries.append({"kind": kind, "channel": one.channel, **told})
    connection.execute(_ENTRY.insert(), entries)
    if new := [one for one in channels if one not in begun]:
        connection.execute(
            _HEAD.insert(),
            [
                {"kind": kind, "channel": one, "length": length, "seal": seal, "before": 0}
                for one in new
                for length, seal in [heads[one]]
            ],
        )
    if begun:
        connection.execute(
            _LENGTHENED,
            [{"of": kind, "in": one, "to": heads[one][0], "last": heads[one][1]} for one in begun],
        )


_ENTRY, _HEAD = (SQLModel.metadata.tables[name] for name in ("ledger", "ledger_head"))
_HEADS = (
    select(_HEAD.c.channel, _HEAD.c.length, _HEAD.c.seal)
    .where(_HEAD.c.kind == bindparam("of"), _HEAD.c.channel.in_(bindparam("asked", expanding=True)))
    .order_by(_HEAD.c.channel)
    .with_for_update()
)
_LENGTHENED = (
    _HEAD.update()
    .where(_HEAD.c.kind == bindparam("of"), _HEAD.c.channel == bindparam("in"))
    .values(length=bindparam("to"), seal=bindparam("last"))
)
