"""计时记录 ClockEntry: what was entered about the clock of an obligation. Rows are only added."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant, portions, words
from engine.event_clocks import Change, Exclude, Extend, Moment, Restart, beginning
from engine.instants import day_of
from rules.amounts import Amount
from rules.clauses import Clause, Effect


class EntryType(StrEnum):
    """What an entry does: to the clock, or to the entry that it `corrects`."""

    RESTART = "restart"  # 重新起算
    EXCLUDE = "exclude"  # 不计入期限
    EXTEND = "extend"  # 延期
    VOID = "void"  # 作废: neither it nor what it corrects counts


class ClockEntry(SQLModel, table=True):
    """计时记录. `day_only`: only the days are known, `at` and `until` are then their beginnings.

    `clause` is the id of the clause on which it rests, empty where the paper has none. A
    correction is an entry that `corrects` another, which then counts no longer; so is a void.
    """

    __tablename__ = "clock_entry"

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", index=True)
    type: EntryType = Field(sa_column=Column(words(EntryType), nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    until: datetime | None = Field(default=None, sa_column=Column(Instant))  # of an exclusion
    day_only: bool
    amount: str = ""  # of an extension, as is `approver`
    approver: str = ""
    clause: str = ""
    reason: str = ""
    corrects: int | None = Field(default=None, foreign_key="clock_entry.id", unique=True)
    by: str
    recorded_at: datetime = Field(sa_column=Column(Instant, nullable=False))

    def moment(self, at: datetime) -> Moment:
        """One of its times, or the day where only that is known."""
        return day_of(at) if self.day_only else at


def entries_of(session: Session, obligation_id: int) -> list[ClockEntry]:
    """All entries of an obligation, corrected ones too, in the order of entry."""
    query = select(ClockEntry).where(ClockEntry.obligation_id == obligation_id)
    return list(session.exec(query.order_by(col(ClockEntry.id))).all())


def standing(entries: Iterable[ClockEntry]) -> list[ClockEntry]:
    """Those that count: nobody corrected or voided them."""
    entries = list(entries)
    corrected = {entry.corrects for entry in entries}
    return [
        entry for entry in entries if entry.id not in corrected and entry.type is not EntryType.VOID
    ]


def changes_of(
    session: Session, obligation_id: int | None, clauses: Mapping[str, Clause]
) -> list[Change]:
    """What counts for the clock of an obligation."""
    if obligation_id is None:
        return []
    return [change_of(entry, clauses) for entry in standing(entries_of(session, obligation_id))]


def changes_of_all(
    session: Session, obligation_ids: Iterable[int], clauses: Mapping[str, Clause]
) -> dict[int, list[Change]]:
    """The same for many, by their ids; those without entries are left out."""
    found: defaultdict[int, list[ClockEntry]] = defaultdict(list)
    for ids in portions(obligation_ids):
        query = select(ClockEntry).where(col(ClockEntry.obligation_id).in_(ids))
        for entry in session.exec(query.order_by(col(ClockEntry.id))).all():
            found[entry.obligation_id].append(entry)
    return {
        id_: [change_of(entry, clauses) for entry in standing(entries)]
        for id_, entries in found.items()
    }


def change_of(entry: ClockEntry, clauses: Mapping[str, Clause]) -> Change:
    """What an entry says."""
    clause = clauses.get(entry.clause)
    at = entry.moment(entry.at)
    if entry.type is EntryType.EXTEND:
        return Extend(at, Amount.parse(entry.amount), entry.approver, clause, entry.reason)
    if entry.until is not None:
        return Exclude(at, entry.moment(entry.until), clause, entry.reason)
    return Restart(at, clause, entry.reason)


def entry_of(change: Change, obligation_id: int, by: str, now: datetime) -> ClockEntry:
    """The row of a change, not yet stored."""
    entry = ClockEntry(
        obligation_id=obligation_id,
        type=EntryType(effect_of(change)),
        at=beginning(change.at),
        day_only=not isinstance(change.at, datetime),
        clause=change.clause.id if change.clause else "",
        reason=change.reason,
        by=by,
        recorded_at=now,
    )
    if isinstance(change, Exclude):
        entry.until = beginning(change.until)
    if isinstance(change, Extend):
        entry.amount, entry.approver = change.amount.written, change.approver
    return entry


def void_of(wrong: ClockEntry, by: str, reason: str, now: datetime) -> ClockEntry:
    """The row, not yet stored, that voids an entry; `at` is that entry's."""
    return ClockEntry(
        obligation_id=wrong.obligation_id,
        type=EntryType.VOID,
        at=wrong.at,
        day_only=wrong.day_only,
        reason=reason,
        corrects=wrong.id,
        by=by,
        recorded_at=now,
    )


def effect_of(change: Change) -> Effect:
    """What a change does to the clock."""
    match change:
        case Restart():
            return Effect.RESTART
        case Exclude():
            return Effect.EXCLUDE
    return Effect.EXTEND
