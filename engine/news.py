"""动态 News: what happened to obligations, for the systems that subscribed to it.

News is written at the end of the transaction that made it, with the obligation as it stands then,
and only where somebody subscribes. All who change obligations write one at a time
(`engine.database.writing`), so that the ids are in the order in which the news came.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Enum, Table, delete, event, exists, func, insert
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.types import TypeEngine
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant, words

KEPT = timedelta(days=30)  # a subscriber who is away for longer has to read the list again
_UNWRITTEN = "unwritten news"  # in a session's `info`: what its transaction has to write
_AT_ONCE = 500


class NewsType(StrEnum):
    """What happened: the event types of the outgoing webhooks."""

    CREATED = "obligation.created"
    MOVED = "obligation.moved"  # another due date, or another day to act
    DONE = "obligation.done"
    LATE = "obligation.late"  # once for each due date
    WAIVED = "obligation.waived"
    REOPENED = "obligation.reopened"


class News(SQLModel, table=True):
    """动态. `row` holds the obligation's columns after it, `previous` the dates before it, as JSON."""

    # Ids are not used again when all news is old and removed: subscribers stand on them.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    type: NewsType = Field(sa_column=Column(words(NewsType), nullable=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    obligation_id: int = Field(foreign_key="obligation.id")
    unit: str
    document: str
    row: str
    previous: str = ""


@dataclass(frozen=True)
class Told:
    """News that its transaction has not written yet, and the savepoint within which it was told."""

    type: NewsType
    obligation_id: int
    at: datetime
    previous: Mapping[str, Any] | None
    savepoint: SessionTransaction | None


def tell(
    session: Session,
    type_: NewsType,
    obligation_id: int | None,
    at: datetime,
    previous: Mapping[str, Any] | None = None,
) -> None:
    """Have it written when the caller's writing transaction commits; `previous` are the dates that
    an obligation had."""
    assert obligation_id is not None
    told = Told(type_, obligation_id, at, previous, session.get_nested_transaction())
    session.info.setdefault(_UNWRITTEN, []).append(told)


def told_in(session: Session) -> Sequence[Told]:
    """What happened in the caller's transaction so far, in its order."""
    return tuple(session.info.get(_UNWRITTEN, ()))


def news_after(session: Session, last: int, limit: int) -> list[News]:
    """What came after a piece of news, in its order."""
    query = select(News).where(col(News.id) > last).order_by(col(News.id)).limit(limit)
    return list(session.exec(query).all())


def last_news(session: Session) -> int:
    """The id of the latest; 0 before the first."""
    return session.exec(select(func.max(News.id))).one() or 0


def forget(session: Session, now: datetime) -> None:
    """Remove what is older than a month."""
    session.execute(delete(News).where(col(News.at) < now - KEPT))


# Before the ledger, which comes last of all.
@event.listens_for(Session, "before_commit", insert=True)
def _write(session: Session) -> None:
    told: list[Told] = session.info.pop(_UNWRITTEN, [])
    tables = SQLModel.metadata.tables  # engine.obligations tells its news here
    if (
        not told
        or not session.execute(select(exists().select_from(tables["subscription"]))).scalar()
    ):
        return
    session.flush()
    for first in range(0, len(told), _AT_ONCE):
        part = told[first : first + _AT_ONCE]
        rows = _rows(session, tables["obligation"], {one.obligation_id for one in part})
        found = [
            _columns(one, rows[one.obligation_id]) for one in part if one.obligation_id in rows
        ]
        if found:
            session.execute(insert(News), found)


@event.listens_for(Session, "after_soft_rollback")
def _take_back(session: Session, ended: SessionTransaction) -> None:
    """What a savepoint took back did not happen."""
    told: list[Told] = session.info.pop(_UNWRITTEN, [])
    if ended.nested:
        session.info[_UNWRITTEN] = [one for one in told if one.savepoint is not ended]


def _rows(session: Session, table: Table, ids: set[int]) -> dict[int, dict[str, Any]]:
    found = session.connection().execute(table.select().where(table.c.id.in_(ids))).mappings()
    return {row["id"]: dict(row) for row in found}


def _columns(told: Told, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": told.type,
        "at": told.at,
        "obligation_id": told.obligation_id,
        "unit": row["unit"],
        "document": row["document"],
        "row": _json(row),
        "previous": _json(told.previous) if told.previous else "",
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, default=_plain)


def _plain(value: date) -> str:
    return value.isoformat()


def columns_of(news: News) -> dict[str, Any]:
    """The obligation's columns as they stood then; those that there were not yet are left out."""
    table, values = SQLModel.metadata.tables["obligation"], json.loads(news.row)
    known = (column for column in table.columns if column.name in values)
    return {column.name: _typed(column.type, values[column.name]) for column in known}


def _typed(type_: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(type_, Instant):
        return datetime.fromisoformat(value)
    if isinstance(type_, Date):
        return date.fromisoformat(value)
    if isinstance(type_, Enum) and type_.enum_class:
        return type_.enum_class(value)
    return value
