"""Is everything still as it was sealed? Reads the whole ledger and names what is not.

Ask within one `reading` session, which sees one state of the database.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, and_, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from engine import deliveries, journal
from engine.deliveries import Attempt, Delivery
from engine.instants import written
from engine.journal import JournalEntry
from engine.ledger import ChainHead, Contents, Kind, LedgerEntry, seal_of

_BATCH = 1000
_TABLES = ((Kind.ATTEMPT, Attempt), (Kind.JOURNAL, JournalEntry))
_NAMES = {Kind.ATTEMPT: "渠道 {} 的留痕", Kind.JOURNAL: "日志的留痕"}


@dataclass(frozen=True)
class Fault:
    """What is wrong. `id` is the row's in `table`, None where a row is not there to be named."""

    table: str
    id: int | None
    fault: str


@dataclass(frozen=True)
class Verified:
    """How much was looked at: sealed rows, and rows from before there was a ledger."""

    sealed: int
    before: int


def verified(session: Session) -> Verified:
    """The size of what `faults` looks at."""
    sealed = session.exec(select(func.count()).select_from(LedgerEntry)).one()
    unsealed = [len(_unsealed(session, kind, table, before=True)) for kind, table in _TABLES]
    return Verified(sealed, sum(unsealed))


def faults(session: Session) -> Iterator[Fault]:
    """All that is wrong: first the file itself, then each chain, then what has no seal."""
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL sees to these by itself
        yield from file_faults(session)
    heads = {(head.kind, head.channel): head for head in session.exec(select(ChainHead)).all()}
    chains = select(LedgerEntry.kind, LedgerEntry.channel).distinct()
    for kind, channel in session.exec(chains).all():
        heads.setdefault((Kind(kind), channel), ChainHead(kind=Kind(kind), channel=channel))
    for chain in sorted(heads):
        yield from _chain(session, heads[chain])
    for kind, table in _TABLES:
        for id_ in _unsealed(session, kind, table, before=False):
            yield Fault(kind.value, id_, "没有留痕：不是程序写入的，或它的留痕被删除")
    yield from _bodies(session)


def file_faults(session: Session) -> Iterator[Fault]:
    """What SQLite finds wrong with its file: damaged pages, and rows that refer to nothing."""
    for (message,) in session.execute(text("PRAGMA integrity_check")):
        if message != "ok":
            yield Fault("", None, f"数据库文件已损坏：{message}")
    for table, row, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        yield Fault(table, row, f"所指的 {parent} 行不存在")


def _chain(session: Session, head: ChainHead) -> Iterator[Fault]:
    """One chain from its first entry to its head. After an entry that is gone the next one cannot
    be checked: nobody knows the seal that it follows."""
    name = _NAMES[head.kind].format(head.channel)
    place, previous = 0, ""
    for entry, contents in _links(session, head):
        yield from (_gone(name, missing) for missing in range(place + 1, entry.place))
        since = f"{written(entry.at)} 留痕之后"
        if contents is None:
            yield Fault(head.kind.value, entry.row, f"{since}被删除")
        elif entry.place == place + 1 and seal_of(previous, contents) != entry.seal:
            yield Fault(head.kind.value, entry.row, f"{since}被改动，或它的留痕被改动")
        place, previous = entry.place, entry.seal
    yield from (_gone(name, missing) for missing in range(place + 1, head.length + 1))
    if place > head.length or (place == head.length and previous != head.seal):
        yield Fault("ledger_head", None, f"{name}与链头不符：链头或末条被改动")


def _gone(name: str, place: int) -> Fault:
    return Fault("ledger", None, f"{name}第{place}条被删除")


def _links(session: Session, head: ChainHead) -> Iterator[tuple[LedgerEntry, Contents | None]]:
    """The entries of a chain in their order, with what their rows hold now."""
    here = and_(col(LedgerEntry.kind) == head.kind, col(LedgerEntry.channel) == head.channel)
    row = col(LedgerEntry.row)
    query: Any
    if head.kind is Kind.JOURNAL:
        query = select(LedgerEntry, JournalEntry)
        query = query.join(JournalEntry, col(JournalEntry.id) == row, isouter=True)
    else:
        query = select(LedgerEntry, Attempt, Delivery)
        query = query.join(Attempt, col(Attempt.id) == row, isouter=True)
        query = query.join(Delivery, col(Delivery.id) == col(Attempt.delivery_id), isouter=True)
    query = query.where(here).order_by(col(LedgerEntry.place))
    for entry, *rows in session.execute(query.execution_options(yield_per=_BATCH)):
        there = rows[-1] is not None
        yield entry, (_CONTENTS[head.kind](*rows) if there else None)


_CONTENTS: dict[Kind, Callable[..., Contents]] = {
    Kind.ATTEMPT: deliveries.sealed_contents,
    Kind.JOURNAL: journal.sealed_contents,
}


def _unsealed(session: Session, kind: Kind, table: Any, *, before: bool) -> list[int]:
    """The ids of finished rows without an entry: those from before the ledger, or those after."""
    head = session.get(ChainHead, (kind, ""))
    last = head.before if head else 0
    entered = select(LedgerEntry.row).where(LedgerEntry.kind == kind, LedgerEntry.row == table.id)
    age: ColumnElement[bool] = table.id <= last if before else table.id > last
    query = select(table.id).where(~entered.exists(), age)
    if table is Attempt:
        query = query.where(col(Attempt.ended_at).is_not(None))
    return list(session.exec(query.order_by(table.id)).all())


def _bodies(session: Session) -> Iterator[Fault]:
    """Each delivery keeps the text as it was last sent; the hash of it is with the attempt."""
    later = aliased(Attempt)
    newer = select(later.id).where(
        later.delivery_id == Attempt.delivery_id, later.number > Attempt.number
    )
    query = (
        select(Delivery.id, Delivery.body, Attempt.body_sha256)
        .join(Attempt, col(Attempt.delivery_id) == col(Delivery.id))
        .where(~newer.exists())
        .order_by(col(Delivery.id))
    )
    for id_, body, expected in session.execute(query.execution_options(yield_per=_BATCH)):
        if sha256(body.encode()).hexdigest() != expected:
            yield Fault("delivery", id_, "正文与最后一次发送时不同")
