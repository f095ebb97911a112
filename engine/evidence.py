"""佐证 Evidence: what was sent and what was done, with the seals, for 督查 and 复议.

A line is one finished attempt or one journal entry. Lines from before the ledger have no seal.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from engine.alerts import Alert
from engine.deliveries import Attempt, Delivery
from engine.instants import end_of, start_of
from engine.journal import JournalEntry
from engine.ledger import Kind, LedgerEntry
from engine.obligations import Obligation


@dataclass(frozen=True)
class Attempted:
    """One attempt, the delivery that it belongs to, and the units whose matters it told."""

    attempt: Attempt
    delivery: Delivery
    units: tuple[str, ...]
    entry: LedgerEntry | None

    @property
    def at(self) -> datetime:
        """When it ended."""
        assert self.attempt.ended_at is not None
        return self.attempt.ended_at


@dataclass(frozen=True)
class Journaled:
    """One journal entry, and the obligation that it is about; None where it is of a proposal."""

    line: JournalEntry
    obligation: Obligation | None
    entry: LedgerEntry | None

    @property
    def at(self) -> datetime:
        """When it was written."""
        return self.line.at


def evidence(
    session: Session, first: date, last: date, unit: str | None = None
) -> list[Attempted | Journaled]:
    """What happened from one legal day to another, both included, in its order; with `unit` only
    what concerns its obligations."""
    found: list[Attempted | Journaled] = [
        *_attempted(session, first, last, unit),
        *_journaled(session, first, last, unit),
    ]
    return sorted(found, key=lambda line: line.at)


def _attempted(session: Session, first: date, last: date, unit: str | None) -> Iterator[Attempted]:
    query = (
        select(Attempt, Delivery, LedgerEntry)
        .join(Delivery, col(Delivery.id) == col(Attempt.delivery_id))
        .join(LedgerEntry, _entry_of(Kind.ATTEMPT, col(Attempt.id)), isouter=True)
        .where(*_within(col(Attempt.ended_at), first, last))
        .order_by(col(Attempt.ended_at), col(Attempt.id))
    )
    units = _units(session, first, last)
    for attempt, delivery, entry in session.exec(query).all():
        told = tuple(sorted(units[attempt.delivery_id]))
        if unit in (None, *told):
            yield Attempted(attempt, delivery, told, entry)


def _units(session: Session, first: date, last: date) -> Mapping[int, set[str]]:
    """The units whose obligations each delivery of these days told of."""
    query = (
        select(Alert.delivery_id, Obligation.unit)
        .join(Obligation, col(Obligation.id) == col(Alert.obligation_id))
        .join(Attempt, col(Attempt.delivery_id) == col(Alert.delivery_id))
        .where(*_within(col(Attempt.ended_at), first, last))
        .distinct()
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for delivery, unit in session.exec(query).all():
        found[delivery].add(unit)
    return found


def _journaled(session: Session, first: date, last: date, unit: str | None) -> Iterator[Journaled]:
    query = (
        select(JournalEntry, Obligation, LedgerEntry)
        .join(Obligation, col(Obligation.id) == col(JournalEntry.obligation_id), isouter=True)
        .join(LedgerEntry, _entry_of(Kind.JOURNAL, col(JournalEntry.id)), isouter=True)
        .where(*_within(col(JournalEntry.at), first, last))
        .order_by(col(JournalEntry.at), col(JournalEntry.id))
    )
    if unit is not None:
        query = query.where(Obligation.unit == unit)
    for line, obligation, entry in session.exec(query).all():
        yield Journaled(line, obligation, entry)


def _entry_of(kind: Kind, id_: Any) -> ColumnElement[bool]:
    return and_(col(LedgerEntry.kind) == kind, col(LedgerEntry.row) == id_)


def _within(instant: Any, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return (instant >= start_of(first), instant < end_of(last))
